import Foundation
import GuestMemory
import HistoryStore
import Machine
import RISCV

/// Runs a machine and hands every epoch to a collector (patents.md, section 1; requirement 17's order for one host).
///
/// The stun holds the scan, the taking of the pages, the TLB flush and the capture of the state. Deferred pages, hashing,
/// compression and the write are seen to by another thread behind a bounded queue.
public final class Recorder {
    public let machine: Machine
    let options: RecorderOptions
    let collector: any Collector
    let queue: CaptureQueue
    let pageCapture: PageCapture
    /// The master list, where the stun makes the differences.
    let stunList: MasterList?

    /// The number that the next epoch gets.
    public internal(set) var nextEpoch: UInt64
    /// Where the epoch before it ended.
    public internal(set) var epochStart_icount: UInt64
    var deadline: EpochDeadline
    /// Of `pageCapture.deferredPages.writeDelay_ns`, what the deadline knows.
    private var writeDelaySeen_ns: UInt64 = 0
    var barrier = OutputBarrier()
    /// Of the epoch's output, what has been shown or is nobody's.
    var emittedByteCount = 0
    private var isFinished = false
    public internal(set) var statistics = RecorderStatistics()

    /// Epochs that have ended and are not with the collector.
    public var queueDepth: Int { queue.depth }

    /// Called with what the guest prints, as soon as `RecorderOptions.outputRelease` lets it out.
    public var onConsoleOutput: (([UInt8]) -> Void)?
    /// For tests: called in the stun, before anything is taken, with the epoch's number and its dirty pages.
    var testStunned: ((UInt64, [GuestPhysicalPage]) -> Void)?

    /// Records into a store on this machine.
    /// - Parameter nextEpoch: 0 makes the machine's memory and state checkpoint 0 first; otherwise the machine stands at the
    ///   end of epoch `nextEpoch - 1`.
    /// - Throws: the store's errors.
    public convenience init(
        machine: Machine, writer: any EpochAppender, nextEpoch: UInt64, options: RecorderOptions
    ) throws {
        let collector = StoreCollector(writer: writer, findsCandidates: options.differences != .none)
        try self.init(machine: machine, collector: collector, nextEpoch: nextEpoch, options: options)
    }

    /// Records for any collector.
    /// - Throws: `GuestMemoryError.hostMemoryExhausted`; the collector's errors.
    public init(
        machine: Machine, collector: any Collector, nextEpoch: UInt64, options: RecorderOptions
    ) throws {
        self.machine = machine
        self.collector = collector
        self.options = options
        self.nextEpoch = nextEpoch
        deadline =
            switch options.boundary {
            case .rate(let hz): .fixed(FixedRhythm(hz: hz))
            case .overhead(let share): .adaptive(AdaptiveRhythm(share: share))
            case .instructions: .fixed(FixedRhythm(hz: 1))
            }
        queue = CaptureQueue(slotCount: max(256, options.queueCapacityBytes / pageSize))
        let list =
            try options.differences == .none
            ? nil
            : MasterList(
                memory: machine.memory, capacity: options.differenceMemoryBytes / pageSize)
        stunList = options.differences == .duringStun ? list : nil
        pageCapture = try PageCapture(memory: machine.memory, rule: options.deferral, masterList: stunList)
        epochStart_icount = machine.icount
        machine.cluster.recordsTLBEvents = true
        machine.cluster.tlbEventCountMax = options.tlbEventCountMax
        startSender(options.differences == .afterwards ? list : nil)
        if nextEpoch == 0 { try captureBase() }
    }

    private func startSender(_ masterList: MasterList?) {
        let sender = SenderSeed(
            queue: queue, collector: collector, memory: machine.memory, deferredPages: pageCapture.deferredPages,
            masterList: masterList)
        let thread = Thread { sender.serve() }
        thread.name = "palimpsest-send"
        thread.start()
    }

    /// One that is dropped without `finish` still sends what has ended.
    deinit { queue.close() }

    // MARK: Running

    /// Runs the machine until `icount`, ending epochs as they are due.
    /// - Parameters:
    ///   - shouldStop: asked about every millisecond; true ends the run with `.interrupted`.
    ///   - idle: see `Machine.run`.
    /// - Throws: the collector's errors, or a page's that could not be fetched.
    public func run(
        until icount: UInt64, shouldStop: @escaping () -> Bool = { false }, idle: ((UInt64?) -> Bool)? = nil
    ) throws -> StopReason {
        // A run that goes on, as after each wait of an idle guest, keeps the deadline it has.
        if deadline.next_ns == 0 { deadline.epochEnded(now_ns: MonotonicClock.now_ns) }
        machine.shouldPause = { [unowned self] in
            noteCopies()
            return isDue || queue.hasAcknowledgements || shouldStop()
        }
        defer { machine.shouldPause = nil }
        while true {
            let reason = try machine.run(until: min(icount, boundary_icount), idle: idle)
            emitConsoleOutput()
            if machine.icount > epochStart_icount, isDue || isOutputHeldWhileIdle(reason) { try endEpoch() }
            if queue.hasAcknowledgements { try collectAcknowledgements() }
            switch reason {
            case .icountReached where machine.icount < icount: continue
            case .interrupted where !shouldStop(): continue
            default: return reason
            }
        }
    }

    /// Where the current epoch ends by count, if it ends by count.
    private var boundary_icount: UInt64 {
        if case .instructions(let count) = options.boundary { return epochStart_icount &+ count }
        return .max
    }

    private var isDue: Bool {
        if machine.cluster.tlbEvents.count >= options.tlbEventCountMax { return true }
        if case .instructions = options.boundary { return machine.icount >= boundary_icount }
        return MonotonicClock.now_ns >= deadline.next_ns || machine.memory.dirtyPageCount >= options.dirtyPageCountMax
    }

    /// Tells the adaptive rhythm what copies outside of stuns took since the last look.
    private func noteCopies() {
        guard case .overhead = options.boundary else { return }
        let delay_ns = pageCapture.deferredPages.writeDelay_ns
        deadline.spent(delay_ns - writeDelaySeen_ns + queue.takeDrainTime_ns())
        writeDelaySeen_ns = delay_ns
    }

    /// The guest waits, perhaps for an answer to what nobody can see before the epoch ends.
    private func isOutputHeldWhileIdle(_ reason: StopReason) -> Bool {
        options.outputRelease == .durable && (reason == .idle || reason == .waitingForInput)
            && machine.consoleOutput.count > emittedByteCount
    }

    func emitConsoleOutput() {
        // Output that nobody listens to, of instructions executed anew, stays unheard.
        guard options.outputRelease == .immediate || onConsoleOutput == nil else { return }
        guard machine.consoleOutput.count > emittedByteCount else { return }
        onConsoleOutput?(Array(machine.consoleOutput[emittedByteCount...]))
        emittedByteCount = machine.consoleOutput.count
    }

    // MARK: The collector's answers

    func collectAcknowledgements() throws {
        let acknowledgements = try queue.takeAcknowledgements()
        for acknowledgement in acknowledgements {
            if acknowledgement.isDurable { release(through: acknowledgement.epoch) }
            if acknowledgement.epoch == 0 {
                statistics.baseBytes = acknowledgement.storedBytes
                continue
            }
            statistics.storedEpochCount += 1
            statistics.lastStoredEpoch = acknowledgement.epoch
            statistics.storedBytes += acknowledgement.storedBytes
        }
        if options.differences != .afterwards {
            let feedback = queue.takeFeedback()
            stunList?.update(feedback, epoch: nextEpoch - 1)
        }
        statistics.capture = queue.sentCounts
    }

    private func release(through epoch: UInt64) {
        let output = barrier.release(through: epoch)
        if !output.isEmpty { onConsoleOutput?(output) }
    }

    // MARK: The end

    /// Ends a last, partial epoch, waits until everything is stored and durable, and closes the collector. To be called on
    /// every way out; a second call does nothing.
    /// - Throws: the collector's error; what was acknowledged before it is safe.
    @discardableResult
    public func finish() throws -> RecorderStatistics {
        guard !isFinished else { return statistics }
        isFinished = true
        emitConsoleOutput()
        var failure: (any Error)?
        do { if machine.icount > epochStart_icount { try endEpoch() } } catch { failure = error }
        queue.drainAndClose()
        pageCapture.detach()
        do {
            // Once more after the last answer, where the sender's own error waits behind it.
            repeat { try collectAcknowledgements() } while queue.hasAcknowledgements
        } catch { failure = failure ?? error }
        do { try collector.finish() } catch { failure = failure ?? error }
        if let failure { throw failure }
        // A collector may have waited for the end with some.
        try collectAcknowledgements()
        release(through: .max)
        return statistics
    }
}

/// What the sender's thread starts with. The collector is touched by no other thread before the queue is closed.
private struct SenderSeed: @unchecked Sendable {
    let queue: CaptureQueue
    let collector: any Collector
    let memory: GuestMemory
    let deferredPages: DeferredPages
    let masterList: MasterList?

    func serve() {
        var sender = EpochSender(
            queue: queue, collector: collector, memory: memory, deferredPages: deferredPages, masterList: masterList)
        sender.serve()
    }
}
