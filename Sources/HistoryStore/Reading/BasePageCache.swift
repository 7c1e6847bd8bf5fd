import GuestMemory
import Synchronization

/// Decoded delta bases used lately: direct-mapped by location, 4 KiB each. May be used from any thread.
final class BasePageCache: Sendable {
    private static let slotCount = 1024

    private struct State: ~Copyable {
        let pages = UnsafeMutableRawPointer.allocate(byteCount: slotCount * pageSize, alignment: 4096)
        var tags = [UInt64](repeating: 0, count: slotCount)
        deinit { pages.deallocate() }
    }
    private let state = Mutex(State())

    /// Copies the page out; false when it is not here.
    func copy(_ location: PageLocation, into page: UnsafeMutableRawPointer) -> Bool {
        let slot = Self.slot(location)
        let destination = UInt(bitPattern: page)
        return state.withLock { state in
            guard state.tags[slot] == location.rawValue else { return false }
            UnsafeMutableRawPointer(bitPattern: destination)!
                .copyMemory(from: state.pages + slot * pageSize, byteCount: pageSize)
            return true
        }
    }

    func insert(_ location: PageLocation, _ page: UnsafeRawPointer) {
        let slot = Self.slot(location)
        let source = UInt(bitPattern: page)
        state.withLock { state in
            state.tags[slot] = location.rawValue
            (state.pages + slot * pageSize)
                .copyMemory(from: UnsafeRawPointer(bitPattern: source)!, byteCount: pageSize)
        }
    }

    private static func slot(_ location: PageLocation) -> Int {
        Int(truncatingIfNeeded: (location.rawValue &* 0x9e37_79b9_7f4a_7c15) >> 54)
    }
}
