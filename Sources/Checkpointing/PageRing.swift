import Foundation
import GuestMemory

/// Room for copies of dirty pages, taken in order by the recorder and given back in order by the writer's thread.
///
/// Touched once when made, so that no copy during a stun pays for the host's page faults. Not thread-safe: the capture
/// queue's lock guards the counters; contents belong to whoever holds the slots.
final class PageRing: @unchecked Sendable {
    let slotCount: Int
    private let slots: UnsafeMutableRawPointer
    /// Slots taken and given back since the beginning.
    private var taken = 0
    private var returned = 0

    init(slotCount: Int) {
        self.slotCount = slotCount
        slots = .allocate(byteCount: slotCount * pageSize, alignment: pageSize)
        slots.initializeMemory(as: UInt8.self, repeating: 0, count: slotCount * pageSize)
    }

    deinit { slots.deallocate() }

    var freeCount: Int { slotCount - (taken - returned) }

    /// Takes `count` slots, which must be free.
    /// - Returns: the number of the first; number n lies at `slot(n)`.
    func take(_ count: Int) -> Int {
        precondition(count <= freeCount)
        defer { taken += count }
        return taken
    }

    func giveBack(_ count: Int) { returned += count }

    func slot(_ number: Int) -> UnsafeMutableRawPointer { slots + (number % slotCount) * pageSize }
}
