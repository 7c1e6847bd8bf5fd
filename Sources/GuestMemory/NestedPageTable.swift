#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Flag bits of a nested page table entry. The bits from 12 upwards hold the host address of the frame (in a leaf) or of
/// the next table (in an upper entry); both are aligned to 4 KiB.
@frozen
public enum NestedFlags {
    @inlinable public static var read: UInt64 { 1 << 0 }
    @inlinable public static var write: UInt64 { 1 << 1 }
    @inlinable public static var execute: UInt64 { 1 << 2 }
    /// A: touched since the last scan; on every level (patents.md, requirement 3).
    @inlinable public static var accessed: UInt64 { 1 << 3 }
    /// D: written since the last scan; leaves only.
    @inlinable public static var dirty: UInt64 { 1 << 4 }
    /// T: the page is part of a guest page table (requirement 20); leaves only.
    @inlinable public static var tablePage: UInt64 { 1 << 5 }
    /// The page holds instructions that are decoded, so a store to it must drop them; leaves only.
    @inlinable public static var decodedCode: UInt64 { 1 << 6 }

    /// The page holds a word that the host watches (`tohost`); leaves only.
    @inlinable public static var watched: UInt64 { 1 << 7 }
    /// Beside T: the levels at which the page is part of a table, bit 8 + n for level n (0 holds leaves of 4 KiB).
    @inlinable public static var tableLevelShift: UInt64 { 8 }
    @inlinable public static var tableLevels: UInt64 { 0xf << tableLevelShift }

    @inlinable public static var addressMask: UInt64 { ~0xfff }
    /// A store to a page with one of these must leave the fast path.
    @inlinable public static var storeSensitive: UInt64 { tablePage | decodedCode | watched }
}

/// The machine's own page table: four levels of 512 entries, from guest-physical page numbers (36 bits) to frames.
///
///     page number  [35..27]   [26..18]   [17..9]    [8..0]
///                   root  ──▶  table ──▶  table ──▶  leaves ──▶ frame, R W X A D T
///
/// Raw pointers throughout: it is walked on every TLB miss.
struct NestedPageTable {
    static let entriesPerTable = 512

    let root: UnsafeMutablePointer<UInt64>

    init() { root = Self.makeTable() }

    private static func makeTable() -> UnsafeMutablePointer<UInt64> {
        let raw = UnsafeMutableRawPointer.allocate(byteCount: pageSize, alignment: pageSize)
        raw.initializeMemory(as: UInt64.self, repeating: 0, count: entriesPerTable)
        return raw.assumingMemoryBound(to: UInt64.self)
    }

    @inline(__always)
    static func table(_ entry: UInt64) -> UnsafeMutablePointer<UInt64> {
        UnsafeMutablePointer(bitPattern: UInt(entry & NestedFlags.addressMask)).unsafelyUnwrapped
    }

    /// The leaf for a page, with A set on every upper level passed; tables appear as needed.
    @inline(__always)
    func leafMarkingAccess(_ page: UInt64) -> UnsafeMutablePointer<UInt64> {
        var table = root
        var shift: UInt64 = 27
        while shift > 0 {
            let entry = table + Int((page >> shift) & 511)
            if entry.pointee == 0 {
                entry.pointee = UInt64(UInt(bitPattern: Self.makeTable()))
            }
            entry.pointee |= NestedFlags.accessed
            table = Self.table(entry.pointee)
            shift -= 9
        }
        return table + Int(page & 511)
    }

    /// The leaf for a page, leaving every A as it is; tables appear as needed.
    func leafWithoutMark(_ page: UInt64) -> UnsafeMutablePointer<UInt64> {
        var table = root
        for shift: UInt64 in [27, 18, 9] {
            let entry = table + Int((page >> shift) & 511)
            if entry.pointee == 0 { entry.pointee = UInt64(UInt(bitPattern: Self.makeTable())) }
            table = Self.table(entry.pointee)
        }
        return table + Int(page & 511)
    }

    /// The leaf for a page if its tables exist, leaving every A as it is.
    func leafIfPresent(_ page: UInt64) -> UnsafeMutablePointer<UInt64>? {
        var table = root
        for shift: UInt64 in [27, 18, 9] {
            let entry = table[Int((page >> shift) & 511)]
            if entry == 0 { return nil }
            table = Self.table(entry)
        }
        return table + Int(page & 511)
    }

    /// Frees every table; frames belong to somebody else.
    func destroy() { Self.destroy(root, level: 3) }

    private static func destroy(_ table: UnsafeMutablePointer<UInt64>, level: Int) {
        if level > 0 {
            for index in 0..<entriesPerTable where table[index] != 0 {
                destroy(Self.table(table[index]), level: level - 1)
            }
        }
        UnsafeMutableRawPointer(table).deallocate()
    }
}
