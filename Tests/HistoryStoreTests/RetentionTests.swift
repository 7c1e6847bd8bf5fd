import Foundation
import GuestMemory
import StoreTraffic
import Testing

@testable import HistoryStore

@Suite struct RetentionTests {
    private func policy(last: UInt64? = nil, every: UInt64? = nil, dropsInputs: Bool = false) -> RetentionPolicy {
        var policy = RetentionPolicy()
        policy.keepLast = last
        policy.keepEvery = every
        policy.dropsInputs = dropsInputs
        return policy
    }

    /// 121 epochs of `main`, and a fork of 30 from epoch 57.
    private func recordTwoTimelines(_ path: String) throws -> (main: RecordedMemory, fork: RecordedMemory) {
        let store = try HistoryStore.open(path: path, mode: .create)
        let guest = SyntheticGuest(pageCount: 300, seed: 8)
        let writer = try store.createTimeline(name: "main")
        let main = try RoundTripTests.record(guest, 121, dirtyPages: 40, into: writer).memory
        try writer.close()
        let fork = try store.createTimeline(name: "fork", parent: ("main", 57))
        let shared = RecordedMemory(pages: Array(main.pages.prefix(58)), dirtySets: Array(main.dirtySets.prefix(58)))
        let forked = try RoundTripTests.record(
            guest, 30, dirtyPages: 40, into: fork, memory: shared, renumberedFrom: 58
        ).memory
        try store.setTag(name: "here", timeline: "main", epoch: 33, instructions: 0)
        try store.setHold(name: "held", timeline: "main", epochs: 41...43)
        try store.close()
        return (main, forked)
    }

    @Test(arguments: [false, true])
    func whatIsKeptStaysBitExactAndWhatIsPrunedSaysSo(dropsInputs: Bool) throws {
        let directory = TemporaryDirectory()
        let (main, fork) = try recordTwoTimelines(directory.path)
        let store = try HistoryStore.open(path: directory.path, mode: .readWrite)
        let preview = try store.previewPrune(policy(last: 3, every: 20, dropsInputs: dropsInputs))
        let report = try store.prune(policy(last: 3, every: 20, dropsInputs: dropsInputs))
        #expect(preview.timelines == report.timelines)
        let kept = [0, 20, 33, 40, 41, 42, 43, 57, 60, 80, 100, 118, 119, 120]
        #expect(report.timelines[0].prunedCount == UInt64(121 - kept.count))
        for round in ["pruned", "collected", "again", "reopened", "indexes anew"] {
            if round == "collected" {
                let collection = try store.collectGarbage()
                #expect(collection.isComplete && collection.removedVersionCount > 1000 && collection.unreadable == [])
                let promised = try #require(preview.collection)
                #expect(promised.freedByteCount == collection.freedByteCount)
                #expect(promised.removedVersionCount == collection.removedVersionCount)
            }
            if round == "again" { #expect(try store.collectGarbage().wasNeedless) }
            if round == "indexes anew" { try store.rebuildIndexes() }
            let reader = round == "reopened" ? try HistoryStore.open(path: directory.path, mode: .readOnly) : store
            for epoch in kept {
                #expect(try main.mismatches(in: reader, timeline: "main", epoch: epoch) == [], "\(round) \(epoch)")
                #expect(try reader.manifest(timeline: "main", epoch: UInt64(epoch)).machineState().count == 2048)
            }
            for epoch in [60, 80, 85, 86, 87] {
                #expect(try fork.mismatches(in: reader, timeline: "fork", epoch: epoch) == [], "\(round) \(epoch)")
            }
            try expectPruned(44, in: reader, dropsInputs: dropsInputs)
            #expect(try reader.verify(VerifyOptions(data: .all)).findings == [], "\(round)")
        }
        try store.close()
    }

    private func expectPruned(_ epoch: UInt64, in store: HistoryStore, dropsInputs: Bool) throws {
        let gone: HistoryStoreError =
            dropsInputs
            ? .forgotten(timeline: "main", first: 44, last: 56) : .pruned(timeline: "main", epoch: epoch)
        #expect(throws: gone) { try store.pageMap(timeline: "main", epoch: epoch) }
        if dropsInputs {
            #expect(throws: gone) { try store.manifest(timeline: "main", epoch: epoch) }
        } else {
            let manifest = try store.manifest(timeline: "main", epoch: epoch)
            #expect(manifest.pruning == .checkpoint && manifest.icountTo == 44_000_000)
            #expect(throws: gone) { try manifest.machineState() }
            #expect(try manifest.consoleOutput().starts(with: Array("[    44.".utf8)))
            #expect(try store.checkpoint(timeline: "main", atOrBefore: epoch).epoch == 43)
        }
    }

    @Test func collectingReallyFreesSpace() throws {
        let directory = TemporaryDirectory()
        try {
            let store = try HistoryStore.open(path: directory.path, mode: .create)
            let writer = try store.createTimeline(name: "main")
            _ = try RoundTripTests.record(
                SyntheticGuest(pageCount: 2000, seed: 9), 400, dirtyPages: 150, into: writer)
            try store.close()
        }()
        let before = StoreDirectory(path: directory.path).occupiedBytes()
        let store = try HistoryStore.open(path: directory.path, mode: .readWrite)
        try store.prune(policy(last: 1))
        let freed = try store.collectGarbage().freedByteCount
        try store.close()
        let after = StoreDirectory(path: directory.path).occupiedBytes()
        print("retention: \(before) bytes, \(freed) of them collected, \(after) bytes left")
        #expect(freed > before / 2)
        #expect(before - after > freed * 9 / 10)
    }

    @Test func whatIsAlwaysKeptIsKeptAndNonsenseIsRefused() throws {
        let directory = TemporaryDirectory()
        _ = try recordTwoTimelines(directory.path)
        let store = try HistoryStore.open(path: directory.path, mode: .readWrite)
        #expect(throws: HistoryStoreError.self) { try store.prune(RetentionPolicy()) }
        #expect(throws: HistoryStoreError.noSuchTimeline("other")) {
            try store.prune(policy(last: 1), timeline: "other")
        }
        var tags = RetentionPolicy()
        tags.keepTags = true
        try store.prune(tags)
        let left = try (UInt64(0)...120).filter { try store.manifest(timeline: "main", epoch: $0).pruning == .none }
        #expect(left == [0, 33, 41, 42, 43, 57, 120])
        // The tag and the hold gone, their checkpoints go.
        try store.deleteTag(name: "here")
        try store.deleteHold(name: "held")
        #expect(throws: HistoryStoreError.noSuchHold("held")) { try store.deleteHold(name: "held") }
        try store.prune(tags)
        let rest = try (UInt64(0)...120).filter { try store.manifest(timeline: "main", epoch: $0).pruning == .none }
        #expect(rest == [0, 57, 120])
        try store.collectGarbage()
        #expect(try store.verify(VerifyOptions(data: .all)).findings == [])
        try store.close()
        let reader = try HistoryStore.open(path: directory.path, mode: .readOnly)
        #expect(throws: HistoryStoreError.readOnly(path: directory.path)) { try reader.prune(tags) }
        #expect(throws: HistoryStoreError.readOnly(path: directory.path)) { try reader.collectGarbage() }
    }

    /// By guest time, which is 40 ms an epoch here.
    @Test func aSpanIsCountedInTheGuestsTime() throws {
        let directory = TemporaryDirectory()
        _ = try recordTwoTimelines(directory.path)
        let store = try HistoryStore.open(path: directory.path, mode: .readWrite)
        var span = RetentionPolicy()
        span.keepSpan_ns = 400_000_000
        try store.prune(span, timeline: "main")
        let left = try (UInt64(60)...120).filter { try store.manifest(timeline: "main", epoch: $0).pruning == .none }
        #expect(left == Array(110...120))
        #expect(try store.manifest(timeline: "fork", epoch: 60).pruning == .none)
        try store.close()
    }

    /// A fork keeps its first versions against the parent's; a machine recorded twice refers to the first recording.
    @Test func versionsThatAnotherTimelineNeedsStay() throws {
        let directory = TemporaryDirectory()
        let store = try HistoryStore.open(path: directory.path, mode: .create)
        var memories: [RecordedMemory] = []
        for name in ["first", "second"] {
            let writer = try store.createTimeline(name: name)
            memories.append(
                try RoundTripTests.record(SyntheticGuest(pageCount: 200, seed: 5), 60, dirtyPages: 40, into: writer)
                    .memory)
            try writer.close()
        }
        try store.prune(policy(last: 1), timeline: "first")
        try store.collectGarbage()
        for epoch in stride(from: 0, to: 60, by: 7) {
            #expect(try memories[1].mismatches(in: store, timeline: "second", epoch: epoch) == [])
        }
        #expect(try store.verify(VerifyOptions(data: .all)).findings == [])
        try store.close()
    }

    /// Random prunings, collections, forks and recordings after each other, each kept checkpoint compared.
    @Test(arguments: 1...6 as ClosedRange<UInt64>)
    func anythingAfterAnythingKeepsWhatIsKept(seed: UInt64) throws {
        let directory = TemporaryDirectory()
        var generator = SeededGenerator(seed: seed)
        let guest = SyntheticGuest(pageCount: 120, seed: seed)
        var memory = RecordedMemory()
        for round in 0..<8 {
            let store = try HistoryStore.open(path: directory.path, mode: .create)
            let writer = round == 0 ? try store.createTimeline(name: "main") : try store.resumeTimeline(name: "main")
            memory = try RoundTripTests.record(
                guest, Int.random(in: 5...60, using: &generator), dirtyPages: 25, into: writer, memory: memory
            ).memory
            if Bool.random(using: &generator) { try writer.close() }
            var policy = RetentionPolicy()
            policy.keepLast = UInt64.random(in: 1...20, using: &generator)
            if Bool.random(using: &generator) { policy.keepEvery = UInt64.random(in: 2...30, using: &generator) }
            policy.dropsInputs = Int.random(in: 0..<4, using: &generator) == 0
            try store.prune(policy)
            if Bool.random(using: &generator) { try store.collectGarbage() }
            let head = try store.headEpoch(timeline: "main")
            var keptCount = 0
            for epoch in 0...head {
                guard let manifest = try? store.manifest(timeline: "main", epoch: epoch), manifest.pruning == .none
                else {
                    continue
                }
                keptCount += 1
                let wrong = try memory.mismatches(in: store, timeline: "main", epoch: Int(epoch))
                #expect(wrong == [], "seed \(seed) round \(round) epoch \(epoch)")
            }
            #expect(keptCount > 1)
            #expect(try store.verify(VerifyOptions(data: .all)).findings == [], "seed \(seed) round \(round)")
            try store.close()
        }
    }

    /// What was acknowledged last was the last epoch then; it may be pruned before anything is acknowledged again.
    @Test(arguments: [false, true])
    func theEpochThatWasAcknowledgedLastMayBePruned(dropsInputs: Bool) throws {
        let directory = TemporaryDirectory()
        let copy = TemporaryDirectory()
        let store = try HistoryStore.open(path: directory.path, mode: .create)
        let guest = ReproducibleGuest()
        let durable = try store.createTimeline(name: "main")
        try MainHistory.record(0...10, guest, to: durable)
        try durable.close()
        let writer = try store.resumeTimeline(
            name: "main", options: WriterOptions(durability: .interval(seconds: 3600)))
        try MainHistory.record(11...20, guest, to: writer)
        var policy = RetentionPolicy()
        policy.keepLast = 1
        policy.dropsInputs = dropsInputs
        try store.prune(policy)
        // As a kill leaves it.
        try FileManager.default.copyItem(atPath: directory.path, toPath: copy.path)
        let reopened = try HistoryStore.open(path: copy.path, mode: .readWrite)
        #expect(try reopened.headEpoch(timeline: "main") == 20)
        #expect(try reopened.verify(VerifyOptions(data: .all)).findings == [])
        try reopened.close()
        try store.close()
    }

    /// What already lost its checkpoint and was named since is reached through logs, which then stay.
    @Test func tagsAndHoldsOnPrunedEpochsKeepTheirLogs() throws {
        let directory = TemporaryDirectory()
        _ = try recordTwoTimelines(directory.path)
        let store = try HistoryStore.open(path: directory.path, mode: .readWrite)
        try store.prune(policy(every: 20))
        try store.setTag(name: "look", timeline: "main", epoch: 50, instructions: 5)
        try store.setHold(name: "later", timeline: "main", epochs: 90...92)
        let preview = try store.previewPrune(policy(every: 20, dropsInputs: true))
        #expect(try store.prune(policy(every: 20, dropsInputs: true)).timelines == preview.timelines)
        for epoch in [44, 50, 51, 81, 90, 92] as [UInt64] {
            #expect(try store.manifest(timeline: "main", epoch: epoch).pruning == .checkpoint, "\(epoch)")
        }
        for epoch in [1, 52, 93] as [UInt64] {
            #expect(throws: HistoryStoreError.self) { try store.manifest(timeline: "main", epoch: epoch) }
        }
        try store.collectGarbage()
        #expect(try store.verify(VerifyOptions(data: .all)).findings == [])
        // Released, they go.
        try store.deleteHold(name: "later")
        try store.prune(policy(every: 20, dropsInputs: true))
        #expect(throws: HistoryStoreError.self) { try store.manifest(timeline: "main", epoch: 90) }
        #expect(try store.manifest(timeline: "main", epoch: 51).pruning == .checkpoint)
        #expect(try store.verify(VerifyOptions(data: .all)).findings == [])
        try store.close()
    }

    @Test func aTagJustBehindAForkProtectsTheForksFirstEpoch() throws {
        let directory = TemporaryDirectory()
        _ = try recordTwoTimelines(directory.path)
        let store = try HistoryStore.open(path: directory.path, mode: .readWrite)
        try store.setTag(name: "behind", timeline: "fork", epoch: 57, instructions: 5)
        try store.prune(policy(last: 1, dropsInputs: true))
        #expect(try store.manifest(timeline: "fork", epoch: 58).pruning == .none)
        #expect(throws: HistoryStoreError.self) { try store.manifest(timeline: "main", epoch: 58) }
        #expect(try store.verify(VerifyOptions(data: .all)).findings == [])
        try store.close()
    }

    /// Records that stand for more epochs than an index batch has.
    @Test func aPagesHistoryIsThereBeforeLongForgottenStretches() throws {
        let directory = TemporaryDirectory()
        let store = try HistoryStore.open(path: directory.path, mode: .create)
        let writer = try store.createTimeline(name: "main")
        _ = try RoundTripTests.record(SyntheticGuest(pageCount: 40, seed: 3), 1001, dirtyPages: 8, into: writer)
        try writer.close()
        try store.prune(policy(every: 250, dropsInputs: true))
        for round in ["pruned", "indexes anew"] {
            var found = 0
            for index in 0..<40 {
                let page = GuestPhysicalPage(0x80000 + UInt64(index))
                let all = try store.modifications(of: page, timeline: "main", epochs: 0...1000).map(\.epoch)
                for last in [0, 249, 260, 500, 740, 999] as [UInt64] {
                    let some = try store.modifications(of: page, timeline: "main", epochs: 0...last).map(\.epoch)
                    #expect(some == all.filter { $0 <= last }, "\(round): \(page) up to \(last)")
                    found += some.count
                }
            }
            #expect(found > 200)
            try store.rebuildIndexes()
        }
        try store.close()
    }
}
