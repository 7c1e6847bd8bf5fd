import GuestMemory

/// Room for what is taken of dirty pages, a slot each, taken in order by the recorder and given back in order by the sender.
///
/// Touched once when made, so that no copy during a stun pays for the host's page faults, unless it is for one use. Not thread-safe: the capture
/// queue's lock guards the counters; contents belong to whoever holds the slots.
final class PageRing: @unchecked Sendable {
    /// A page, or a difference (`WordDifference`), which can be a little longer.
    static let slotByteCount = pageSize + 64

    let slotCount: Int
    private let slots: UnsafeMutableRawPointer
    /// Slots taken and given back since the beginning.
    private var taken = 0
    private var returned = 0

    init(slotCount: Int, isTouched: Bool = true) {
        self.slotCount = slotCount
        slots = .allocate(byteCount: slotCount * Self.slotByteCount, alignment: 64)
        if isTouched { slots.initializeMemory(as: UInt8.self, repeating: 0, count: slotCount * Self.slotByteCount) }
    }

    deinit { slots.deallocate() }

    var freeCount: Int { slotCount - (taken - returned) }

    /// Takes `count` slots, which must be free.
    func take(_ count: Int) -> SlotRun {
        precondition(count <= freeCount)
        defer { taken += count }
        let end = slots + slotCount * Self.slotByteCount
        return SlotRun(ring: self, next: slots + taken % slotCount * Self.slotByteCount, start: slots, end: end)
    }

    func giveBack(_ count: Int) { returned += count }
}

/// Slots of a ring that follow one another, handed out one by one.
struct SlotRun: @unchecked Sendable {
    /// Keeps the memory.
    let ring: PageRing
    private var next: UnsafeMutableRawPointer
    private let start: UnsafeMutableRawPointer
    private let end: UnsafeMutableRawPointer

    init(
        ring: PageRing, next: UnsafeMutableRawPointer, start: UnsafeMutableRawPointer, end: UnsafeMutableRawPointer
    ) {
        self.ring = ring
        self.next = next
        self.start = start
        self.end = end
    }

    @inline(__always)
    mutating func takeNext() -> UnsafeMutableRawPointer {
        let slot = next
        next += PageRing.slotByteCount
        if next == end { next = start }
        return slot
    }
}
