import ArgumentParser
import Checkpointing
import HistoryStore
import Machine

struct Record: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run a machine and keep its every epoch.",
        discussion: """
            The status is as for 'run', but stopping where --stop-at-icount or --stop-after says is success. Ctrl-C \
            (headless) and SIGTERM end the recording in order, with status 130 or 143. On a terminal, Ctrl-A x quits, \
            Ctrl-A c marks the position with a tag, Ctrl-A h tells the other keys.
            """)

    @OptionGroup(title: "Machine") var machine: MachineArguments
    @OptionGroup(title: "History") var store: StoreArguments
    @Option(help: ArgumentHelp("The name of the new timeline.", valueName: "name"))
    var timeline = "main"
    @OptionGroup(title: "Recording") var recording: RecordingArguments
    @OptionGroup(title: "Session") var session: SessionArguments

    func run() throws {
        // The guest's files first: a mistake there leaves no empty store behind.
        let machine = try machine.boot()
        Signals.catchRequestsToEnd()
        let history = try RecordedHistory(store, .create)
        let writer: SharedWriter
        do {
            writer = try history.createTimeline(
                TimelineRequest(
                    name: timeline, metadata: machine.configuration.encoded(), options: recording.writerOptions))
        } catch HistoryStoreError.timelineExists(let name) {
            throw Failure.badInput(
                "'\(store.path)' has a timeline '\(name)' already: choose another name with --timeline, or go on from it "
                    + "with 'palimpsest restore'")
        }
        let recorder = try Recorder(
            machine: machine, writer: writer, nextEpoch: 0, options: recording.recorderOptions)
        try RecordingSession(
            recorder: recorder, history: history, writer: writer, timeline: timeline, arguments: session,
            showsStatus: recording.status
        )
        .run()
    }
}
