import Foundation
import GuestMemory
import StoreTraffic
import Testing

@testable import HistoryStore

@Suite struct TimelineTests {
    @Test func aForkSharesItsPastAndOwnsItsFuture() throws {
        let directory = TemporaryDirectory()
        let store = try HistoryStore.open(path: directory.path, mode: .create)
        let guest = SyntheticGuest(pageCount: 200, seed: 3)
        let main = try store.createTimeline(name: "main")
        let shared = try RoundTripTests.record(guest, 11, dirtyPages: 40, into: main).memory
        let other = SyntheticGuest(pageCount: 200, seed: 3)
        try RoundTripTests.replay(other, 11, dirtyPages: 40)
        let whole = try RoundTripTests.record(guest, 10, dirtyPages: 40, into: main, memory: shared).memory
        try main.close()

        let fork = try store.createTimeline(name: "fork", parent: ("main", 10), metadata: [9])
        #expect(fork.headEpoch == 10)
        other.run(dirtyPages: 7)
        let forked = try RoundTripTests.record(other, 90, dirtyPages: 33, into: fork, memory: shared)
        let deltas = forked.receipts.prefix(5).reduce(0) { $0 + $1.pages.deltas }
        #expect(deltas > 0, "the first epochs of a fork are stored against the parent's pages")
        try fork.close()

        // Forked from an epoch the fork shares: it hangs on main.
        let grandchild = try store.createTimeline(name: "grandchild", parent: ("fork", 5))
        _ = try grandchild.append(EpochInput(epoch: 6, icountFrom: 0, icountTo: 1))
        try store.close()

        let reader = try HistoryStore.open(path: directory.path, mode: .readOnly)
        #expect(try reader.timelines().map(\.name) == ["main", "fork", "grandchild"])
        let info = try reader.timeline(named: "fork")
        #expect(info.parent == "main" && info.parentEpoch == 10 && info.headEpoch == 100 && info.firstOwnEpoch == 11)
        #expect(try reader.timeline(named: "grandchild").parent == "main")
        for epoch in [0, 5, 10, 11, 12, 70, 100] {
            #expect(try forked.memory.mismatches(in: reader, timeline: "fork", epoch: epoch) == [])
        }
        for epoch in [10, 11, 20] { #expect(try whole.mismatches(in: reader, timeline: "main", epoch: epoch) == []) }
        #expect(try shared.mismatches(in: reader, timeline: "grandchild", epoch: 5) == [])
        var owners: [String] = []
        try reader.forEachManifest(timeline: "fork", in: 9...12) { (manifest: EpochManifest) -> Bool in
            owners.append(manifest.timeline)
            return true
        }
        #expect(owners == ["main", "main", "fork", "fork"])
        #expect(throws: HistoryStoreError.noSuchEpoch(timeline: "main", epoch: 21)) {
            try reader.manifest(timeline: "main", epoch: 21)
        }
        #expect(try reader.verify(VerifyOptions(data: .all)).findings == [])
    }

    @Test func aPagesHistoryIsWhatWasWritten() throws {
        let directory = TemporaryDirectory()
        let store = try HistoryStore.open(path: directory.path, mode: .create)
        let guest = SyntheticGuest(pageCount: 100, seed: 4)
        let main = try store.createTimeline(name: "main")
        // More epochs than one index batch, so that index, and tail not yet indexed, both answer.
        let first = try RoundTripTests.record(guest, 200, dirtyPages: 30, into: main).memory
        try main.flush()
        try store.indexer.finish()
        #expect(try store.core.indexedThrough(store.core.timeline(named: "main")) == 127)
        let fork = try store.createTimeline(name: "fork", parent: ("main", 150))
        let memory = RecordedMemory(
            pages: Array(first.pages.prefix(151)), dirtySets: Array(first.dirtySets.prefix(151)))
        let second = try RoundTripTests.record(
            guest, 30, dirtyPages: 30, into: fork, memory: memory, renumberedFrom: 151
        ).memory

        for round in ["partly indexed", "indexed", "rebuilt"] {
            for number in [UInt64(0x80000), 0x80003, 0x80020, 0x80063] {
                for epochs in [0...180, 100...140, 128...128, 151...160, 0...0] as [ClosedRange<UInt64>] {
                    let found = try store.history(page: GuestPhysicalPage(number), timeline: "fork", epochs: epochs)
                    let expected = epochs.compactMap { epoch -> (UInt64, PageHash?)? in
                        second.dirtySets[Int(epoch)].first { $0.page.number == number }.map { (epoch, $0.hash) }
                    }
                    #expect(found.map(\.epoch) == expected.map(\.0), "\(round)")
                    #expect(found.map(\.hash) == expected.map(\.1), "\(round)")
                    #expect(found.allSatisfy { $0.timeline == ($0.epoch <= 150 ? "main" : "fork") })
                    #expect(found.allSatisfy { ($0.storedBytes > 0) == ($0.kind == .keyframe || $0.kind == .delta) })
                }
            }
            try main.close()
            try fork.close()
            try store.indexer.finish()
            if round == "indexed" { try store.rebuildIndexes() }
        }
        #expect(try store.verify(VerifyOptions(data: .all)).findings == [])
        try store.close()
    }

    @Test func recordingTheSameMachineAgainCostsNextToNothing() throws {
        let directory = TemporaryDirectory()
        let store = try HistoryStore.open(path: directory.path, mode: .create)
        var bytes: [Int] = []
        for name in ["first", "second"] {
            let writer = try store.createTimeline(name: name)
            let recorded = try RoundTripTests.record(
                SyntheticGuest(pageCount: 2000, seed: 5), 60, dirtyPages: 300, into: writer)
            bytes.append(recorded.receipts.reduce(0) { $0 + $1.storedBytes })
            try writer.close()
            #expect(try recorded.memory.mismatches(in: store, timeline: name, epoch: 59) == [])
        }
        #expect(bytes[1] * 20 < bytes[0], "\(bytes)")
        #expect(try store.verify(VerifyOptions(data: .all)).findings == [])
        try store.close()
    }

    @Test func aResumedTimelineGoesOnWithDeltas() throws {
        let directory = TemporaryDirectory()
        let guest = SyntheticGuest(pageCount: 150, seed: 6)
        var memory = RecordedMemory()
        for session in 0..<4 {
            let store = try HistoryStore.open(path: directory.path, mode: .create)
            // A cache of 32 pages: bases are dropped and read back all the time.
            let options = WriterOptions(durability: .interval(seconds: 60), versionCacheBytes: 32 * pageSize)
            let writer =
                session == 0
                ? try store.createTimeline(name: "main", options: options)
                : try store.resumeTimeline(name: "main", options: options)
            let recorded = try RoundTripTests.record(guest, 40, dirtyPages: 50, into: writer, memory: memory)
            memory = recorded.memory
            #expect(recorded.receipts[1].pages.deltas + recorded.receipts[2].pages.deltas > 10)
            #expect(recorded.receipts[2].durable == false)
            #expect(throws: HistoryStoreError.timelineInUse("main")) { try store.resumeTimeline(name: "main") }
            try store.close()
        }
        let reader = try HistoryStore.open(path: directory.path, mode: .readOnly)
        for epoch in stride(from: 0, to: 160, by: 13) {
            #expect(try memory.mismatches(in: reader, timeline: "main", epoch: epoch) == [])
        }
        #expect(try reader.verify(VerifyOptions(data: .all)).findings == [])
    }

    @Test func tagsAreSetFoundAndDeleted() throws {
        let directory = TemporaryDirectory()
        let store = try HistoryStore.open(path: directory.path, mode: .create)
        let writer = try store.createTimeline(name: "main")
        for epoch in UInt64(0)..<3 {
            _ = try writer.append(EpochInput(epoch: epoch, icountFrom: epoch, icountTo: epoch + 1))
        }
        try store.setTag(name: "here", timeline: "main", epoch: 1, instructions: 77)
        try store.setTag(name: "also", timeline: "main", epoch: 2)
        #expect(try store.tags().map(\.name) == ["also", "here"])
        #expect(try store.tag(named: "here") == Tag(name: "here", timeline: "main", epoch: 1, instructions: 77))
        try store.deleteTag(name: "here")
        #expect(throws: HistoryStoreError.noSuchTag("here")) { try store.tag(named: "here") }
        #expect(throws: HistoryStoreError.noSuchEpoch(timeline: "main", epoch: 3)) {
            try store.setTag(name: "later", timeline: "main", epoch: 3)
        }
        #expect(throws: HistoryStoreError.self) { try store.setTag(name: "a@b", timeline: "main", epoch: 0) }
        try store.close()
    }

    @Test func misuseIsRefused() throws {
        let directory = TemporaryDirectory()
        let store = try HistoryStore.open(path: directory.path, mode: .create)
        let guest = SyntheticGuest(pageCount: 8, seed: 7)
        let writer = try store.createTimeline(name: "main")
        #expect(throws: HistoryStoreError.self) { try writer.append(EpochInput(epoch: 1, icountFrom: 0, icountTo: 0)) }
        var input = guest.takeEpoch()
        input.pages.reverse()
        #expect(throws: HistoryStoreError.self) { try writer.append(input) }
        #expect(throws: HistoryStoreError.noSuchTimeline("main")) { try store.timeline(named: "main") }
        input.pages.reverse()
        #expect(try writer.append(input).durable)
        #expect(throws: HistoryStoreError.timelineExists("main")) { try store.createTimeline(name: "main") }
        #expect(throws: HistoryStoreError.self) { try store.createTimeline(name: "no@name") }
        try store.close()
        #expect(throws: HistoryStoreError.closed(path: directory.path)) { try store.timelines() }
        let reader = try HistoryStore.open(path: directory.path, mode: .readOnly)
        #expect(throws: HistoryStoreError.readOnly(path: directory.path)) { try reader.createTimeline(name: "x") }
    }
}
