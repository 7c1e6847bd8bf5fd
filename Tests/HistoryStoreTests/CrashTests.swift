import Foundation
import GuestMemory
import StoreTraffic
import Testing

@testable import HistoryStore

/// A guest whose memory at any epoch can be computed anew, in another process, from nothing.
enum ReproducibleGuest {
    static let pageCount = 40

    static func content(epoch: UInt64, page: UInt64) -> [UInt8] {
        var base = SeededGenerator(seed: page)
        var bytes = [UInt8](repeating: 0, count: pageSize)
        for index in stride(from: 0, to: 2048, by: 8) { bytes[index] = UInt8.random(in: 0...255, using: &base) }
        var change = SeededGenerator(seed: epoch &* 1000 &+ page)
        for _ in 0..<20 {
            bytes[Int.random(in: 0..<pageSize, using: &change)] = UInt8.random(in: 0...255, using: &change)
        }
        return bytes
    }

    static func dirtyPages(epoch: UInt64) -> [UInt64] {
        (0..<UInt64(pageCount)).filter { epoch == 0 || ($0 &* 7 &+ epoch &* 13) % 3 != 0 }
    }

    static func append(_ epoch: UInt64, to writer: TimelineWriter) throws -> EpochReceipt {
        let numbers = dirtyPages(epoch: epoch)
        let memory = UnsafeMutableRawPointer.allocate(byteCount: pageCount * pageSize, alignment: pageSize)
        defer { memory.deallocate() }
        let pages = numbers.enumerated().map { index, number in
            content(epoch: epoch, page: number).withUnsafeBytes {
                (memory + index * pageSize).copyMemory(from: $0.baseAddress!, byteCount: pageSize)
            }
            return DirtyPage(page: GuestPhysicalPage(number), content: UnsafeRawPointer(memory + index * pageSize))
        }
        return try writer.append(
            EpochInput(
                epoch: epoch, icountFrom: epoch, icountTo: epoch + 1, pages: pages,
                machineState: Array("state at \(epoch)".utf8)))
    }

    /// Whether the store has this epoch as it was.
    static func holds(_ epoch: UInt64, in store: HistoryStore) throws -> Bool {
        let manifest = try store.manifest(timeline: "main", epoch: epoch)
        guard try manifest.machineState() == Array("state at \(epoch)".utf8) else { return false }
        let map = try store.pageMap(timeline: "main", epoch: epoch)
        let expected = dirtyPages(epoch: epoch)
        guard try store.dirtyPages(timeline: "main", epoch: epoch).map(\.page.number) == expected else { return false }
        var page = [UInt8](repeating: 0, count: pageSize)
        return try expected.allSatisfy { number in
            try page.withUnsafeMutableBytes {
                try store.readPage(at: map.location(of: GuestPhysicalPage(number)), into: $0.baseAddress!)
            }
            return page == content(epoch: epoch, page: number)
        }
    }
}

@Suite(.serialized) struct CrashTests {
    /// A child records and notes each acknowledged epoch; it is killed at a random instant, twenty times over. Every
    /// epoch it had acknowledged must be there, and recording goes on from it.
    @Test func killedAtAnyInstantKeepsEveryAcknowledgedEpoch() async throws {
        let directory = TemporaryDirectory()
        var generator = SeededGenerator(seed: 20)
        var checked: UInt64 = 0
        var headBefore: UInt64 = 0
        for _ in 0..<20 {
            setenv("PALIMPSEST_TEST_STORE", directory.path, 1)
            setenv("PALIMPSEST_TEST_KILL_US", "\(Int.random(in: 5_000...500_000, using: &generator))", 1)
            await #expect(processExitsWith: .signal(SIGKILL)) { try CrashTests.recordUntilKilled() }
            let acknowledged = CrashTests.acknowledged(directory.path)
            guard let acknowledged else { continue }
            let store = try HistoryStore.open(path: directory.path, mode: .readOnly)
            let head = try store.headEpoch(timeline: "main")
            // At most one epoch was stored and not yet acknowledged when this child was killed.
            #expect(head >= acknowledged, "acknowledged epochs are gone")
            #expect(head <= max(acknowledged, headBefore) + 1)
            headBefore = head
            while checked <= head {
                #expect(try ReproducibleGuest.holds(checked, in: store), "epoch \(checked)")
                checked += 1
            }
        }
        #expect(checked > 20, "the children lived too short to show anything")
        let store = try HistoryStore.open(path: directory.path, mode: .readWrite)
        #expect(try store.verify(VerifyOptions(data: .all)).findings == [])
        try store.close()
        try? FileManager.default.removeItem(atPath: directory.path + ".acknowledged")
    }

    private static func recordUntilKilled() throws {
        let path = String(cString: getenv("PALIMPSEST_TEST_STORE"))
        let delay_us = UInt32(String(cString: getenv("PALIMPSEST_TEST_KILL_US")))!
        let note = open(path + ".acknowledged", O_WRONLY | O_CREAT | O_APPEND, 0o600)
        Thread.detachNewThread {
            usleep(delay_us)
            kill(getpid(), SIGKILL)
        }
        let store = try HistoryStore.open(path: path, mode: .create)
        let known = try store.timelines().contains { $0.name == "main" }
        let writer = try known ? store.resumeTimeline(name: "main") : store.createTimeline(name: "main")
        while true {
            var epoch = writer.headEpoch.map { $0 + 1 } ?? 0
            #expect(try ReproducibleGuest.append(epoch, to: writer).durable)
            write(note, &epoch, 8)
        }
    }

    private static func acknowledged(_ path: String) -> UInt64? {
        guard let notes = FileManager.default.contents(atPath: path + ".acknowledged"), notes.count >= 8 else {
            return nil
        }
        return notes.suffix(8).withUnsafeBytes { $0.loadUnaligned(as: UInt64.self) }
    }

    @Test func aReaderInAnotherProcessSeesTheLastDurableEpochAndASecondRecorderIsRefused() async throws {
        let directory = TemporaryDirectory()
        let store = try HistoryStore.open(path: directory.path, mode: .create)
        let writer = try store.createTimeline(name: "main")
        setenv("PALIMPSEST_TEST_STORE", directory.path, 1)
        let here = try { () -> HistoryStore in
            _ = try ReproducibleGuest.append(0, to: writer)
            return try HistoryStore.open(path: directory.path, mode: .readOnly)
        }()
        for epoch in UInt64(1)...70 { _ = try ReproducibleGuest.append(epoch, to: writer) }
        await #expect(processExitsWith: .success) {
            let path = String(cString: getenv("PALIMPSEST_TEST_STORE"))
            let reader = try HistoryStore.open(path: path, mode: .readOnly)
            #expect(try reader.headEpoch(timeline: "main") == 70)
            for epoch in UInt64(0)...70 { #expect(try ReproducibleGuest.holds(epoch, in: reader)) }
            #expect(throws: HistoryStoreError.lockedByAnotherProcess(path: path)) {
                try HistoryStore.open(path: path, mode: .readWrite)
            }
        }
        #expect(try here.headEpoch(timeline: "main") == 0)
        try here.refresh()
        #expect(try here.headEpoch(timeline: "main") == 70)
        #expect(throws: HistoryStoreError.lockedByAnotherProcess(path: directory.path)) {
            try HistoryStore.open(path: directory.path, mode: .readWrite)
        }
        try store.close()
    }
}
