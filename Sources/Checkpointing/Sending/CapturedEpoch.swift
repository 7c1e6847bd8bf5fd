import GuestMemory
import HistoryStore

/// An epoch on its way to the collector. Made by the machine's thread, then the sender's alone.
final class CapturedEpoch: @unchecked Sendable {
    let number: UInt64
    /// Pages that left the master list, where it is the machine's thread's.
    let unlistedPages: [GuestPhysicalPage]
    let capture: EpochCapture
    let pages: [CapturedPage]
    /// What is in the slots of `pages`; those beyond the queue's ring have room of their own.
    let slots: SlotRun
    let isOversized: Bool
    let stun_us: UInt64
    let copy_us: UInt64
    let wallTime_ns: UInt64
    var counts: CaptureCounts
    /// Whether every deferred page has been handed over.
    var isDrained = false

    init(
        number: UInt64, unlistedPages: [GuestPhysicalPage] = [], capture: EpochCapture, pages: [CapturedPage],
        counts: CaptureCounts, slots: SlotRun,
        isOversized: Bool, stun_us: UInt64, copy_us: UInt64, wallTime_ns: UInt64
    ) {
        self.number = number
        self.unlistedPages = unlistedPages
        self.capture = capture
        self.pages = pages
        self.counts = counts
        self.slots = slots
        self.isOversized = isOversized
        self.stun_us = stun_us
        self.copy_us = copy_us
        self.wallTime_ns = wallTime_ns
    }
}
