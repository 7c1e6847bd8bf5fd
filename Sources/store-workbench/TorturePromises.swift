import Foundation
import StoreTraffic

/// What must be in a store after what its ledger says.
struct TorturePromises {
    /// Which of a ledger's acknowledgements bind: after a kill all, after a loss of power those of durable epochs.
    enum Level: String, CaseIterable { case stored, durable }

    struct Timeline {
        var parent: HistoryFork?
        /// The own epochs that were acknowledged.
        var stored: [UInt64: EpochAttempt] = [:]
        var attempted: Set<EpochAttempt> = []
        /// Those that pruning was once allowed to take.
        var prunable: Set<UInt64> = []
        var lastStored: UInt64?
        var lastDurable: UInt64?

        func required(_ level: Level) -> UInt64? { level == .stored ? lastStored : lastDurable }
        var lastAttempted: UInt64 { attempted.map(\.epoch).max() ?? 0 }
    }

    enum Tag: Equatable {
        /// An operation on it was not acknowledged: it may be there or not.
        case maybe(HistoryFork)
        case there(HistoryFork)
        case gone
    }

    private(set) var timelines: [String: Timeline] = [:]
    private(set) var tags: [String: Tag] = [:]
    /// What the child reported.
    private(set) var failures: [String] = []
    private(set) var wrong: [String] = []

    init(ledger: String) {
        for line in ledger.split(separator: "\n") {
            if let line = LedgerLine(line) { add(line) }
        }
    }

    init(path: String) {
        self.init(ledger: FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) } ?? "")
    }

    var acknowledgedCount: Int { timelines.values.reduce(0) { $0 + $1.stored.count } }

    private mutating func add(_ line: LedgerLine) {
        switch line {
        case .begin(let attempt, let parent):
            timelines[attempt.timeline, default: Timeline()].parent = parent
            timelines[attempt.timeline]!.attempted.insert(attempt)
        case .stored(let attempt, let durable):
            timelines[attempt.timeline]?.stored[attempt.epoch] = attempt
            timelines[attempt.timeline]?.lastStored = attempt.epoch
            if durable { makeDurable(attempt.timeline, through: attempt.epoch) }
        case .flushed(let timeline, let epoch): makeDurable(timeline, through: epoch)
        case .closed:
            for (name, timeline) in timelines {
                if let last = timeline.lastStored { makeDurable(name, through: last) }
            }
        case .tagging(let name, let timeline, let epoch):
            tags[name] = .maybe(HistoryFork(timeline: timeline, epoch: epoch))
        case .tagged(let name): if case .maybe(let place)? = tags[name] { tags[name] = .there(place) }
        case .untagging(let name): if case .there(let place)? = tags[name] { tags[name] = .maybe(place) }
        case .untagged(let name): tags[name] = .gone
        case .pruning(let timeline, let head, let rule): notePruning(timeline, head: head, rule)
        case .failed(let what): failures.append(what)
        case .wrong(let what): wrong.append(what)
        }
    }

    private mutating func makeDurable(_ name: String, through epoch: UInt64) {
        guard let timeline = timelines[name] else { return }
        if timeline.stored[epoch] != nil { timelines[name]!.lastDurable = max(timeline.lastDurable ?? 0, epoch) }
        if let parent = timeline.parent { makeDurable(parent.timeline, through: parent.epoch) }
    }

    // MARK: Pruning

    private mutating func notePruning(_ name: String, head: UInt64, _ rule: PruneRule) {
        guard head > 0 else { return }
        let kept = protected(name)
        for epoch in 1..<head where epoch % rule.keepEvery != 0 && head - epoch >= rule.keepLast {
            if !kept.contains(epoch) { timelines[name]?.prunable.insert(epoch) }
        }
    }

    /// Own epochs of a timeline that tags and forks keep.
    private func protected(_ name: String) -> Set<UInt64> {
        var epochs: Set<UInt64> = []
        for line in timelines.values where line.parent?.timeline == name && line.lastStored != nil {
            epochs.insert(line.parent!.epoch)
        }
        for case .there(let place) in tags.values where owner(place.timeline, place.epoch) == name {
            epochs.insert(place.epoch)
        }
        return epochs
    }

    /// The timeline that has an epoch of another's history as its own.
    private func owner(_ name: String, _ epoch: UInt64) -> String {
        guard let parent = timelines[name]?.parent, epoch <= parent.epoch else { return name }
        return owner(parent.timeline, epoch)
    }

    func mayBePruned(_ timeline: String, _ epoch: UInt64) -> Bool {
        timelines[owner(timeline, epoch)]?.prunable.contains(epoch) ?? false
    }

    // MARK: Epochs

    /// The attempt that an acknowledged epoch of a timeline's history is of.
    func attempt(_ timeline: String, _ epoch: UInt64) -> EpochAttempt? {
        guard let line = timelines[timeline] else { return nil }
        if let parent = line.parent, epoch <= parent.epoch { return attempt(parent.timeline, epoch) }
        return line.stored[epoch]
    }
}
