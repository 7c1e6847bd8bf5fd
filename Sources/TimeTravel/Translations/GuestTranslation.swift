import GuestMemory
import RISCV

/// Where a guest-virtual address leads, by the leaf of the guest's page table.
public struct GuestTranslation: Equatable, Sendable {
    /// The first address of the frame that the leaf names.
    public var frame: GuestPhysicalAddress
    /// The leaf's level: 0 for 4 KiB, 1 for 2 MiB, 2 for 1 GiB, 3 for 512 GiB.
    public var level: Int
    /// The low eight bits of the entry: V R W X U G A D from bit 0 on.
    public var flags: UInt64

    /// nil where the entry is no leaf that a walk accepts at its level.
    init?(leaf entry: UInt64, level: Int) {
        guard PTE.isLeaf(entry) else { return nil }
        let base = PTE.pageNumber(entry) << pageShift
        guard base & (Self.byteCount(level) - 1) == 0 else { return nil }
        (frame, self.level, flags) = (GuestPhysicalAddress(base), level, entry & 0xff)
    }

    static func byteCount(_ level: Int) -> UInt64 { 1 << UInt64(12 + 9 * level) }

    /// 4K, 2M, 1G or 512G.
    public var size: String { ["4K", "2M", "1G", "512G"][level] }

    /// `RWXUAD`, a hyphen for each that is missing; `G` follows where the mapping is global.
    public var permissions: String {
        let letters: [(Character, UInt64)] = [
            ("R", PTE.read), ("W", PTE.write), ("X", PTE.execute), ("U", PTE.user), ("A", PTE.accessed),
            ("D", PTE.dirty),
        ]
        return String(letters.map { flags & $0.1 != 0 ? $0.0 : "-" }) + (flags & PTE.global != 0 ? "G" : "")
    }

    /// The same, with the A and D that walks set left aside.
    func isSame(as other: GuestTranslation, ignoring bits: UInt64) -> Bool {
        frame == other.frame && level == other.level && flags | bits == other.flags | bits
    }
}

extension GuestTranslation: CustomStringConvertible {
    /// `0x82003000 4K RW-UAD`.
    public var description: String { "\(frame) \(size) \(permissions)" }
}

/// A change of the translation of a guest-virtual address.
public struct TranslationChange: Equatable, Sendable {
    public enum Cause: Equatable, Sendable {
        /// A store changed the entry at an address, at a level of the page table (0 holds leaves of 4 KiB).
        case store(entry: GuestPhysicalAddress, level: Int)
        /// A hart wrote satp.
        case root
        /// The page table came into use with its first walk, or is none any longer. Its page is named.
        case use(GuestPhysicalPage)
    }

    /// Before the instruction that made the change: one step on, it is made.
    public var position: ResolvedPosition
    public var hart: Int
    /// Guest-virtual address of the instruction, for what firmware does the ECALL's; of the hart's next one when a device or a
    /// debugger wrote.
    public var pc: GuestVirtualAddress
    public var cause: Cause
    /// The root in force after the change.
    public var satp: UInt64
    /// nil: not mapped.
    public var old: GuestTranslation?
    public var new: GuestTranslation?
}
