import ArgumentParser
import Checkpointing
import HistoryStore

/// When epochs end and when they are durable.
struct RecordingArguments: ParsableArguments {
    @Option(
        name: .customLong("epoch-rate"),
        help: ArgumentHelp("Epochs a second of the host's time (default: 25).", valueName: "hz"))
    var epochRate_hz: Double?

    @Option(
        name: .customLong("epoch-instructions"),
        help: ArgumentHelp("Instructions an epoch, instead of --epoch-rate.", valueName: "n"))
    var epochInstructionCount: UInt64?

    @Option(
        help: ArgumentHelp(
            "When epochs are synced to disk: each one, every so many seconds, or at the end only. In all three a kill of "
                + "this process loses none; they differ in what a loss of power costs.",
            valueName: "epoch|seconds|off"))
    var durability = DurabilityArgument(.epoch)

    static let epochRateDefault_hz = 25.0

    func validate() throws {
        if epochRate_hz != nil, epochInstructionCount != nil {
            throw ValidationError("--epoch-rate and --epoch-instructions exclude each other")
        }
        if let epochRate_hz, !(epochRate_hz >= 0.001 && epochRate_hz <= 10_000) {
            throw ValidationError("--epoch-rate \(epochRate_hz) is not between 0.001 and 10000")
        }
        if epochInstructionCount == 0 { throw ValidationError("--epoch-instructions 0: an epoch needs at least one") }
    }

    var recorderOptions: RecorderOptions {
        if let epochInstructionCount { return RecorderOptions(boundary: .instructions(epochInstructionCount)) }
        return RecorderOptions(boundary: .rate(hz: epochRate_hz ?? Self.epochRateDefault_hz))
    }

    var writerOptions: WriterOptions { WriterOptions(durability: durability.value) }
}

/// `epoch`, a number of seconds, or `off`.
struct DurabilityArgument: ExpressibleByArgument {
    var value: Durability

    init(_ value: Durability) { self.value = value }

    init?(argument: String) {
        switch argument {
        case "epoch": value = .epoch
        case "off": value = .off
        default:
            guard let seconds = Double(argument), seconds > 0, seconds < 1e9 else { return nil }
            value = .interval(seconds: seconds)
        }
    }

    var defaultValueDescription: String {
        switch value {
        case .epoch: "epoch"
        case .interval(let seconds): "\(seconds)"
        case .off: "off"
        }
    }
}
