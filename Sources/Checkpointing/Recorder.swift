import Foundation
import GuestMemory
import HistoryStore
import Machine
import RISCV

/// Runs a machine and hands every epoch to the store (patents.md, section 1; requirement 17's order for one host).
///
/// The stun holds the scan, the copies, the TLB flush and the capture of the state. Hashing, compression and the write are
/// done by another thread behind a bounded queue.
public final class Recorder {
    public let machine: Machine
    private let writer: TimelineWriter
    private let options: RecorderOptions
    private let queue: CaptureQueue
    private var thread: Thread?

    /// The number that the next epoch gets.
    public private(set) var nextEpoch: UInt64
    private var epochStart_icount: UInt64
    private var deadline: EpochDeadline
    private var emittedByteCount = 0
    private var isFinished = false
    public private(set) var statistics = RecorderStatistics()

    /// Called with what the guest prints, as soon as it is known.
    public var onConsoleOutput: (([UInt8]) -> Void)?

    /// - Parameter nextEpoch: 0 makes the machine's memory and state checkpoint 0 first; otherwise the machine stands at the
    ///   end of epoch `nextEpoch - 1`.
    /// - Throws: the store's errors.
    public init(machine: Machine, writer: TimelineWriter, nextEpoch: UInt64, options: RecorderOptions) throws {
        self.machine = machine
        self.writer = writer
        self.options = options
        self.nextEpoch = nextEpoch
        if case .rate(let hz) = options.boundary {
            deadline = EpochDeadline(hz: hz)
        } else {
            deadline = EpochDeadline(hz: 1)
        }
        queue = CaptureQueue(slotCount: max(256, options.queueCapacityBytes / pageSize))
        epochStart_icount = machine.icount
        machine.cluster.recordsTLBEvents = true
        machine.cluster.tlbEventCountMax = options.tlbEventCountMax
        startWriterThread()
        if nextEpoch == 0 { try captureBase() }
    }

    /// Hands over the machine as it is as checkpoint 0. Like every epoch it is stored while the guest runs.
    private func captureBase() throws {
        var capture = machine.endEpoch(since: machine.icount)
        capture.dirtyPages = machine.memory.presentPages()
        let (ring, firstSlot, _) = try queue.reserve(pageCount: capture.dirtyPages.count)
        copyPages(capture.dirtyPages, to: ring, firstSlot: firstSlot ?? 0)
        queue.enqueue(
            CapturedEpoch(
                number: 0, capture: capture, firstSlot: firstSlot, overflow: firstSlot == nil ? ring : nil, stun_us: 0,
                copy_us: 0, wallTime_ns: MonotonicClock.wallTime_ns))
        nextEpoch = 1
    }

    private func startWriterThread() {
        let queue = queue
        let writer = writer
        let thread = Thread { queue.serve(writer) }
        thread.name = "palimpsest-store"
        thread.start()
        self.thread = thread
    }

    // MARK: Running

    /// Runs the machine until `icount`, ending epochs as they are due.
    /// - Parameters:
    ///   - shouldStop: asked about every millisecond; true ends the run with `.interrupted`.
    ///   - idle: see `Machine.run`.
    /// - Throws: the store's errors, or a page's that could not be fetched.
    public func run(
        until icount: UInt64, shouldStop: @escaping () -> Bool = { false }, idle: ((UInt64?) -> Bool)? = nil
    ) throws -> StopReason {
        // A run that goes on, as after each wait of an idle guest, keeps the deadline it has.
        if deadline.next_ns == 0 { deadline.epochEnded(now_ns: MonotonicClock.now_ns) }
        machine.shouldPause = { [unowned self] in isDue || shouldStop() }
        defer { machine.shouldPause = nil }
        while true {
            let reason = try machine.run(until: min(icount, boundary_icount), idle: idle)
            emitConsoleOutput()
            if isDue, machine.icount > epochStart_icount { try endEpoch() }
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
        return switch options.boundary {
        case .rate:
            MonotonicClock.now_ns >= deadline.next_ns || machine.memory.dirtyPageCount >= options.dirtyPageCountMax
        case .instructions: machine.icount >= boundary_icount
        }
    }

    private func emitConsoleOutput() {
        guard machine.consoleOutput.count > emittedByteCount else { return }
        onConsoleOutput?(Array(machine.consoleOutput[emittedByteCount...]))
        emittedByteCount = machine.consoleOutput.count
    }

    // MARK: Ending an epoch

    private func endEpoch() throws {
        var stunStart = MonotonicClock.now_ns
        let capture = machine.endEpoch(since: epochStart_icount)
        let scanned = MonotonicClock.now_ns
        let (ring, firstSlot, waited) = try queue.reserve(pageCount: capture.dirtyPages.count)
        let reserved = MonotonicClock.now_ns
        copyPages(capture.dirtyPages, to: ring, firstSlot: firstSlot ?? 0)
        let copied = MonotonicClock.now_ns
        if waited {
            // Waiting for the store is back pressure, counted apart from the stun.
            statistics.queueFullCount += 1
            stunStart += reserved - scanned
        }
        let stun_us = (copied - stunStart) / 1000
        queue.enqueue(
            CapturedEpoch(
                number: nextEpoch, capture: capture, firstSlot: firstSlot, overflow: firstSlot == nil ? ring : nil,
                stun_us: stun_us, copy_us: (copied - reserved) / 1000, wallTime_ns: MonotonicClock.wallTime_ns))
        statistics.epochCount += 1
        statistics.dirtyPageCount += capture.dirtyPages.count
        statistics.stuns_us.append(stun_us)
        nextEpoch += 1
        epochStart_icount = machine.icount
        emittedByteCount = 0
        deadline.epochEnded(now_ns: MonotonicClock.now_ns)
        try collectReceipts()
    }

    private func copyPages(_ pages: [GuestPhysicalPage], to ring: PageRing, firstSlot: Int) {
        for (index, page) in pages.enumerated() {
            guard let content = machine.memory.peek(page) else { preconditionFailure("a dirty page has no frame") }
            ring.slot(firstSlot + index).copyMemory(from: content, byteCount: pageSize)
        }
    }

    private func collectReceipts() throws {
        for receipt in try queue.takeReceipts() {
            if receipt.epoch == 0 {
                statistics.baseBytes = receipt.storedBytes
                continue
            }
            statistics.storedEpochCount += 1
            statistics.lastStoredEpoch = receipt.epoch
            statistics.storedBytes += receipt.storedBytes
        }
    }

    /// Ends a last, partial epoch, waits until everything is stored and durable, and closes the timeline. To be called on
    /// every way out; a second call does nothing.
    /// - Throws: the store's error; what was acknowledged before it is safe.
    @discardableResult
    public func finish() throws -> RecorderStatistics {
        guard !isFinished else { return statistics }
        isFinished = true
        emitConsoleOutput()
        var failure: (any Error)?
        do { if machine.icount > epochStart_icount { try endEpoch() } } catch { failure = error }
        queue.drainAndClose()
        do {
            try collectReceipts()
            try writer.flush()
        } catch { failure = failure ?? error }
        do { try writer.close() } catch { failure = failure ?? error }
        if let failure { throw failure }
        return statistics
    }
}
