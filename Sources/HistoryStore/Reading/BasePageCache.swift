import GuestMemory
import Synchronization

/// Decoded delta bases used lately: direct-mapped by location, 4 KiB each. May be used from any thread.
final class BasePageCache: Sendable {
    private struct State: ~Copyable {
        /// Touched page by page, so that a short life costs little memory.
        let pages: UnsafeMutableRawPointer
        var tags: [UInt64]

        init(slotCount: Int) {
            pages = .allocate(byteCount: slotCount * pageSize, alignment: 4096)
            tags = Array(repeating: 0, count: slotCount)
        }

        deinit { pages.deallocate() }
    }
    private let state: Mutex<State>
    private let slotBits: UInt64

    init(byteCountMax: Int) {
        let count = max(byteCountMax / pageSize, 16)
        slotBits = UInt64(Int.bitWidth - 1 - count.leadingZeroBitCount)
        state = Mutex(State(slotCount: 1 << Int(slotBits)))
    }

    /// Copies the page out; false when it is not here.
    func copy(_ location: PageLocation, into page: UnsafeMutableRawPointer) -> Bool {
        let slot = slot(location)
        let destination = UInt(bitPattern: page)
        return state.withLock { state in
            guard state.tags[slot] == location.rawValue else { return false }
            UnsafeMutableRawPointer(bitPattern: destination)!
                .copyMemory(from: state.pages + slot * pageSize, byteCount: pageSize)
            return true
        }
    }

    func insert(_ location: PageLocation, _ page: UnsafeRawPointer) {
        let slot = slot(location)
        let source = UInt(bitPattern: page)
        state.withLock { state in
            state.tags[slot] = location.rawValue
            (state.pages + slot * pageSize)
                .copyMemory(from: UnsafeRawPointer(bitPattern: source)!, byteCount: pageSize)
        }
    }

    private func slot(_ location: PageLocation) -> Int {
        Int(truncatingIfNeeded: (location.rawValue &* 0x9e37_79b9_7f4a_7c15) >> (64 - slotBits))
    }
}
