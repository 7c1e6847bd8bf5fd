import GuestMemory
import HistoryStore
import Machine

extension Recorder {
    /// Hands over the machine as it is as checkpoint 0. Like every epoch it is sent while the guest runs.
    func captureBase() throws {
        var capture = machine.endEpoch(since: machine.icount)
        capture.dirtyPages = machine.memory.presentPages()
        testStunned?(0, capture.dirtyPages)
        let (slots, isOversized, _) = try queue.reserve(
            pageCount: capture.dirtyPages.count, tlbEventCount: capture.tlbEvents.count)
        let (pages, counts) = pageCapture.take(capture.dirtyPages, epoch: 0, slots: slots)
        queue.enqueue(
            CapturedEpoch(
                number: 0, capture: capture, pages: pages, counts: counts, slots: slots,
                isOversized: isOversized, stun_us: 0, copy_us: 0, wallTime_ns: MonotonicClock.wallTime_ns))
        nextEpoch = 1
    }

    /// The stun (requirement 17), and what follows from it for the next epoch.
    func endEpoch() throws {
        var stunStart = MonotonicClock.now_ns
        let capture = machine.endEpoch(since: epochStart_icount, scanThreadCountMax: options.scanThreadCountMax)
        testStunned?(nextEpoch, capture.dirtyPages)
        let scanned = MonotonicClock.now_ns
        let (slots, isOversized, waited) = try queue.reserve(
            pageCount: capture.dirtyPages.count, tlbEventCount: capture.tlbEvents.count)
        let reserved = MonotonicClock.now_ns
        let (pages, counts) = pageCapture.take(capture.dirtyPages, epoch: nextEpoch, slots: slots)
        let taken = MonotonicClock.now_ns
        if waited {
            // Waiting for the collector is back pressure, counted apart from the stun.
            statistics.queueFullCount += 1
            stunStart += reserved - scanned
        }
        let stun_us = (taken - stunStart) / 1000
        queue.enqueue(
            CapturedEpoch(
                number: nextEpoch, unlistedPages: stunList?.takeUnlisted() ?? [], capture: capture, pages: pages,
                counts: counts, slots: slots, isOversized: isOversized,
                stun_us: stun_us, copy_us: (taken - reserved) / 1000, wallTime_ns: MonotonicClock.wallTime_ns))
        if options.outputRelease == .durable {
            barrier.hold(Array(capture.consoleOutput[emittedByteCount...]), of: nextEpoch)
        }
        statistics.epochCount += 1
        statistics.dirtyPageCount += pages.count
        statistics.stuns_us.add(stun_us)
        nextEpoch += 1
        epochStart_icount = machine.icount
        emittedByteCount = 0
        deadline.epochEnded(now_ns: MonotonicClock.now_ns)
        deadline.spent(taken - stunStart)
        try collectAcknowledgements()
    }
}
