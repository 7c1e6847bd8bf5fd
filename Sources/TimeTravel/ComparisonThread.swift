import Foundation
import HistoryStore

/// Compares replayed epochs on a thread of its own, behind a bounded queue, so that hashing costs the replay no time.
final class ComparisonThread: @unchecked Sendable {
    private let condition = NSCondition()
    private let comparison: EpochComparison
    // All below are touched under the condition's lock only.
    private var waiting: [ReplayedEpoch] = []
    private var idleCopies: [PageCopies] = []
    private var isClosed = false
    private var isEnded = false
    private var equalEpochCount = 0
    private var outcome: Result<Divergence?, any Error> = .success(nil)

    /// Bounds the copies in memory; a replay that outruns the comparison waits.
    private static let epochCountMax = 8

    init(_ comparison: EpochComparison) {
        self.comparison = comparison
        let thread = Thread { [self] in serve() }
        thread.name = "palimpsest-compare"
        thread.start()
    }

    // MARK: The replay's side

    /// Room for an epoch's pages.
    func takeCopies() -> PageCopies {
        condition.lock()
        defer { condition.unlock() }
        return idleCopies.popLast() ?? PageCopies()
    }

    /// Hands over an epoch.
    /// - Returns: false when the replay is over, as an earlier epoch differed.
    func submit(_ epoch: ReplayedEpoch) -> Bool {
        condition.lock()
        defer { condition.unlock() }
        while waiting.count >= Self.epochCountMax, !isEnded { condition.wait() }
        if isEnded { return false }
        waiting.append(epoch)
        condition.broadcast()
        return true
    }

    /// Waits for everything handed over.
    /// - Returns: how many epochs were equal, and the first difference.
    /// - Throws: the store's error.
    func finish() throws -> (equalEpochCount: Int, divergence: Divergence?) {
        condition.lock()
        defer { condition.unlock() }
        isClosed = true
        condition.broadcast()
        while !isEnded { condition.wait() }
        return (equalEpochCount, try outcome.get())
    }

    // MARK: The comparing side

    private func serve() {
        while let epoch = next() {
            let outcome = Result { try comparison.firstDifference(epoch) }
            if case .success(nil) = outcome {
                done(epoch)
            } else {
                end(outcome)
                return
            }
        }
        end(.success(nil))
    }

    private func next() -> ReplayedEpoch? {
        condition.lock()
        defer { condition.unlock() }
        while waiting.isEmpty, !isClosed { condition.wait() }
        return waiting.isEmpty ? nil : waiting.removeFirst()
    }

    private func done(_ epoch: ReplayedEpoch) {
        condition.lock()
        equalEpochCount += 1
        idleCopies.append(epoch.copies)
        condition.broadcast()
        condition.unlock()
    }

    private func end(_ outcome: Result<Divergence?, any Error>) {
        condition.lock()
        self.outcome = outcome
        isEnded = true
        condition.broadcast()
        condition.unlock()
    }
}
