/// The own epochs of one timeline that belong to another's history: all of its own, or an ancestor's up to a fork.
struct LineageStretch: Sendable {
    var timeline: Palimpsest_History_V1_TimelineRecord
    var epochs: ClosedRange<UInt64>
}

extension StoreCore {
    /// A timeline's whole history up to its head, oldest first: its ancestors' epochs, each clipped at the fork, then
    /// its own.
    ///
    /// - Throws: `HistoryStoreError.noSuchTimeline`, `.damaged`.
    func lineage(of name: String) throws -> [LineageStretch] {
        var record = try timeline(named: name)
        guard let head = try head(record.id) else {
            throw HistoryStoreError.damaged(what: "timeline '\(name)' has no head")
        }
        var last = head.epoch
        var stretches: [LineageStretch] = []
        while record.hasFork {
            let first = record.fork.parentEpoch + 1
            // A fork of a fork's shared part: none of this one's own epochs belong.
            if first <= last { stretches.append(LineageStretch(timeline: record, epochs: first...last)) }
            last = min(last, record.fork.parentEpoch)
            guard stretches.count < 10_000, record.fork.parentID != record.id else {
                throw HistoryStoreError.damaged(what: "the ancestors of timeline '\(name)' go round in a circle")
            }
            record = try timeline(record.fork.parentID)
        }
        stretches.append(LineageStretch(timeline: record, epochs: 0...last))
        return stretches.reversed()
    }

    /// The stretches of a timeline's history that lie in `epochs`, clipped to it.
    func lineage(of name: String, in epochs: ClosedRange<UInt64>) throws -> [LineageStretch] {
        try lineage(of: name).compactMap { stretch in
            guard stretch.epochs.overlaps(epochs) else { return nil }
            return LineageStretch(timeline: stretch.timeline, epochs: stretch.epochs.clamped(to: epochs))
        }
    }
}
