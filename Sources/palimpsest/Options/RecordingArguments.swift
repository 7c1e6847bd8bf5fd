import ArgumentParser
import Checkpointing
import HistoryStore

/// When epochs end and when they are durable.
struct RecordingArguments: ParsableArguments {
    @Option(
        name: .customLong("epoch-rate"),
        help: ArgumentHelp(
            "Epochs a second of the host's time (default: 25); auto: as many, up to 100, as --overhead allows, and more where epochs fill --epoch-pages.",
            valueName: "hz|auto"))
    var epochRate: EpochRateArgument?

    @Option(
        help: ArgumentHelp(
            "With --epoch-rate auto: the share of the time that stuns and copies may take (default: 5%).",
            valueName: "percent"))
    var overhead: PercentArgument?

    @Option(
        name: .customLong("epoch-instructions"),
        help: ArgumentHelp("Instructions an epoch, instead of --epoch-rate.", valueName: "n"))
    var epochInstructionCount: UInt64?

    @Option(
        name: .customLong("epoch-pages"),
        help: ArgumentHelp(
            "By rate: an epoch that has dirtied so many pages ends before its time (default: 2048; 512 where --defer is not "
                + "all).", valueName: "n"))
    var epochPageCountMax: Int?

    @Option(
        help: ArgumentHelp(
            "Which dirty pages are write-protected in the stun and sent afterwards, instead of copied in it: none, all, or "
                + "cold, those that few of the last eight epochs modified. MASK chooses epochs, bit 0 the one that ends, and "
                + "a page is cold with at most COUNT of them.",
            valueName: "none|all|cold|cold:MASK:COUNT"))
    var `defer` = DeferralArgument(.all)

    @Option(
        help: ArgumentHelp(
            "When it is found out what changed in pages that change little, so that only that is sent: during the stun, later "
                + "by the thread that sends, or not at all.",
            valueName: "stun|later|none"))
    var differences = DifferenceTiming.afterwards

    @Option(
        name: .customLong("difference-memory"),
        help: ArgumentHelp(
            "Memory for copies of such pages; the store's side keeps as many again.",
            valueName: "bytes"))
    var differenceMemory = ByteCount(bytes: UInt64(RecorderOptions.differenceMemoryBytesDefault))

    @Option(
        name: .customLong("scan-threads"),
        help: ArgumentHelp("Threads that may share the search for dirty pages where that pays.", valueName: "n"))
    var scanThreadCountMax = 4

    @Option(
        name: .customLong("release-output"),
        help: ArgumentHelp(
            "When the guest's output is shown: immediate, on a terminal too, or once the epoch it was printed in is durable, "
                + "so that nothing that was seen can be lost.",
            valueName: "immediate|durable"))
    var releaseOutput = OutputRelease.immediate

    @Option(
        help: ArgumentHelp(
            "When epochs are synced to disk: each one, every so many seconds, or at the end only. In all three a kill of "
                + "this process loses none; they differ in what a loss of power costs.",
            valueName: "epoch|seconds|off"))
    var durability = DurabilityArgument(.epoch)

    @Flag(help: "Show how the recording goes, each second: on a terminal in one row, else as lines on standard error.")
    var status = false

    static let epochRateDefault = EpochRateArgument.hz(25)
    static let overheadDefault = 0.05

    func validate() throws {
        if epochRate != nil, epochInstructionCount != nil {
            throw ValidationError("--epoch-rate and --epoch-instructions exclude each other")
        }
        if case .hz(let hz) = epochRate, !(hz >= 0.001 && hz <= 10_000) {
            throw ValidationError("--epoch-rate \(hz) is not between 0.001 and 10000")
        }
        if overhead != nil, epochRate != .auto { throw ValidationError("--overhead goes with --epoch-rate auto") }
        if let epochPageCountMax, epochPageCountMax < 1 {
            throw ValidationError("--epoch-pages \(epochPageCountMax): an epoch needs at least one")
        }
        if differenceMemory.bytes > 1 << 30 {
            throw ValidationError("--difference-memory is at most 1G")
        }
        if !(1...64 ~= scanThreadCountMax) {
            throw ValidationError("--scan-threads \(scanThreadCountMax) is not between 1 and 64")
        }
        if releaseOutput == .durable, durability.value != .epoch {
            throw ValidationError("--release-output durable needs every epoch to become durable: --durability epoch")
        }
        if epochInstructionCount == 0 { throw ValidationError("--epoch-instructions 0: an epoch needs at least one") }
    }

    var recorderOptions: RecorderOptions {
        RecorderOptions(
            boundary: boundary, dirtyPageCountMax: epochPageCountMax, deferral: `defer`.rule,
            differences: differences, differenceMemoryBytes: Int(differenceMemory.bytes),
            scanThreadCountMax: scanThreadCountMax,
            outputRelease: releaseOutput)
    }

    private var boundary: EpochBoundary {
        if let epochInstructionCount { return .instructions(epochInstructionCount) }
        switch epochRate ?? Self.epochRateDefault {
        case .hz(let hz): return .rate(hz: hz)
        case .auto: return .overhead(share: overhead?.share ?? Self.overheadDefault)
        }
    }

    var writerOptions: WriterOptions { WriterOptions(durability: durability.value) }
}
