/// A cached translation of one 4 KiB page, guest-virtual → host.
///
/// A tag is the page's guest-virtual address, or `invalid`. The interpreter compares it with the access's address less the
/// bits 3..<12 it may have, so that a misaligned access misses as well.
struct TLBEntry {
    var loadTag: UInt64
    var storeTag: UInt64
    /// Host address less guest-virtual address, modulo 2^64.
    var addend: UInt64
    /// Guest-physical page number: what requirement 22 searches for.
    var physicalPage: UInt64

    static let invalid = UInt64.max
    static let empty = TLBEntry(loadTag: invalid, storeTag: invalid, addend: 0, physicalPage: .max)
}

/// The translations of one kind of data access.
///
/// Accesses with different rights never share entries: the machine (untranslated), the supervisor without and with SUM,
/// the user. So a hit needs no check of rights.
struct TLBContext {
    static let count = 4
    static let machine = 0
    static let supervisor = 1
    static let supervisorWithUserAccess = 2
    static let user = 3

    let entries: UnsafeMutablePointer<TLBEntry>
    /// The walk that each translation came from: what a store to a page table is compared with (requirement 24).
    let paths: UnsafeMutablePointer<WalkPath>
    let entryCount: Int
    /// The pages and entries that the translations derive from.
    var filter = DerivationFilter()
    /// False while every entry is known to be empty: a flush is then free.
    var isUsed = false

    init(entryCount: Int) {
        precondition(entryCount & (entryCount - 1) == 0, "the number of TLB entries is a power of two")
        self.entryCount = entryCount
        entries = .allocate(capacity: entryCount)
        entries.initialize(repeating: .empty, count: entryCount)
        paths = .allocate(capacity: entryCount)
        paths.initialize(repeating: WalkPath(), count: entryCount)
    }

    func deallocate() {
        entries.deallocate()
        paths.deallocate()
        filter.deallocate()
    }

    /// - Returns: how many translations were dropped.
    mutating func flush() -> Int {
        guard isUsed else { return 0 }
        isUsed = false
        filter.clear()
        var dropped = 0
        for index in 0..<entryCount {
            if entries[index].physicalPage != .max { dropped += 1 }
            entries[index] = .empty
        }
        return dropped
    }

    /// Drops the translation in one slot. Its path stays: nothing reads it without the translation.
    func drop(slot: Int) -> Int {
        guard entries[slot].physicalPage != .max else { return 0 }
        entries[slot] = .empty
        return 1
    }

    /// Drops the translations whose walk read the entry at `address` (the precise response of requirement 24).
    ///
    /// An entry of level 0 maps addresses whose page number ends in its index, so that they can only be in a few slots;
    /// one of a higher level is looked for everywhere, when the filter cannot exclude it.
    /// - Parameter levels: bit n for each level n at which walks read the entry's page.
    func drop(entryAt address: UInt64, levels: UInt64) -> Int {
        guard isUsed, filter.mayContain(address) else { return 0 }
        var dropped = 0
        if levels & 1 != 0 {
            let first = Int((address >> 3) & 511) & (entryCount - 1)
            for slot in stride(from: first, to: entryCount, by: 512) where paths[slot].entries.0 == address {
                dropped += drop(slot: slot)
            }
        }
        guard levels > 1 else { return dropped }
        for slot in 0..<entryCount {
            let path = paths[slot].entries
            if path.1 == address || path.2 == address || path.3 == address { dropped += drop(slot: slot) }
        }
        return dropped
    }

    /// Drops the translations whose walk read any entry of a page.
    func drop(tablePage page: UInt64) -> Int {
        guard isUsed, filter.mayContain(page) else { return 0 }
        var dropped = 0
        for slot in 0..<entryCount {
            let path = paths[slot].entries
            if path.0 >> 12 == page || path.1 >> 12 == page || path.2 >> 12 == page || path.3 >> 12 == page {
                dropped += drop(slot: slot)
            }
        }
        return dropped
    }

    /// Drops the translations of one page of guest-virtual addresses.
    func drop(address: UInt64) -> Int {
        guard isUsed else { return 0 }
        let slot = Int((address >> 12) & UInt64(entryCount - 1))
        let tag = address & ~0xfff
        return entries[slot].loadTag == tag || entries[slot].storeTag == tag ? drop(slot: slot) : 0
    }

    /// Takes away the right to store through any translation of a page (requirement 22).
    func writeDisable(physicalPage: UInt64) {
        guard isUsed else { return }
        for index in 0..<entryCount where entries[index].physicalPage == physicalPage {
            entries[index].storeTag = TLBEntry.invalid
        }
    }
}

/// Where execution at a guest-virtual address continues: valid while its generation is the cache's.
struct JumpCacheEntry {
    var pc: UInt64
    var generation: UInt32
    /// Offset of the block in the code arena, in units of 8 bytes.
    var blockOffset: UInt32
}

/// The fetch side of the TLB, one for each privilege mode: guest-virtual address → decoded block.
struct JumpCache {
    static let entryCount = 4096
    static let mask = UInt64(entryCount - 1)

    let entries: UnsafeMutablePointer<JumpCacheEntry>
    var generation: UInt32 = 1
    /// The page-table pages and entries that the addresses were translated with.
    var filter = DerivationFilter()

    init() {
        entries = .allocate(capacity: Self.entryCount)
        entries.initialize(repeating: JumpCacheEntry(pc: 0, generation: 0, blockOffset: 0), count: Self.entryCount)
    }

    func deallocate() {
        entries.deallocate()
        filter.deallocate()
    }

    /// Forgets everything.
    mutating func flush() {
        filter.clear()
        generation &+= 1
        if generation == 0 {
            entries.update(
                repeating: JumpCacheEntry(pc: 0, generation: 0, blockOffset: 0), count: Self.entryCount)
            generation = 1
        }
    }
}
