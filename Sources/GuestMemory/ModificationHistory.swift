#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// In which of the last intervals a page was modified (patents.md, requirement 7): bit 0 for the newest, bit n for the one
/// n before it.
public typealias ModificationBits = UInt8

/// The modifications of every page in the last eight intervals.
///
/// Brought up to date only when a page is modified: beside its bits a page has the number of the interval they end with, so
/// that intervals in which nothing happened cost nothing. Its memory, 8 bytes a page, appears on first touch.
public final class ModificationHistory {
    private let firstPage: UInt64
    private let byteCount: UInt64
    /// Interval << 8 | bits; 0 for a page never modified.
    private let entries: UnsafeMutablePointer<UInt64>

    /// - Throws: `GuestMemoryError.hostMemoryExhausted`.
    public init(of memory: GuestMemory) throws {
        firstPage = memory.firstPage
        byteCount = memory.pageCount * 8
        let room = try HostMemory.reserve(byteCount: Int(byteCount))
        HostMemory.touch(room, byteCount: Int(byteCount))
        entries = room.bindMemory(to: UInt64.self, capacity: Int(memory.pageCount))
    }

    deinit { munmap(entries, Int(byteCount)) }

    /// Notes that a page was modified in `interval`, which is not before the last one noted.
    /// - Parameter interval: counted from 1.
    /// - Returns: the page's bits; bit 0 is set.
    @inline(__always)
    public func noteModification(page: UInt64, interval: UInt64) -> ModificationBits {
        let entry = entries + Int(page &- firstPage)
        let bits = Self.bits(entry.pointee, at: interval) | 1
        entry.pointee = interval << 8 | UInt64(bits)
        return bits
    }

    /// The page's bits as seen from `interval`.
    public func bits(page: GuestPhysicalPage, interval: UInt64) -> ModificationBits {
        Self.bits(entries[Int(page.number - firstPage)], at: interval)
    }

    @inline(__always)
    private static func bits(_ entry: UInt64, at interval: UInt64) -> ModificationBits {
        let age = interval &- entry >> 8
        return age < 8 ? ModificationBits(truncatingIfNeeded: (entry & 0xff) << age) : 0
    }
}
