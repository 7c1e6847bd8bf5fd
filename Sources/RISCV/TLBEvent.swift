import GuestMemory

/// One thing that keeping the TLBs in step with guest page tables had to do with (patents.md, requirement 29).
///
/// Which events there are is a function of what the guest executed since checkpoint 0: not of the TLB's size, evictions or
/// response, and not of where epochs end. Between a page's `follow` and `unfollow` every change that a store makes to it is
/// an event; the A and D that walks write are not (26).
public struct TLBEvent: Equatable, Sendable {
    public enum Kind: UInt8, Sendable, CaseIterable {
        /// A synchronisation: a store changed an entry of a page with T.
        case entry = 0
        /// A hart's satp changed.
        case root = 1
        /// T of a page went from 0 to 1. `newValue` is 1 when a `found` follows for each entry of the page that is not 0.
        case follow = 2
        /// T of a page went from 1 to 0.
        case unfollow = 3
        /// What an entry held when its page got T. (Leaf tables with many are left out: a checkpoint, or a replay of the epoch,
        /// tells theirs.)
        case found = 4
    }

    public var kind: Kind
    /// Steps of the whole machine before the instruction.
    public var icount: UInt64
    /// The hart that executed the instruction; for a change of root the hart whose satp it is.
    public var hart: UInt8
    /// Guest-virtual address of the instruction, for what firmware does the ECALL's; for a device's or a debugger's write, of
    /// the hart's next one.
    public var pc: UInt64
    /// The 8-byte entry that was written; the page's first for `follow` and `unfollow`; 0 for `root`.
    public var entryAddress: GuestPhysicalAddress
    /// The levels at which the page is part of page tables: bit n for level n (0 = leaf level). 0 for `root`.
    public var levels: UInt8
    /// The entry, or satp, before and after; 0 where there is none.
    public var oldValue: UInt64
    public var newValue: UInt64
    /// Cached data translations that were dropped. Depends on the TLB's size, so a replay does not compare it.
    public var droppedCount: UInt32

    public init(
        kind: Kind, icount: UInt64, hart: UInt8, pc: UInt64, entryAddress: GuestPhysicalAddress, levels: UInt8,
        oldValue: UInt64, newValue: UInt64, droppedCount: UInt32
    ) {
        self.kind = kind
        self.icount = icount
        self.hart = hart
        self.pc = pc
        self.entryAddress = entryAddress
        self.levels = levels
        self.oldValue = oldValue
        self.newValue = newValue
        self.droppedCount = droppedCount
    }
}

extension TLBEvent {
    /// What an index keeps of the event beside its page: for an entry a bit for its run of eight, for a change of root the bits
    /// of both ASIDs modulo 64, for the rest everything.
    public var markDetail: UInt64 {
        switch kind {
        case .entry, .found: Self.detailBit(of: entryAddress)
        case .root: Self.detailBit(asidOf: oldValue) | Self.detailBit(asidOf: newValue)
        case .follow, .unfollow: .max
        }
    }

    public static func detailBit(of entry: GuestPhysicalAddress) -> UInt64 { 1 << (entry.rawValue >> 6 & 63) }

    public static func detailBit(asidOf satp: UInt64) -> UInt64 { 1 << (satp >> 44 & 63) }
}
