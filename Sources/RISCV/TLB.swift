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
    /// Guest-physical address of the leaf page-table entry that each translation came from; 0 for none.
    let leafEntryAddresses: UnsafeMutablePointer<UInt64>
    let entryCount: Int
    /// False while every entry is known to be empty: a flush is then free.
    var isUsed = false

    init(entryCount: Int) {
        precondition(entryCount & (entryCount - 1) == 0, "the number of TLB entries is a power of two")
        self.entryCount = entryCount
        entries = .allocate(capacity: entryCount)
        entries.initialize(repeating: .empty, count: entryCount)
        leafEntryAddresses = .allocate(capacity: entryCount)
        leafEntryAddresses.initialize(repeating: 0, count: entryCount)
    }

    func deallocate() {
        entries.deallocate()
        leafEntryAddresses.deallocate()
    }

    /// - Returns: how many translations were dropped.
    mutating func flush() -> Int {
        guard isUsed else { return 0 }
        isUsed = false
        var dropped = 0
        for index in 0..<entryCount {
            let entry = entries + index
            if entry.pointee.physicalPage != .max { dropped += 1 }
            entry.pointee = .empty
            leafEntryAddresses[index] = 0
        }
        return dropped
    }

    /// Drops the translations whose leaf entry lies at `address`.
    func drop(leafEntryAt address: UInt64) -> Int {
        guard isUsed else { return 0 }
        var dropped = 0
        for index in 0..<entryCount where leafEntryAddresses[index] == address {
            entries[index] = .empty
            leafEntryAddresses[index] = 0
            dropped += 1
        }
        return dropped
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

    init() {
        entries = .allocate(capacity: Self.entryCount)
        entries.initialize(repeating: JumpCacheEntry(pc: 0, generation: 0, blockOffset: 0), count: Self.entryCount)
    }

    func deallocate() { entries.deallocate() }

    /// Forgets everything.
    mutating func flush() {
        generation &+= 1
        if generation == 0 {
            entries.update(
                repeating: JumpCacheEntry(pc: 0, generation: 0, blockOffset: 0), count: Self.entryCount)
            generation = 1
        }
    }
}
