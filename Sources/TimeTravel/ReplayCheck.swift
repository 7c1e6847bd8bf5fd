import HistoryStore

/// Executes every timeline's own epochs anew: what `verify --replay` adds to reading.
public struct ReplayCheck {
    private let store: HistoryStore
    private let jobCount: Int
    private let shouldStop: @Sendable () -> Bool
    private let onProgress: @Sendable (String, ReplayProgress) -> Void

    /// - Parameter onProgress: told the timeline and how far its replay has come, from any thread.
    public init(
        _ store: HistoryStore, jobCount: Int, shouldStop: @escaping @Sendable () -> Bool = { false },
        onProgress: @escaping @Sendable (String, ReplayProgress) -> Void = { _, _ in }
    ) {
        self.store = store
        self.jobCount = jobCount
        self.shouldStop = shouldStop
        self.onProgress = onProgress
    }

    /// Where the execution does not give what was recorded. Timelines that `report` found damaged are executed too, as far
    /// as that goes.
    public func findings(in report: VerifyReport) throws -> [Finding] {
        var findings: [Finding] = []
        for timeline in try store.timelines() where !shouldStop() {
            for range in try executableRanges(of: timeline) {
                if let finding = replay(range, timeline.name) { findings.append(finding) }
            }
        }
        return findings
    }

    private func replay(_ range: ResolvedRange, _ name: String) -> Finding? {
        let onProgress = onProgress
        let options = ReplayOptions(jobCount: jobCount, shouldStop: shouldStop) { onProgress(name, $0) }
        do {
            guard let divergence = try Replayer(store, options: options).replay(range).divergence else { return nil }
            return Finding(timeline: name, epoch: divergence.epoch, what: "executed anew it differs: \(divergence)")
        } catch {
            return Finding(timeline: name, epoch: nil, what: "it cannot be executed: \(error)")
        }
    }

    /// A timeline's own epochs, cut where some are forgotten: from checkpoint to checkpoint.
    private func executableRanges(of timeline: TimelineInfo) throws -> [ResolvedRange] {
        var ranges: [ClosedRange<UInt64>] = []
        var start = timeline.parentEpoch ?? 0
        var last = start
        try store.forEachManifest(timeline: timeline.name, in: timeline.firstOwnEpoch...timeline.headEpoch) {
            if $0.pruning == .forgotten {
                if last > start { ranges.append(start...last) }
                start = $0.epoch + 1
            }
            last = $0.epoch
            return true
        }
        if last > start { ranges.append(start...last) }
        let resolver = PositionResolver(store)
        return try ranges.map {
            ResolvedRange(
                start: try resolver.resolve(Position(timeline: timeline.name, .epoch($0.lowerBound))),
                end: try resolver.resolve(Position(timeline: timeline.name, .epoch($0.upperBound))))
        }
    }
}
