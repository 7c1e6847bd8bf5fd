/// Which of a timeline's own epochs keep their checkpoints under a policy.
struct KeptEpochs: Sendable {
    private let policy: RetentionPolicy
    private let head: UInt64
    /// The first epoch within `keepSpan_ns` of the head.
    private let spanStart: UInt64
    private let protected: Set<UInt64>
    private let held: [ClosedRange<UInt64>]

    init(
        _ timeline: Palimpsest_History_V1_TimelineRecord, head: UInt64, _ policy: RetentionPolicy, _ store: HistoryStore
    )
        throws
    {
        self.policy = policy
        self.head = head
        let core = try store.core
        var protected: Set<UInt64> = [0, head]
        for child in core.timelines where child.hasFork && child.fork.parentID == timeline.id {
            protected.insert(child.fork.parentEpoch)
        }
        for tag in try store.tags() {
            // A tag between checkpoints lies in the next epoch, whose end is kept so that its log is. A fork may be between.
            let epochs = tag.instructions > 0 ? [tag.epoch, tag.epoch + 1] : [tag.epoch]
            for epoch in epochs where try core.owner(of: tag.timeline, epoch) == timeline.id { protected.insert(epoch) }
        }
        self.protected = protected
        held = try store.holds().filter { try core.lineage(of: $0.timeline).contains { $0.timeline.id == timeline.id } }
            .map { $0.first...$0.last }
        spanStart = try policy.keepSpan_ns.map { try core.firstEpoch(of: timeline, head: head, within: $0) } ?? .max
    }

    func keeps(_ epoch: UInt64) -> Bool {
        if protected.contains(epoch) || epoch >= spanStart { return true }
        if let last = policy.keepLast, head - epoch < last { return true }
        if let every = policy.keepEvery, epoch % every == 0 { return true }
        return held.contains { $0.contains(epoch) }
    }
}

extension StoreCore {
    /// The timeline that has an epoch of another's history as its own.
    fileprivate func owner(of timeline: String, _ epoch: UInt64) throws -> UInt32? {
        try lineage(of: timeline).last { $0.epochs.contains(epoch) }?.timeline.id
    }

    /// The first own epoch whose end is at most `span_ns` of guest time before the head's.
    fileprivate func firstEpoch(
        of timeline: Palimpsest_History_V1_TimelineRecord, head: UInt64, within span_ns: UInt64
    ) throws -> UInt64 {
        let end = try epochRecord(timeline.id, head).virtualTimeNs
        let earliest = end > span_ns ? end - span_ns : 0
        var (low, high) = (timeline.firstOwnEpoch, head)
        while low < high {
            let middle = low + (high - low) / 2
            let record = try epochRecord(timeline.id, middle)
            if record.virtualTimeNs >= earliest { high = middle } else { low = record.epoch + 1 }
        }
        return low
    }
}
