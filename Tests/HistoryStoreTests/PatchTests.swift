import Foundation
import GuestMemory
import StoreTraffic
import Testing

@testable import HistoryStore

/// Pages that come with a patch, and what the store tells of changes (patents.md, requirements 13, 15).
@Suite struct PatchTests {
    /// Patches of a guest's pages against their contents in the epoch before.
    private final class Patches {
        private var before: [UInt64: [UInt8]] = [:]
        private var rooms: [UnsafeMutableRawPointer] = []

        deinit { for room in rooms { room.deallocate() } }

        private func patch(of page: UnsafeRawPointer, against old: [UInt8]) -> UnsafeRawBufferPointer? {
            let room = UnsafeMutableRawPointer.allocate(byteCount: PagePatch.byteCountMax, alignment: 8)
            rooms.append(room)
            let count = old.withUnsafeBytes {
                PagePatch.encode(page, base: $0.baseAddress!, into: room, byteCountMax: 2000)
            }
            return count.map { UnsafeRawBufferPointer(start: room, count: $0) }
        }

        /// Gives every page that changed little its patch.
        /// - Returns: how many words changed in each page.
        func add(to input: inout EpochInput) -> [PageChange] {
            var changes: [PageChange] = []
            for index in input.pages.indices {
                let page = input.pages[index]
                let content = [UInt8](UnsafeRawBufferPointer(start: page.content, count: pageSize))
                let old = before[page.page.number]
                // A page that never came held zeros.
                let base = old ?? [UInt8](repeating: 0, count: pageSize)
                let changed = stride(from: 0, to: pageSize, by: 8).count { base[$0..<$0 + 8] != content[$0..<$0 + 8] }
                if input.epoch > 0 { changes.append(PageChange(page: page.page, changedWords: changed)) }
                if let old { input.pages[index].patch = patch(of: page.content, against: old) }
                before[page.page.number] = content
            }
            return changes
        }
    }

    @Test func aPatchIsTakenAsTheDelta() throws {
        let directories = [TemporaryDirectory(), TemporaryDirectory()]
        var sizes: [Int] = []
        for (index, directory) in directories.enumerated() {
            let store = try HistoryStore.open(path: directory.path, mode: .create)
            let writer = try store.createTimeline(name: "main", metadata: [], options: WriterOptions(durability: .off))
            let guest = SyntheticGuest(pageCount: 200, seed: 5)
            let patches = Patches()
            var contents: [[UInt64: [UInt8]]] = []
            var stored = 0
            for epoch in 0..<40 {
                if epoch > 0 { guest.run(dirtyPages: 60) }
                var input = guest.takeEpoch()
                if index == 1 { _ = patches.add(to: &input) }
                contents.append(
                    Dictionary(
                        uniqueKeysWithValues: input.pages.map {
                            ($0.page.number, [UInt8](UnsafeRawBufferPointer(start: $0.content, count: pageSize)))
                        }))
                stored += try writer.append(input).storedBytes
            }
            try writer.close()
            sizes.append(stored)
            for epoch in 0..<40 {
                let map = try store.pageMap(timeline: "main", epoch: UInt64(epoch))
                for (page, content) in contents[epoch] {
                    var read = [UInt8](repeating: 0, count: pageSize)
                    let location = map.location(of: GuestPhysicalPage(page))
                    if location != .zero {
                        try read.withUnsafeMutableBytes { try store.readPage(at: location, into: $0.baseAddress!) }
                    }
                    #expect(read == content, "epoch \(epoch), page \(page)")
                }
            }
            try store.close()
        }
        // The same patches as the store would have made.
        #expect(sizes[0] == sizes[1])
    }

    @Test func changesAreToldWhenAskedFor() throws {
        let directory = TemporaryDirectory()
        let store = try HistoryStore.open(path: directory.path, mode: .create)
        let writer = try store.createTimeline(name: "main", metadata: [], options: WriterOptions(durability: .off))
        let guest = SyntheticGuest(pageCount: 150, seed: 9)
        let patches = Patches()
        for epoch in 0..<20 {
            if epoch > 0 { guest.run(dirtyPages: 50) }
            var input = guest.takeEpoch()
            let changes = patches.add(to: &input)
            for index in input.pages.indices { input.pages[index].patch = nil }
            input.wantsPageChanges = epoch % 3 != 2
            input.capture.deferredPages = epoch
            input.capture.sentBytes = epoch * 7
            let receipt = try writer.append(input)
            let told = Dictionary(uniqueKeysWithValues: receipt.pageChanges.map { ($0.page, $0.changedWords) })
            if epoch % 3 == 2 { #expect(told.isEmpty) }
            let expected = Dictionary(uniqueKeysWithValues: changes.map { ($0.page, $0.changedWords) })
            for (page, count) in told { #expect(expected[page] == count) }
            if epoch > 3, epoch % 3 != 2 { #expect(told.count * 2 > changes.count) }
        }
        try writer.close()
        for epoch: UInt64 in 0..<20 {
            let capture = try store.manifest(timeline: "main", epoch: epoch).capture
            #expect(capture.deferredPages == Int(epoch) && capture.sentBytes == Int(epoch) * 7)
        }
        #expect(try store.stats().total.capture.deferredPages == (0..<20).reduce(0, +))
        try store.close()
    }
}

@Suite struct DurationCountsTests {
    @Test(arguments: 0..<10)
    func percentilesAreCloseToTheTruth(seed: Int) {
        var random = SeededGenerator(seed: UInt64(seed))
        var counts = DurationCounts()
        var all: [UInt64] = []
        for _ in 0..<2000 {
            let duration = random.next() >> UInt64.random(in: 40...63, using: &random)
            counts.add(duration)
            all.append(duration)
        }
        all.sort()
        for fraction in [0.01, 0.5, 0.9, 0.99, 1] {
            let exact = all[Int((2000 * fraction).rounded(.up)) - 1]
            let found = counts.percentile(fraction)
            #expect(found >= exact && Double(found) <= Double(exact) * 1.04 + 1, "\(fraction): \(found) for \(exact)")
        }
        #expect(counts.max == all.last && counts.count == 2000 && counts.sum == all.reduce(0, &+))
    }

    @Test func whatWasAddedSince() {
        var counts = DurationCounts()
        counts.add(1000)
        let earlier = counts
        for duration: UInt64 in [1, 2, 3] { counts.add(duration) }
        let since = counts.since(earlier)
        #expect(since.count == 3 && since.sum == 6 && since.percentile(0.5) == 2)
        #expect(DurationCounts().percentile(0.5) == 0)
    }
}
