import Foundation
import GuestMemory
import HistoryStore
import StoreTraffic

/// A child's random walk over what one can do to a store. Everything it does follows from the plan, the round and what
/// the store holds.
final class TortureWalk {
    private let path: String
    private let plan: TorturePlan
    private let round: UInt64
    private let ledger: LedgerWriter
    private let ledgerPath: String
    private var generator: SeededGenerator
    private var store: HistoryStore?
    private var lines: [Line] = []
    private var nameCount = 0
    private var attemptCount: UInt64 = 0

    /// A timeline that is being written.
    private struct Line {
        let writer: TimelineWriter
        let guest: ReproducibleGuest
        let parent: HistoryFork?
    }

    /// An operation and how often it comes, of all weights together.
    private struct Operation: Sendable {
        let weight: Int
        let run: @Sendable (TortureWalk) throws -> Void
    }

    private static let operations = [
        Operation(weight: 60) { try $0.append() },
        Operation(weight: 4) { try $0.flush() },
        Operation(weight: 3) { try $0.create() },
        Operation(weight: 5) { try $0.fork() },
        Operation(weight: 4) { try $0.tag() },
        Operation(weight: 2) { try $0.untag() },
        Operation(weight: 3) { try $0.closeLine() },
        Operation(weight: 3) { try $0.resume() },
        Operation(weight: 3) { try $0.reopen() },
        Operation(weight: 2) { try $0.readBack() },
        Operation(weight: 1) { try $0.rebuildIndexes() },
        Operation(weight: 3) { try $0.prune() },
        Operation(weight: 2) { _ = try $0.opened().collectGarbage() },
    ]

    init(path: String, plan: TorturePlan, round: UInt64, ledgerPath: String) throws {
        self.path = path
        self.plan = plan
        self.round = round
        self.ledgerPath = ledgerPath
        ledger = try LedgerWriter(path: ledgerPath)
        generator = plan.generator(round: round)
    }

    /// Goes `count` steps. After an error it opens the store again and goes on, as a user would.
    ///
    /// - Returns: whether no error was met.
    func go(steps count: Int, errorsMax: Int) throws -> Bool {
        var errors = 0
        for _ in 0..<count {
            do {
                try step()
            } catch let error as HistoryStoreError {
                ledger.note(.failed("\(error)"))
                errors += 1
                guard errors <= errorsMax else { return false }
                // The writer that failed is of no more use; the others may be. Sometimes everything is given up.
                if Bool.random(using: &generator) { abandon() } else { lines = [] }
            }
        }
        return errors == 0
    }

    /// Ends as `palimpsest record` does.
    func close() throws {
        lines = []
        try store?.close()
        if store != nil { ledger.note(.closed) }
        store = nil
    }

    private func abandon() {
        lines = []
        try? store?.close()
        store = nil
    }

    private func step() throws {
        if lines.isEmpty { return try resumeOrCreate() }
        var choice = Int.random(in: 0..<Self.operations.reduce(0) { $0 + $1.weight }, using: &generator)
        for operation in Self.operations {
            choice -= operation.weight
            if choice < 0 { return try operation.run(self) }
        }
    }

    private func opened() throws -> HistoryStore {
        if let store { return store }
        let opened = try HistoryStore.open(path: path, mode: .create)
        store = opened
        return opened
    }

    // MARK: Timelines

    private func resumeOrCreate() throws {
        let known = try opened().timelines()
        if known.isEmpty || Int.random(in: 0..<4, using: &generator) == 0 { try create() } else { try resume() }
    }

    private func newName() -> String {
        nameCount += 1
        return "t\(round)-\(nameCount)"
    }

    private func create() throws {
        let writer = try opened().createTimeline(name: newName(), options: TorturePlan.writerOptions(&generator))
        lines.append(Line(writer: writer, guest: ReproducibleGuest(plan.shape), parent: nil))
        try append(to: lines.count - 1)
    }

    private func fork() throws {
        let store = try opened()
        guard let parent = try store.timelines().randomElement(using: &generator),
            let epoch = try checkpoint(of: parent, store)
        else { return }
        // A fork hangs on the timeline whose own epoch it is.
        let owner = try store.manifest(timeline: parent.name, epoch: epoch).timeline
        let writer = try store.createTimeline(
            name: newName(), parent: (parent.name, epoch), options: TorturePlan.writerOptions(&generator))
        let guest = ReproducibleGuest(plan.shape)
        try guest.restore(from: store, timeline: parent.name, epoch: epoch)
        lines.append(Line(writer: writer, guest: guest, parent: HistoryFork(timeline: owner, epoch: epoch)))
        // Most begin at once; some hang there, without an epoch of their own, while other things happen.
        if Int.random(in: 0..<4, using: &generator) > 0 { try append(to: lines.count - 1) }
    }

    private func resume() throws {
        let store = try opened()
        let open = Set(lines.map(\.writer.name))
        let idle = try store.timelines().filter { !open.contains($0.name) }
        guard let info = idle.randomElement(using: &generator) else { return }
        let writer = try store.resumeTimeline(name: info.name, options: TorturePlan.writerOptions(&generator))
        let guest = ReproducibleGuest(plan.shape)
        try guest.restore(from: store, timeline: info.name, epoch: info.headEpoch)
        let parent = info.parent.map { HistoryFork(timeline: $0, epoch: info.parentEpoch ?? 0) }
        lines.append(Line(writer: writer, guest: guest, parent: parent))
    }

    private func closeLine() throws {
        let index = Int.random(in: 0..<lines.count, using: &generator)
        let writer = lines.remove(at: index).writer
        try writer.close()
        if let head = writer.headEpoch { ledger.note(.flushed(timeline: writer.name, epoch: head)) }
    }

    // MARK: Epochs

    private func append() throws {
        let index = Int.random(in: 0..<lines.count, using: &generator)
        for _ in 0..<Int.random(in: 1...4, using: &generator) { try append(to: index) }
    }

    private func append(to index: Int) throws {
        let line = lines[index]
        attemptCount += 1
        let attempt = EpochAttempt(
            timeline: line.writer.name, epoch: line.writer.headEpoch.map { $0 + 1 } ?? 0,
            number: round * 100_000 + attemptCount)
        ledger.note(.begin(attempt, parent: line.parent))
        let receipt = try line.guest.append(attempt, to: line.writer)
        ledger.note(.stored(attempt, durable: receipt.durable))
    }

    private func flush() throws {
        let writer = lines.randomElement(using: &generator)!.writer
        try writer.flush()
        if let head = writer.headEpoch { ledger.note(.flushed(timeline: writer.name, epoch: head)) }
    }

    // MARK: The rest

    private func tag() throws {
        let store = try opened()
        guard let info = try store.timelines().randomElement(using: &generator),
            let epoch = try checkpoint(of: info, store)
        else { return }
        let name = newName()
        ledger.note(.tagging(name: name, timeline: info.name, epoch: epoch))
        try store.setTag(name: name, timeline: info.name, epoch: epoch)
        ledger.note(.tagged(name: name))
    }

    /// An epoch of a timeline's history, or nil when the one chosen was pruned.
    private func checkpoint(of info: TimelineInfo, _ store: HistoryStore) throws -> UInt64? {
        let epoch = UInt64.random(in: 0...info.headEpoch, using: &generator)
        do {
            return try store.manifest(timeline: info.name, epoch: epoch).pruning == .none ? epoch : nil
        } catch HistoryStoreError.forgotten { return nil }
    }

    private func untag() throws {
        let store = try opened()
        guard let name = try store.tags().randomElement(using: &generator)?.name else { return }
        ledger.note(.untagging(name: name))
        try store.deleteTag(name: name)
        ledger.note(.untagged(name: name))
    }

    private func prune() throws {
        let store = try opened()
        guard let info = try store.timelines().randomElement(using: &generator) else { return }
        let rule = PruneRule(
            keepLast: UInt64.random(in: 1...6, using: &generator),
            keepEvery: UInt64.random(in: 2...9, using: &generator),
            dropsInputs: Int.random(in: 0..<4, using: &generator) == 0)
        ledger.note(.pruning(timeline: info.name, head: info.headEpoch, rule))
        var policy = RetentionPolicy()
        policy.keepLast = rule.keepLast
        policy.keepEvery = rule.keepEvery
        policy.dropsInputs = rule.dropsInputs
        try store.prune(policy, timeline: info.name)
    }

    private func reopen() throws {
        try close()
        _ = try opened()
    }

    private func readBack() throws {
        let promises = TorturePromises(path: ledgerPath)
        var comparison = HistoryComparison(plan.shape)
        comparison.acknowledgedAttempt = promises.attempt
        comparison.mayBePruned = promises.mayBePruned
        let store = try opened()
        guard let info = try store.timelines().randomElement(using: &generator) else { return }
        comparison.compare(store, timeline: info.name, through: info.headEpoch)
        for what in comparison.wrong + comparison.named + comparison.outdated { ledger.note(.wrong(what)) }
    }

    private func rebuildIndexes() throws {
        try close()
        try opened().rebuildIndexes()
    }
}
