import ArgumentParser
import HistoryStore

struct Prune: MaintenanceCommand {
    static let configuration = CommandConfiguration(
        abstract: "Take checkpoints away that no rule keeps; 'gc' then frees their space.",
        discussion: """
            A checkpoint stays that any of the rules keeps. Checkpoint 0, each timeline's last, those that a timeline was forked \
            from, tagged ones and held ones (see 'hold') always stay.

            What happened in a pruned epoch is kept, its inputs among it, so that every position in it can still be reached: by \
            executing it from the checkpoint before. --drop-inputs takes that away too.
            """)

    @OptionGroup(title: "History") var store: StoreArguments
    @Option(help: ArgumentHelp("Keep the last so many of each timeline.", valueName: "n")) var keepLast: UInt64?
    @Option(help: ArgumentHelp("Keep those whose epoch is a multiple of this.", valueName: "n")) var keepEvery: UInt64?
    @Option(
        help: ArgumentHelp(
            "Keep those of so much guest time before a timeline's end: 90s, 10m, 2h or 7d.", valueName: "span"))
    var keepSpan: GuestSpan?
    @Flag(help: "Keep nothing but what always stays.") var keepTags = false
    @Flag(help: "Take the inputs of pruned epochs away too: their positions can then not be reached any longer.")
    var dropInputs = false
    @Option(help: ArgumentHelp("Only this timeline's own epochs.", valueName: "name")) var timeline: String?
    @Flag(help: "Say what would go and how many bytes would come back, and change nothing.") var dryRun = false
    @Flag(help: "Answer in JSON: an object for each timeline, then one with the sums.") var json = false

    var storePath: String { store.path }
    var cacheByteCount: Int { store.cacheByteCount }

    func run() throws {
        guard dryRun else { return try carryOut() }
        let status = StatusLine()
        let report = try store.openForReading().previewPrune(policy, timeline: timeline) { status.show(Self.text($0)) }
        status.clear()
        for line in try lines(report) { print(line) }
    }

    func perform(on store: HistoryStore, _ host: MaintenanceHost) throws {
        let report = try store.prune(
            policy, timeline: timeline, progress: { host.progress(Self.text($0)) }, shouldStop: host.shouldStop)
        for line in try lines(report) { host.answer(line) }
        try Interruption.check(host, "interrupted; prune again to finish")
    }

    private static func text(_ progress: VerifyProgress) -> String {
        "prune: epoch \(progress.epochsDone) of \(progress.epochsTotal)"
    }

    private var policy: RetentionPolicy {
        var policy = RetentionPolicy()
        policy.keepLast = keepLast
        policy.keepEvery = keepEvery
        policy.keepSpan_ns = keepSpan?.nanoseconds
        policy.keepTags = keepTags
        policy.dropsInputs = dropInputs
        return policy
    }

    private func lines(_ report: PruneReport) throws -> [String] {
        var lines = try report.timelines.map { json ? try JSONLine.text(PruneRow($0)) : text($0) }
        if json {
            let summary = PruneSummary(
                pruned: report.prunedCount, dryRun: dryRun, bytesFreed: report.collection?.freedByteCount,
                versionsRemoved: report.collection?.removedVersionCount)
            lines.append(try JSONLine.text(summary))
        } else if let collection = report.collection {
            lines.append(
                "gc would then remove \(collection.removedVersionCount) page versions and free "
                    + "\(Quantity.bytes(collection.freedByteCount)) of \(Quantity.bytes(collection.byteCountBefore))")
        }
        return lines
    }

    private func text(_ pruning: TimelinePruning) -> String {
        let verb = dryRun ? "would go" : "pruned"
        var text =
            "timeline '\(pruning.timeline)': \(pruning.prunedCount) of \(pruning.checkpointCount) checkpoints \(verb)"
        if dropInputs, pruning.forgottenCount > 0 {
            text += "; no position in \(pruning.forgottenCount) epochs can be reached \(dryRun ? "then" : "any longer")"
        } else if pruning.prunedCount > 0 {
            text += "; their positions are reached by executing them"
        }
        return text
    }
}

/// A span of guest time as people write it: `90s`, `10m`, `2h`, `7d`.
struct GuestSpan: ExpressibleByArgument {
    let nanoseconds: UInt64

    init?(argument: String) {
        let units: [Character: Double] = ["s": 1, "m": 60, "h": 3600, "d": 86400]
        guard let last = argument.last, let unit = units[last], let count = Double(argument.dropLast()), count > 0,
            count * unit < 1e9
        else { return nil }
        nanoseconds = UInt64(count * unit * 1e9)
    }
}

private struct PruneRow: Encodable {
    let timeline: String
    let checkpoints: UInt64
    let pruned: UInt64
    let forgotten: UInt64

    init(_ pruning: TimelinePruning) {
        timeline = pruning.timeline
        checkpoints = pruning.checkpointCount
        pruned = pruning.prunedCount
        forgotten = pruning.forgottenCount
    }
}

private struct PruneSummary: Encodable {
    let pruned: UInt64
    let dryRun: Bool
    let bytesFreed: Int?
    let versionsRemoved: Int?
}
