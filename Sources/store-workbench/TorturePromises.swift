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
        case .failed(let what): failures.append(what)
        case .wrong(let what): wrong.append(what)
        }
    }

    private mutating func makeDurable(_ name: String, through epoch: UInt64) {
        guard let timeline = timelines[name] else { return }
        if timeline.stored[epoch] != nil { timelines[name]!.lastDurable = max(timeline.lastDurable ?? 0, epoch) }
        if let parent = timeline.parent { makeDurable(parent.timeline, through: parent.epoch) }
    }

    /// The attempt that an acknowledged epoch of a timeline's history is of.
    func attempt(_ timeline: String, _ epoch: UInt64) -> EpochAttempt? {
        guard let line = timelines[timeline] else { return nil }
        if let parent = line.parent, epoch <= parent.epoch { return attempt(parent.timeline, epoch) }
        return line.stored[epoch]
    }
}
