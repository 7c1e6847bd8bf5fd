import Checkpointing
import Dispatch
import HistoryStore
import Machine
import Synchronization

/// Options of a `Replayer`.
public struct ReplayOptions: Sendable {
    /// Parts of the range that are executed side by side, each by a machine of its own.
    public var jobCount: Int
    public var engine: EngineOptions
    /// Asked every few hundred thousand instructions, from any thread; true ends the replay.
    public var shouldStop: (@Sendable () -> Bool)?
    /// Told after each executed epoch, from any thread.
    public var onProgress: (@Sendable (ReplayProgress) -> Void)?

    public init(
        jobCount: Int = 1, engine: EngineOptions = EngineOptions(), shouldStop: (@Sendable () -> Bool)? = nil,
        onProgress: (@Sendable (ReplayProgress) -> Void)? = nil
    ) {
        self.jobCount = jobCount
        self.engine = engine
        self.shouldStop = shouldStop
        self.onProgress = onProgress
    }
}

/// How far a replay has come.
public struct ReplayProgress: Sendable {
    public var epochsDone: Int
    public var epochsTotal: Int
}

/// What a replay found.
public struct ReplayResult: Sendable {
    /// Epochs that were executed to their end and found equal.
    public var epochCount = 0
    /// Instructions executed, those from a checkpoint up to a start between checkpoints included.
    public var instructionCount: UInt64 = 0
    public var seconds = 0.0
    /// The first difference; nil when there was none.
    public var divergence: Divergence?
    /// Asked to stop before the end of the range.
    public var wasInterrupted = false

    public init() {}
}

/// Executes a recorded range anew and compares each epoch's end with its manifest: icount, inputs, TLB events, console
/// output, machine state, the dirty set and the hashes of its pages (DESIGN.md, invariant 5).
///
/// A start between checkpoints begins at the checkpoint before; an end between checkpoints is executed up to there, with
/// nothing to compare. Comparing is done on a second thread, so that it costs the replay no time.
public struct Replayer {
    private let store: HistoryStore
    private let options: ReplayOptions

    public init(_ store: HistoryStore, options: ReplayOptions = ReplayOptions()) {
        self.store = store
        self.options = options
    }

    /// - Throws: `HistoryStoreError`, `MachineStateError`, `TimeTravelError.notReproduced` for the part behind the last
    ///   whole epoch. A divergence is no error.
    public func replay(_ range: ResolvedRange) throws -> ReplayResult {
        let begin = MonotonicClock.now_ns
        let parts = try split(range)
        let progress = ProgressCount(total: Int(range.end.epoch - range.start.checkpoint.epoch), options.onProgress)
        var result: ReplayResult
        if parts.count == 1 {
            result = try ReplayPart(store, range, options, progress) { false }.run()
        } else {
            result = try replaySideBySide(parts, progress)
        }
        result.seconds = Double(MonotonicClock.now_ns - begin) / 1e9
        return result
    }

    private func replaySideBySide(_ parts: [ResolvedRange], _ progress: ProgressCount) throws -> ReplayResult {
        // Once a part has differed, nothing behind it matters.
        let firstDifferent = Atomic(Int.max)
        let results = Mutex<[Int: Result<ReplayResult, any Error>]>([:])
        DispatchQueue.concurrentPerform(iterations: parts.count) { [store, options] index in
            let result = Result {
                try ReplayPart(store, parts[index], options, progress) {
                    firstDifferent.load(ordering: .relaxed) < index
                }.run()
            }
            if case .success(let result) = result, result.divergence != nil {
                firstDifferent.min(index, ordering: .relaxed)
            }
            results.withLock { $0[index] = result }
        }
        var sum = ReplayResult()
        for index in parts.indices {
            guard let part = try results.withLock({ $0[index] })?.get() else { continue }
            sum.epochCount += part.epochCount
            sum.instructionCount += part.instructionCount
            sum.wasInterrupted = sum.wasInterrupted || part.wasInterrupted
            if let divergence = part.divergence {
                sum.divergence = divergence
                sum.wasInterrupted = false
                break
            }
        }
        return sum
    }

    /// Cuts a range at checkpoints into parts of about equally many instructions.
    private func split(_ range: ResolvedRange) throws -> [ResolvedRange] {
        let epochCount = range.end.epoch - range.start.epoch
        let partCount = min(UInt64(max(options.jobCount, 1)), max(epochCount, 1))
        guard partCount > 1 else { return [range] }
        let resolver = PositionResolver(store)
        var cuts = [range.start]
        let length = range.end.icount - range.start.icount
        for number in 1..<partCount {
            let icount = range.start.icount + length / partCount * number
            let cut = try resolver.resolve(Position(timeline: range.timeline, .icount(icount))).checkpoint
            if cut.epoch > cuts.last!.epoch { cuts.append(cut) }
        }
        return zip(cuts, cuts.dropFirst() + [range.end]).map { ResolvedRange(start: $0, end: $1) }
    }
}

/// Counts executed epochs of all parts together.
final class ProgressCount: Sendable {
    private let done = Atomic(0)
    private let total: Int
    private let onProgress: (@Sendable (ReplayProgress) -> Void)?

    init(total: Int, _ onProgress: (@Sendable (ReplayProgress) -> Void)?) {
        self.total = total
        self.onProgress = onProgress
    }

    func epochDone() {
        let count = done.add(1, ordering: .relaxed).newValue
        onProgress?(ReplayProgress(epochsDone: count, epochsTotal: total))
    }
}
