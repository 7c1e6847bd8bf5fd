import Checkpointing
import HistoryStore
import Machine
import Testing
import TimeTravel

@Suite struct RestoreTests {
    /// Runs on from a position as a new timeline, following the rest of the recorded inputs by typing them again, or
    /// something else.
    private func runOn(
        _ recording: Recording, from text: String, as name: String, typing typed: [String] = [],
        _ boundary: EpochBoundary = .instructions(7_000)
    ) throws -> (machine: Machine, restore: Restore) {
        let restore = try Restore(recording.store, at: recording.position(text))
        let writer = try restore.createTimeline(named: name, options: WriterOptions(durability: .off))
        let machine = restore.machine
        let recorder = try Recorder(
            machine: machine, writer: writer, nextEpoch: restore.nextEpoch,
            options: RecorderOptions(boundary: boundary))
        if let target = restore.liveFrom_icount { _ = try recorder.run(until: target) }
        try restore.goLive()
        #expect(machine.icount == restore.position.icount)
        let scenario = recording.scenario
        try scenario.play(machine, typist: Typist(typed)) { try recorder.run(until: $0, idle: $1) }
        try recorder.finish()
        return (machine, restore)
    }

    @Test(arguments: ["0", "7", "20%", "50%+1", "99%", "i4321"])
    func theSameEndIsReachedFromAnywhere(text: String) throws {
        let recording = try Recording(.pair(), .instructions(25_000))
        let (machine, restore) = try runOn(recording, from: text, as: "again")
        #expect(machine.power == .testPassed && machine.icount == recording.icount)
        #expect(try machine.digest() == recording.digest)
        let info = try recording.store.timeline(named: "again")
        #expect(info.parent == "main" && info.parentEpoch == restore.fork.epoch)
        #expect(try info.metadata == recording.store.timeline(named: "main").metadata)
        // The new timeline is replayed across the fork, and checked out like any other.
        let range = try PositionResolver(recording.store).resolve(PositionRange(parsing: "again@0..HEAD"))
        let result = try Replayer(recording.store, options: ReplayOptions(jobCount: 2)).replay(range)
        #expect(result.divergence == nil && result.epochCount == Int(info.headEpoch))
        #expect(try Checkout(recording.store, at: range.end).digest() == recording.digest)
    }

    /// Input that was recorded before the position is taken again; after it everything is live.
    @Test func recordedInputIsFollowedUpToThePosition() throws {
        let recording = try Recording(.echo(), .instructions(200_000))
        // The icount just before "hello" is typed, one byte an input.
        var inputs: [InputEvent] = []
        try recording.store.forEachManifest(timeline: "main", in: 0...UInt64.max) {
            inputs += try InputLog.decode($0.inputs())
            return true
        }
        #expect(inputs.count == 11)
        let position = try recording.position("i\(inputs[3].icount)")
        let whole = ConsoleText(recording.store)
        let before = try whole.bytes(in: recording.range("..\(position)"))
        #expect(recording.console.starts(with: before))

        let (other, _) = try runOn(recording, from: "\(position)", as: "other", typing: ["x", "q"])
        #expect(other.power == .off)
        let text = try whole.bytes(in: recording.range("other@0.."))
        #expect(text.starts(with: before) && text != recording.console)
        let printed = String(decoding: text[before.count...], as: UTF8.self)
        #expect(printed.hasPrefix("xround ") && printed.hasSuffix("ECHO-DONE\n"))
        let range = try PositionResolver(recording.store).resolve(PositionRange(parsing: "other@0..HEAD"))
        #expect(try Replayer(recording.store).replay(range).divergence == nil)

        // A fork of the fork, from a position that the two share with main.
        let (third, _) = try runOn(recording, from: "other@i\(inputs[1].icount + 10)", as: "third", typing: ["q"])
        #expect(third.power == .off)
        let thirdRange = try PositionResolver(recording.store).resolve(PositionRange(parsing: "third@0..HEAD"))
        #expect(try Replayer(recording.store).replay(thirdRange).divergence == nil)
        #expect(throws: PositionError.self) {
            try PositionResolver(recording.store).resolve(PositionRange(parsing: "main@HEAD..third@HEAD"))
        }
    }

    /// A backup does not have the files that the machine was started from: a reset brings back checkpoint 0 of the store.
    @Test(arguments: ["0", "3+17", "HEAD~1"]) func aResetIsCarriedOutAfterARestoreToo(text: String) throws {
        let recording = try Recording(.reset(), .instructions(60_000))
        let (machine, _) = try runOn(recording, from: text, as: "again")
        #expect(machine.power == .testPassed && machine.icount == recording.icount)
        #expect(try machine.digest() == recording.digest)
    }

    @Test func goingLiveElsewhereIsRefused() throws {
        let recording = try Recording(.counter(), .instructions(100_000))
        let restore = try Restore(recording.store, at: recording.position("1+50"))
        #expect(restore.liveFrom_icount == 100_050)
        #expect(throws: TimeTravelError.self) { try restore.goLive() }
    }
}
