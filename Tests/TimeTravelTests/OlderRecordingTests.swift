import Checkpointing
import GuestMemory
import HistoryStore
import Machine
import RISCV
import Testing
import TimeTravel

/// Recordings of programs whose T ended with every epoch: no list of page tables in their states, and other TLB events.
@Suite struct OlderRecordingTests {
    /// A copy of a recording as such a program would have made it.
    private func olderCopy(of recording: Recording, in store: HistoryStore) throws {
        let source = recording.store
        let writer = try store.createTimeline(
            name: "main", metadata: source.timeline(named: "main").metadata, options: WriterOptions(durability: .off))
        for epoch in 0...(try recording.headEpoch) {
            let manifest = try source.manifest(timeline: "main", epoch: epoch)
            let buffers = PageBuffers()
            let map = try source.pageMap(timeline: "main", epoch: epoch)
            for page in try source.dirtyPages(timeline: "main", epoch: epoch).map(\.page) {
                try source.readPage(at: map.location(of: page), into: buffers.add(page))
            }
            var state = try MachineState(encoded: manifest.machineState())
            state.tablePages = nil
            _ = try writer.append(
                EpochInput(
                    epoch: epoch, icountFrom: manifest.icountFrom, icountTo: manifest.icountTo,
                    virtualTime_ns: manifest.virtualTime_ns, pages: buffers.pages, machineState: state.encoded(),
                    inputs: try manifest.inputs(), inputCount: manifest.inputCount,
                    consoleOutput: try manifest.consoleOutput()))
        }
        try writer.close()
    }

    @Test func theyAreReplayedAndTellNoTranslations() throws {
        let recording = try Recording(.echo(), .instructions(20_000))
        let directory = TemporaryDirectory()
        let store = try HistoryStore.open(path: directory.path, mode: .create)
        try olderCopy(of: recording, in: store)
        let range = try PositionResolver(store).resolve(PositionRange.all)
        let result = try Replayer(store, options: ReplayOptions()).replay(range)
        #expect(result.divergence == nil)
        #expect(result.epochCount == Int(try recording.headEpoch))
        #expect(throws: TimeTravelError.noTranslationEvents(epoch: 0, timeline: "main")) {
            try TranslationHistory(store).changes(of: GuestVirtualAddress(0x4000_0000), in: .hart(0), range) { _ in }
        }
    }

    /// A timeline of this program that goes on from such a recording.
    @Test func theyCanBeGoneOnFrom() throws {
        let recording = try Recording(.echo(), .instructions(20_000))
        let directory = TemporaryDirectory()
        let store = try HistoryStore.open(path: directory.path, mode: .create)
        try olderCopy(of: recording, in: store)
        let resolver = PositionResolver(store)
        let position = try resolver.resolve(Position(parsing: "main@9+700"))
        let restore = try Restore(store, at: position)
        let writer = try restore.createTimeline(named: "fork", options: WriterOptions(durability: .off))
        let recorder = try Recorder(
            machine: restore.machine, writer: writer, nextEpoch: restore.nextEpoch,
            options: RecorderOptions(boundary: .instructions(20_000)))
        _ = try recorder.run(until: try #require(restore.liveFrom_icount))
        try restore.goLive()
        _ = try recorder.run(until: position.icount + 300_000)
        try recorder.finish()

        let whole = try resolver.resolve(PositionRange(parsing: "fork@0..fork@HEAD"))
        let result = try Replayer(store, options: ReplayOptions()).replay(whole)
        #expect(result.divergence == nil)
        #expect(result.epochCount > 15)
        let own = try resolver.resolve(PositionRange(parsing: "fork@9..fork@HEAD"))
        var changeCount = 0
        try TranslationHistory(store).changes(of: GuestVirtualAddress(0xffff_ffc0_0000_0000), in: .hart(0), own) { _ in
            changeCount += 1
        }
        #expect(changeCount > 0)
    }

    @Test func aStateWithoutTheListHasTheFirstVersion() throws {
        let recording = try Recording(.echo(), .instructions(20_000))
        var state = try MachineState(encoded: recording.store.manifest(timeline: "main", epoch: 3).machineState())
        #expect(state.tablePages?.withT.isEmpty == false)
        state.tablePages = nil
        // Field 1, the version, comes first.
        #expect(Array(state.encoded().prefix(2)) == [8, 1])
        #expect(try MachineState(encoded: state.encoded()).tablePages == nil)
    }
}
