import ArgumentParser
import Checkpointing
import HistoryStore
import Machine
import TimeTravel

struct RestoreCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restore",
        abstract: "Run on from a past position, recorded as a new timeline.",
        discussion: """
            The machine is made of what the history says; no kernel is needed. The new timeline shares everything before \
            the position. The console, the keys and the status are as for 'record'.
            """)

    @Argument(help: "Where to run on from.") var position: String
    @OptionGroup(title: "History") var store: StoreArguments
    @Option(
        help: ArgumentHelp("The name of the new timeline (default: the old one's with a number).", valueName: "new"))
    var timeline: String?
    @OptionGroup(title: "Recording") var recording: RecordingArguments
    @OptionGroup(title: "Session") var session: SessionArguments
    @OptionGroup var engine: EngineArguments

    func run() throws {
        Signals.catchRequestsToEnd()
        let history = try RecordedHistory(store, .readWrite)
        let store = history.store
        let position = try PositionResolver(store).resolve(Position(parsing: position))
        let restore = try Restore(store, at: position, options: CheckoutOptions(engine: engine.options))
        try check(restore)
        let name = try timeline ?? Self.freeName(after: position.timeline, in: store)
        let writer = try history.createTimeline(restore.timeline(named: name, options: recording.writerOptions))
        let recorder = try Recorder(
            machine: restore.machine, writer: writer, nextEpoch: restore.nextEpoch, options: recording.recorderOptions)
        try RecordingSession(
            recorder: recorder, history: history, writer: writer, timeline: name, arguments: session,
            showsStatus: recording.status,
            restore: restore
        ).run()
    }

    private func check(_ restore: Restore) throws {
        guard restore.machine.power == .running else {
            throw Failure.badInput("the guest had ended at \(restore.position): choose an earlier position")
        }
        if let limit = session.stopAtIcount, limit <= restore.position.icount {
            throw Failure.badInput(
                "--stop-at-icount \(limit) is not after \(restore.position), which is at icount \(restore.position.icount)"
            )
        }
    }

    /// `main` becomes `main-2`, that `main-3`.
    private static func freeName(after name: String, in store: HistoryStore) throws -> String {
        let taken = Set(try store.timelines().map(\.name))
        var stem = name[...]
        if let dash = name.lastIndex(of: "-"), Int(name[name.index(after: dash)...]) != nil { stem = name[..<dash] }
        var number = 2
        while taken.contains("\(stem)-\(number)") { number += 1 }
        return "\(stem)-\(number)"
    }
}
