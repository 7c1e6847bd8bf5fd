import Foundation
import GuestMemory
import StoreTraffic
import Testing

@testable import HistoryStore

@Suite struct RoundTripTests {
    /// Records `epochs` epochs of a synthetic guest and returns what was recorded.
    static func record(
        _ guest: SyntheticGuest, _ epochs: Int, dirtyPages: Int = 100, into writer: TimelineWriter,
        memory: RecordedMemory = RecordedMemory(), renumberedFrom first: UInt64? = nil
    ) throws -> (memory: RecordedMemory, receipts: [EpochReceipt]) {
        var memory = memory
        var receipts: [EpochReceipt] = []
        for count in 0..<UInt64(epochs) {
            if guest.epoch > 0 { guest.run(dirtyPages: dirtyPages) }
            var input = guest.takeEpoch()
            if let first { input.epoch = first + count }
            memory.note(input)
            receipts.append(try writer.append(input))
        }
        return (memory, receipts)
    }

    /// Runs a guest through what `record` would record, without recording.
    static func replay(_ guest: SyntheticGuest, _ epochs: Int, dirtyPages: Int) throws {
        for _ in 0..<epochs {
            if guest.epoch > 0 { guest.run(dirtyPages: dirtyPages) }
            _ = guest.takeEpoch()
        }
    }

    @Test func everyPageOfEveryEpochComesBack() throws {
        let directory = TemporaryDirectory()
        let store = try HistoryStore.open(path: directory.path, mode: .create)
        let guest = SyntheticGuest(pageCount: 600, seed: 1)
        let writer = try store.createTimeline(name: "main", metadata: [1, 2, 3])
        let (memory, receipts) = try Self.record(guest, 150, into: writer)
        for receipt in receipts { #expect(receipt.durable) }
        let kinds = receipts.dropFirst().reduce(into: PageCounts()) { sum, receipt in
            sum.keyframes += receipt.pages.keyframes
            sum.deltas += receipt.pages.deltas
            sum.zero += receipt.pages.zero
            sum.unchanged += receipt.pages.unchanged
        }
        #expect(kinds.keyframes > 0 && kinds.deltas > kinds.keyframes && kinds.zero > 0 && kinds.unchanged > 0)
        try store.close()

        let reader = try HistoryStore.open(path: directory.path, mode: .readOnly)
        let info = try reader.timeline(named: "main")
        #expect(info.headEpoch == 149 && info.metadata == [1, 2, 3] && info.parent == nil)
        for epoch in [0, 1, 15, 16, 17, 63, 64, 65, 100, 149, 30] {
            #expect(try memory.mismatches(in: reader, timeline: "main", epoch: epoch) == [])
            #expect(try reader.dirtyPages(timeline: "main", epoch: UInt64(epoch)) == memory.dirtySets[epoch])
        }
    }

    @Test func manifestsTellWhatWasRecorded() throws {
        let directory = TemporaryDirectory()
        let store = try HistoryStore.open(path: directory.path, mode: .create)
        let guest = SyntheticGuest(pageCount: 64, seed: 2)
        let writer = try store.createTimeline(name: "main")
        var inputs: [EpochInput] = []
        for _ in 0..<40 {
            if guest.epoch > 0 { guest.run(dirtyPages: 10) }
            var input = guest.takeEpoch()
            if input.epoch == 7 { input.consoleOutput = (0..<200_000).map { UInt8(truncatingIfNeeded: $0 &* $0 >> 3) } }
            inputs.append(input)
            _ = try writer.append(input)
        }
        var seen = 0
        try store.forEachManifest(timeline: "main", in: 0...UInt64.max) { (manifest: EpochManifest) throws -> Bool in
            let input = inputs[seen]
            #expect(manifest.epoch == input.epoch && manifest.timeline == "main")
            #expect(manifest.icountFrom == input.icountFrom && manifest.icountTo == input.icountTo)
            #expect(manifest.virtualTime_ns == input.virtualTime_ns && manifest.stun_us == 200)
            #expect(manifest.dirtyPageCount == input.pages.count && manifest.tlbEventCount == 3)
            #expect(try manifest.machineState() == input.machineState)
            #expect(try manifest.tlbEvents() == input.tlbEvents)
            #expect(try manifest.inputs() == [])
            #expect(try manifest.consoleOutput() == input.consoleOutput)
            seen += 1
            return true
        }
        #expect(seen == 40)
        try store.close()
    }
}
