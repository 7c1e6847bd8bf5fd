/// Which checkpoints `prune` keeps. One that any rule names is kept.
///
/// Whatever the rules, kept are: checkpoint 0, which a guest's reset needs; a timeline's last; those that a timeline was
/// forked from; tagged ones; held ones.
public struct RetentionPolicy: Equatable, Sendable {
    /// The last so many of each timeline.
    public var keepLast: UInt64?
    /// Those whose epoch's number is a multiple of this.
    public var keepEvery: UInt64?
    /// Those within so many nanoseconds of guest time before a timeline's end.
    public var keepSpan_ns: UInt64?
    /// Nothing besides what is always kept: a rule in itself, as tags are always kept.
    public var keepTags = false
    /// Whether the inputs of pruned epochs go too. Their positions can then not be reached by executing them either.
    public var dropsInputs = false

    public init() {}

    var hasRule: Bool { keepLast != nil || keepEvery != nil || keepSpan_ns != nil || keepTags }

    /// - Throws: `HistoryStoreError.misuse`.
    func check() throws {
        guard hasRule else {
            throw HistoryStoreError.misuse(
                "prune needs a rule that says what to keep: --keep-last, --keep-every, --keep-span or --keep-tags")
        }
        guard keepEvery != 0, keepLast != 0 else {
            throw HistoryStoreError.misuse("prune cannot keep 0 checkpoints: its rules begin at 1")
        }
    }
}

/// What pruning did to a timeline, or would do.
public struct TimelinePruning: Equatable, Sendable {
    public var timeline: String
    /// Checkpoints before.
    public var checkpointCount: UInt64
    public var prunedCount: UInt64
    /// Epochs whose logs went too, those of earlier prunings included.
    public var forgottenCount: UInt64
}

/// What `prune` did, or would do.
public struct PruneReport: Equatable, Sendable {
    public var timelines: [TimelinePruning]
    /// A preview only: what collecting would give back then, what earlier prunings left included.
    public var collection: CollectionReport?

    public var prunedCount: UInt64 { timelines.reduce(0) { $0 + $1.prunedCount } }
}
