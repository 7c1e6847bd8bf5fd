import Foundation
import HistoryStore
import Synchronization

/// The bounded queue between the machine's thread and the sender's.
///
/// Bounded by the ring: an epoch whose pages do not fit waits until earlier ones are sent, which slows the guest and
/// loses nothing. An epoch larger than the whole ring has room of its own, alone in the queue.
final class CaptureQueue: @unchecked Sendable {
    private let condition = NSCondition()
    private let ring: PageRing
    private var waiting: [CapturedEpoch] = []
    private var isBusy = false
    private var isClosed = false
    private var failure: (any Error)?
    private var acknowledgements: [Acknowledgement] = []
    private var feedback = ListFeedback()
    private var sent = CaptureCounts()
    private let hasNews = Atomic<Bool>(false)
    /// Nanoseconds the sender took for handing over deferred pages.
    private let drain_ns = Atomic<UInt64>(0)

    /// No more epochs wait, however small they are: each keeps its state in memory.
    private static let epochCountMax = 256
    /// No more TLB events wait than this, of 64 bytes each, unless they are of one epoch.
    private static let tlbEventCountMax = 1 << 21

    init(slotCount: Int) { ring = PageRing(slotCount: slotCount) }

    // MARK: The machine's side

    /// Waits for room for an epoch of `pageCount` pages and `tlbEventCount` events.
    /// - Returns: where they go, and whether it had to wait.
    /// - Throws: the sender's error.
    func reserve(
        pageCount: Int, tlbEventCount: Int
    ) throws -> (slots: SlotRun, isOversized: Bool, waited: Bool) {
        condition.lock()
        defer { condition.unlock() }
        var waited = false
        let isOversized = pageCount > ring.slotCount
        while failure == nil, !hasRoom(pageCount, tlbEventCount, isOversized) {
            waited = true
            condition.wait()
        }
        if let failure { throw failure }
        if isOversized {
            return (PageRing(slotCount: pageCount, isTouched: false).take(pageCount), true, waited)
        }
        return (ring.take(pageCount), false, waited)
    }

    private func hasRoom(_ pageCount: Int, _ tlbEventCount: Int, _ isOversized: Bool) -> Bool {
        let waitingEventCount = waiting.reduce(0) { $0 + $1.capture.tlbEvents.count }
        if waitingEventCount > 0, waitingEventCount + tlbEventCount > Self.tlbEventCountMax { return false }
        if isOversized { return waiting.isEmpty && !isBusy }
        return pageCount <= ring.freeCount && waiting.count < Self.epochCountMax
    }

    func enqueue(_ epoch: CapturedEpoch) {
        condition.lock()
        waiting.append(epoch)
        condition.broadcast()
        condition.unlock()
    }

    /// Whether `takeAcknowledgements` has something to say. Costs nothing.
    var hasAcknowledgements: Bool { hasNews.load(ordering: .relaxed) }

    /// Acknowledgements since the last call.
    /// - Throws: the sender's error, once there are none left.
    func takeAcknowledgements() throws -> [Acknowledgement] {
        condition.lock()
        defer { condition.unlock() }
        if acknowledgements.isEmpty, let failure { throw failure }
        defer { acknowledgements.removeAll() }
        hasNews.store(failure != nil, ordering: .relaxed)
        return acknowledgements
    }

    /// How the pages of the epochs that have been sent were captured, checkpoint 0 aside.
    var sentCounts: CaptureCounts {
        condition.lock()
        defer { condition.unlock() }
        return sent
    }

    /// What collectors said of the master list since the last call, for whoever it belongs to.
    func takeFeedback() -> ListFeedback {
        condition.lock()
        defer { condition.unlock() }
        defer { feedback = ListFeedback() }
        return feedback
    }

    /// Nanoseconds the sender took for handing over deferred pages since the last call.
    func takeDrainTime_ns() -> UInt64 { drain_ns.exchange(0, ordering: .relaxed) }

    /// Nothing more will come: the sender's thread ends after what waits.
    func close() {
        condition.lock()
        isClosed = true
        condition.broadcast()
        condition.unlock()
    }

    /// Waits until everything is sent, and ends the sender's thread.
    func drainAndClose() {
        close()
        condition.lock()
        while isBusy || (!waiting.isEmpty && failure == nil) { condition.wait() }
        condition.unlock()
    }

    /// Epochs that have ended and are not with the collector.
    var depth: Int {
        condition.lock()
        defer { condition.unlock() }
        return waiting.count + (isBusy ? 1 : 0)
    }

    // MARK: The sender's side

    /// The next epoch, and those that wait behind it; nil when the queue is closed and empty.
    func next() -> (epoch: CapturedEpoch, behind: [CapturedEpoch])? {
        condition.lock()
        defer { condition.unlock() }
        while waiting.isEmpty && !isClosed { condition.wait() }
        if waiting.isEmpty { return nil }
        isBusy = true
        let epoch = waiting.removeFirst()
        return (epoch, waiting)
    }

    func noteDrained(time_ns: UInt64) { drain_ns.add(time_ns, ordering: .relaxed) }

    /// The collector needs the epoch's pages no longer.
    func finished(_ epoch: CapturedEpoch) {
        condition.lock()
        if epoch.number > 0 { sent += epoch.counts }
        if !epoch.isOversized { ring.giveBack(epoch.pages.count) }
        isBusy = false
        condition.broadcast()
        condition.unlock()
    }

    func acknowledged(_ acknowledgement: Acknowledgement) {
        condition.lock()
        acknowledgements.append(acknowledgement)
        feedback += acknowledgement.feedback
        hasNews.store(true, ordering: .relaxed)
        condition.unlock()
    }

    func fail(_ error: any Error) {
        condition.lock()
        failure = error
        hasNews.store(true, ordering: .relaxed)
        isBusy = false
        condition.broadcast()
        condition.unlock()
    }
}
