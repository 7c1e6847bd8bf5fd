import Foundation
import GuestMemory
import HistoryStore
import Machine

/// An epoch on its way to the store: what it captured, and where the copies of its pages are.
struct CapturedEpoch: Sendable {
    var number: UInt64
    var capture: EpochCapture
    /// The first slot of the ring; the pages follow one another. nil when the copies are in `overflow`.
    var firstSlot: Int?
    var overflow: PageRing?
    var stun_us: UInt64
    var copy_us: UInt64
    var wallTime_ns: UInt64
}

/// The bounded queue between the machine's thread and the writer's.
///
/// Bounded by the ring: an epoch whose pages do not fit waits until earlier ones are written, which slows the guest and
/// loses nothing. An epoch larger than the whole ring has room of its own, alone in the queue.
final class CaptureQueue: @unchecked Sendable {
    private let condition = NSCondition()
    private let ring: PageRing
    private var waiting: [CapturedEpoch] = []
    private var isBusy = false
    private var isClosed = false
    private var failure: (any Error)?
    private var receipts: [EpochReceipt] = []

    /// More epochs than this wait only if they are small, and each keeps its state in memory.
    private static let epochCountMax = 256

    init(slotCount: Int) { ring = PageRing(slotCount: slotCount) }

    // MARK: The machine's side

    /// Waits for room for `pageCount` pages.
    /// - Returns: where to copy them, and whether it had to wait.
    /// - Throws: the writer's error.
    func reserve(pageCount: Int) throws -> (ring: PageRing, firstSlot: Int?, waited: Bool) {
        condition.lock()
        defer { condition.unlock() }
        var waited = false
        let isOversized = pageCount > ring.slotCount
        while failure == nil, !hasRoom(pageCount, isOversized) {
            waited = true
            condition.wait()
        }
        if let failure { throw failure }
        if isOversized { return (PageRing(slotCount: pageCount), nil, waited) }
        return (ring, ring.take(pageCount), waited)
    }

    private func hasRoom(_ pageCount: Int, _ isOversized: Bool) -> Bool {
        if isOversized { return waiting.isEmpty && !isBusy }
        return pageCount <= ring.freeCount && waiting.count < Self.epochCountMax
    }

    func enqueue(_ epoch: CapturedEpoch) {
        condition.lock()
        waiting.append(epoch)
        condition.broadcast()
        condition.unlock()
    }

    /// Receipts since the last call.
    /// - Throws: the writer's error.
    func takeReceipts() throws -> [EpochReceipt] {
        condition.lock()
        defer { condition.unlock() }
        if let failure { throw failure }
        defer { receipts.removeAll() }
        return receipts
    }

    /// Waits until everything is written, and ends the writer's thread.
    func drainAndClose() {
        condition.lock()
        isClosed = true
        condition.broadcast()
        while isBusy || (!waiting.isEmpty && failure == nil) { condition.wait() }
        condition.unlock()
    }

    var depth: Int {
        condition.lock()
        defer { condition.unlock() }
        return waiting.count + (isBusy ? 1 : 0)
    }

    // MARK: The writer's side

    /// Writes epochs as they come, until the queue is closed and empty or a write fails.
    func serve(_ writer: TimelineWriter) {
        while let epoch = next() {
            do {
                finished(epoch, try writer.append(input(epoch)))
            } catch {
                fail(error)
                return
            }
        }
    }

    private func next() -> CapturedEpoch? {
        condition.lock()
        defer { condition.unlock() }
        while waiting.isEmpty && !isClosed { condition.wait() }
        if waiting.isEmpty { return nil }
        isBusy = true
        return waiting.removeFirst()
    }

    private func finished(_ epoch: CapturedEpoch, _ receipt: EpochReceipt) {
        condition.lock()
        if epoch.firstSlot != nil { ring.giveBack(epoch.capture.dirtyPages.count) }
        receipts.append(receipt)
        isBusy = false
        condition.broadcast()
        condition.unlock()
    }

    private func fail(_ error: any Error) {
        condition.lock()
        failure = error
        isBusy = false
        condition.broadcast()
        condition.unlock()
    }

    private func input(_ epoch: CapturedEpoch) -> EpochInput {
        let capture = epoch.capture
        let source = epoch.overflow ?? ring
        let first = epoch.firstSlot ?? 0
        let pages = capture.dirtyPages.enumerated().map { index, page in
            DirtyPage(page: page, content: UnsafeRawPointer(source.slot(first + index)))
        }
        return EpochInput(
            epoch: epoch.number, icountFrom: capture.icountFrom, icountTo: capture.icountTo,
            virtualTime_ns: capture.virtualTime_ns, wallTime_ns: epoch.wallTime_ns, stun_us: epoch.stun_us,
            scan_us: capture.scan_us, copy_us: epoch.copy_us, pages: pages, machineState: capture.machineState,
            inputs: InputLog.encode(capture.inputs), inputCount: UInt64(capture.inputs.count),
            tlbEvents: TLBEventLog.encode(capture.tlbEvents), tlbEventCount: UInt64(capture.tlbEvents.count),
            pageMarks: capture.pageMarks, consoleOutput: capture.consoleOutput)
    }
}
