import HistoryStore
import Machine

/// A machine taken from a history to run on from a position as a new timeline (DESIGN.md, "Command line": `restore`).
///
/// The new timeline forks at a checkpoint. When the position lies behind it, the instructions up to there are executed
/// anew with the recorded inputs, and recorded as the beginning of the new timeline's first epoch; from the position on
/// inputs are live:
///
///     let restore = try Restore(store, at: position)
///     let writer = try restore.createTimeline(named: "retry")
///     let recorder = try Recorder(machine: restore.machine, writer: writer, nextEpoch: restore.nextEpoch, …)
///     if let target = restore.liveFrom_icount { _ = try recorder.run(until: target) }
///     try restore.goLive()
///     _ = try recorder.run(until: .max)
public final class Restore {
    /// Stands at the fork, following the recorded inputs up to the position.
    public let machine: Machine
    public let position: ResolvedPosition
    /// The checkpoint that the new timeline shares with the old one.
    public let fork: ResolvedPosition
    /// Where the recorder has to run before inputs are live; nil when the position is the fork.
    public let liveFrom_icount: UInt64?
    private let store: HistoryStore
    private let metadata: [UInt8]

    /// The number of the new timeline's first epoch.
    public var nextEpoch: UInt64 { fork.epoch + 1 }

    /// - Throws: `HistoryStoreError`, `MachineStateError`, `GuestMemoryError`.
    public init(
        _ store: HistoryStore, at position: ResolvedPosition, options: CheckoutOptions = CheckoutOptions()
    ) throws {
        self.store = store
        self.position = position
        fork = position.checkpoint
        metadata = try store.timeline(named: position.timeline).metadata
        machine = try Checkout(store, at: fork, options: options).machine
        machine.cluster.recordsTLBEvents = true
        guard !position.isCheckpoint else {
            liveFrom_icount = nil
            return
        }
        liveFrom_icount = position.icount
        var inputs: [InputEvent] = []
        try store.forEachManifest(timeline: position.timeline, in: fork.epoch + 1...position.lastEpoch) {
            inputs += try InputLog.decode($0.inputs())
            return true
        }
        // A position's state is the one before the inputs that carry its icount; that of an epoch's end has the epoch's.
        machine.follow(position.isEpochEnd ? inputs : inputs.filter { $0.icount < position.icount })
    }

    /// The new timeline, with the old one's machine configuration.
    public func timeline(named name: String, options: WriterOptions = WriterOptions()) -> TimelineRequest {
        TimelineRequest(name: name, parent: (fork.timeline, fork.epoch), metadata: metadata, options: options)
    }

    /// Begins the new timeline in the store that the machine comes from.
    /// - Throws: `HistoryStoreError.timelineExists`, `.readOnly` and others of `HistoryStore.createTimeline`.
    public func createTimeline(named name: String, options: WriterOptions = WriterOptions()) throws -> TimelineWriter {
        try store.createTimeline(timeline(named: name, options: options))
    }

    /// Leaves the recording: from here on the machine takes its inputs from outside.
    /// - Throws: `TimeTravelError.notReproduced` when the machine is not at the position, or did not take the recorded
    ///   inputs up to there.
    public func goLive() throws {
        func fail(_ why: String) -> TimeTravelError { .notReproduced(position: "\(position)", why: why) }
        // Those of the end of an epoch belong to it.
        if position.isEpochEnd, machine.icount == position.icount { machine.applyScriptedInputsAtEnd() }
        if let mismatch = machine.scriptMismatch { throw fail(mismatch) }
        guard machine.icount == position.icount else { throw fail("the machine stands at i\(machine.icount)") }
        guard machine.pendingScriptCount == 0 else {
            throw fail("\(machine.pendingScriptCount) recorded inputs were not taken")
        }
        machine.stopFollowing()
    }
}
