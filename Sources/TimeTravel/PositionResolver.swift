import HistoryStore

/// Finds what positions mean in a store.
///
/// A position without a timeline is on the default one: the only timeline there is, else `main`, else the one created
/// last. In a range, a timeline named (or implied by a tag) on one side holds for both.
public struct PositionResolver {
    public static let mainTimeline = "main"

    private let store: HistoryStore

    public init(_ store: HistoryStore) { self.store = store }

    /// - Throws: `PositionError.emptyHistory`.
    public func defaultTimeline() throws -> String {
        let timelines = try store.timelines()
        guard let last = timelines.last else { throw PositionError.emptyHistory(path: store.path) }
        return timelines.contains { $0.name == Self.mainTimeline } ? Self.mainTimeline : last.name
    }

    /// - Parameter timeline: where a position without a timeline is; nil for the default.
    /// - Throws: `PositionError`, `HistoryStoreError`.
    public func resolve(_ position: Position, on timeline: String? = nil) throws -> ResolvedPosition {
        let name = try self.timeline(of: position) ?? timeline ?? defaultTimeline()
        let line = try Line(store, timeline: name, asked: position)
        switch position.base {
        case .epoch(let epoch):
            return try line.position(epoch: epoch, instructions: position.instructions)
        case .head(let epochsBack):
            guard epochsBack <= line.headEpoch else {
                throw PositionError.beforeStart(
                    position: "\(position)", timeline: name, headEpoch: line.headEpoch)
            }
            return try line.position(epoch: line.headEpoch - epochsBack, instructions: position.instructions)
        case .icount(let icount):
            return try line.position(icount: line.sum(icount, position.instructions), from: 0)
        case .percent(let percent):
            let end = try line.icount(line.headEpoch)
            let icount = percent >= 100 ? end : min(end, UInt64(Double(end) * percent / 100))
            return try line.position(icount: line.sum(icount, position.instructions), from: 0)
        case .tag(let tagName):
            let tag = try store.tag(named: tagName)
            return try line.position(
                epoch: tag.epoch, instructions: line.sum(tag.instructions, position.instructions))
        }
    }

    /// - Throws: `PositionError`, `HistoryStoreError`.
    public func resolve(_ range: PositionRange) throws -> ResolvedRange {
        let implied = try [range.start, range.end].compactMap { try $0.flatMap { try timeline(of: $0) } }
        let fallback = try implied.first ?? defaultTimeline()
        let end = try resolve(range.end ?? .head, on: fallback)
        if range.isLone { return try loneEpoch(end) }
        let start = try resolve(range.start ?? .start, on: range.start == nil ? end.timeline : fallback)
        return try join(start, end)
    }

    /// The range from one position to another.
    /// - Throws: `PositionError.backwards`, `.notOneLine`.
    public func join(_ start: ResolvedPosition, _ end: ResolvedPosition) throws -> ResolvedRange {
        guard start.icount <= end.icount, (start.epoch, start.instructions) <= (end.epoch, end.instructions) else {
            throw PositionError.backwards(start: "\(start)", end: "\(end)")
        }
        var moved = start
        moved.timeline = end.timeline
        if start.timeline != end.timeline {
            let isShared =
                try store.manifest(timeline: start.timeline, epoch: start.lastEpoch).hash
                == store.manifest(timeline: end.timeline, epoch: start.lastEpoch).hash
            guard isShared else { throw PositionError.notOneLine(start: "\(start)", end: "\(end)") }
        }
        return ResolvedRange(start: moved, end: end)
    }

    private func loneEpoch(_ end: ResolvedPosition) throws -> ResolvedRange {
        let epoch = end.isEpochEnd ? max(end.epoch, 1) - 1 : end.epoch
        let start = try Line(store, timeline: end.timeline, asked: .start).position(epoch: epoch, instructions: 0)
        return ResolvedRange(start: start, end: end, epochs: end.lastEpoch...end.lastEpoch)
    }

    /// The timeline that a position itself tells; nil when it tells none.
    /// - Throws: `PositionError.tagElsewhere`, `HistoryStoreError.noSuchTag`.
    private func timeline(of position: Position) throws -> String? {
        guard case .tag(let name) = position.base else { return position.timeline }
        let tag = try store.tag(named: name)
        if let asked = position.timeline, asked != tag.timeline {
            throw PositionError.tagElsewhere(tag: name, timeline: tag.timeline, asked: asked)
        }
        return tag.timeline
    }
}

/// One timeline's history while a position on it is sought.
private struct Line {
    let store: HistoryStore
    let timeline: String
    let headEpoch: UInt64
    let asked: Position

    init(_ store: HistoryStore, timeline: String, asked: Position) throws {
        self.store = store
        self.timeline = timeline
        self.asked = asked
        headEpoch = try store.headEpoch(timeline: timeline)
    }

    /// The icount at an epoch's end.
    func icount(_ epoch: UInt64) throws -> UInt64 { try store.manifest(timeline: timeline, epoch: epoch).icountTo }

    func sum(_ icount: UInt64, _ instructions: UInt64) throws -> UInt64 {
        let (sum, overflow) = icount.addingReportingOverflow(instructions)
        if overflow { throw try beyondEnd() }
        return sum
    }

    func beyondEnd() throws -> PositionError {
        .beyondEnd(
            position: "\(asked)", timeline: timeline, headEpoch: headEpoch, icountTo: try icount(headEpoch))
    }

    func position(epoch: UInt64, instructions: UInt64) throws -> ResolvedPosition {
        guard epoch <= headEpoch else { throw try beyondEnd() }
        let icountTo = try icount(epoch)
        if instructions == 0 {
            return try placed(ResolvedPosition(timeline: timeline, epoch: epoch, instructions: 0, icount: icountTo))
        }
        return try position(icount: sum(icountTo, instructions), from: epoch)
    }

    /// The last epoch from `first` on that ends at or before `icount`, and the rest.
    func position(icount target: UInt64, from first: UInt64) throws -> ResolvedPosition {
        guard target <= (try icount(headEpoch)) else { throw try beyondEnd() }
        var low = first
        var lowIcount = try icount(first)
        guard lowIcount <= target else {
            throw PositionError.beforeStart(position: "\(asked)", timeline: timeline, headEpoch: headEpoch)
        }
        // Epochs low ... headEpoch: icount(low) <= target always.
        var high = headEpoch
        while low < high {
            let middle = try store.manifest(timeline: timeline, covering: low + (high - low + 1) / 2)
            if middle.icountTo <= target {
                (low, lowIcount) = (middle.epoch, middle.icountTo)
            } else if middle.pruning == .forgotten, middle.icountFrom < target {
                // Names them in its error.
                _ = try store.manifest(timeline: timeline, epoch: middle.epoch)
            } else {
                high = middle.firstEpoch - 1
            }
        }
        return try placed(
            ResolvedPosition(timeline: timeline, epoch: low, instructions: target - lowIcount, icount: target))
    }

    /// Finds the checkpoint that a machine is taken from.
    private func placed(_ position: ResolvedPosition) throws -> ResolvedPosition {
        var position = position
        let manifest = try store.checkpoint(timeline: timeline, atOrBefore: position.epoch)
        if manifest.epoch < position.epoch {
            position.earlierCheckpoint = .init(epoch: manifest.epoch, icount: manifest.icountTo)
        }
        return position
    }
}
