import GuestMemory
import RISCV

/// A run of guest-virtual addresses that lead to a run of RAM.
struct GuestMapping: Equatable {
    var virtual: GuestVirtualAddress
    var physical: GuestPhysicalAddress
    /// A multiple of 4096.
    var byteCount: UInt64
    /// R, W and X as in the leaves (`PTE.read`, `.write`, `.execute`).
    var rights: UInt64
}

/// Everything that a guest's page table maps to RAM (Privileged Architecture, 4.4 to 4.6), neighbours joined, in rising order.
///
/// The table is whatever the guest made it: tables may contain themselves or each other, so the number of tables read and
/// of runs found is bounded. The upper half, where kernels are, is walked first. Leaves outside RAM are left out, and what
/// reaches beyond it is cut off.
struct GuestMappings {
    private(set) var runs: [GuestMapping] = []
    /// False when a bound was met.
    private(set) var isComplete = true

    /// 4 KiB leaves for 128 GiB; a table counts each time a walk comes by it.
    static let tableVisitCountMax = 1 << 16
    static let runCountMax = 1 << 17

    private let ram: Range<UInt64>
    private var visitCount = 0

    /// - Parameters:
    ///   - satp: the root. No runs where it translates nothing.
    ///   - read: copies a page of RAM to where it is told.
    init(
        satp: UInt64, ram: Range<UInt64>, read: (GuestPhysicalPage, UnsafeMutableRawPointer) throws -> Void
    ) rethrows {
        self.ram = ram
        // Sv39, Sv48, Sv57.
        guard let levelCount = [8: 3, 9: 4, 10: 5][satp >> 60] else { return }
        let root = GuestPhysicalPage(satp & 0xfff_ffff_ffff)
        guard isMemory(root) else { return }
        let tables = UnsafeMutablePointer<UInt64>.allocate(capacity: levelCount * 512)
        defer { tables.deallocate() }
        try walk(root, levelCount, tables, read)
        runs.sort { $0.virtual < $1.virtual }
    }

    /// - Parameter tables: room for a table a level: the path from the root to where the walk is.
    private mutating func walk(
        _ root: GuestPhysicalPage, _ levelCount: Int, _ tables: UnsafeMutablePointer<UInt64>,
        _ read: (GuestPhysicalPage, UnsafeMutableRawPointer) throws -> Void
    ) rethrows {
        let top = levelCount - 1
        var level = top
        var nextIndices = [Int](repeating: 0, count: levelCount)
        var bases = [UInt64](repeating: 0, count: levelCount)
        try read(root, tables + top * 512)
        while level <= top {
            guard nextIndices[level] < 512 else {
                level += 1
                continue
            }
            let index = level == top ? nextIndices[level] ^ 256 : nextIndices[level]
            nextIndices[level] += 1
            let entry = tables[level * 512 + index]
            if entry & PTE.valid == 0 { continue }
            let virtual = bases[level] | UInt64(index) << UInt64(12 + 9 * level)
            if level > 0, PTE.isPointer(entry) {
                let table = GuestPhysicalPage(PTE.pageNumber(entry))
                guard isMemory(table) else { continue }
                guard visitCount < Self.tableVisitCountMax else { return isComplete = false }
                visitCount += 1
                level -= 1
                (nextIndices[level], bases[level]) = (0, virtual)
                try read(table, tables + level * 512)
            } else if let leaf = GuestTranslation(leaf: entry, level: level) {
                add(leaf, at: Self.signExtended(virtual, levelCount))
                if runs.count > Self.runCountMax {
                    runs.removeLast()
                    return isComplete = false
                }
            }
        }
    }

    private mutating func add(_ leaf: GuestTranslation, at virtual: UInt64) {
        let frame = leaf.frame.rawValue
        let piece = (frame..<frame + GuestTranslation.byteCount(leaf.level)).clamped(to: ram)
        guard !piece.isEmpty else { return }
        let run = GuestMapping(
            virtual: GuestVirtualAddress(virtual + (piece.lowerBound - frame)),
            physical: GuestPhysicalAddress(piece.lowerBound), byteCount: UInt64(piece.count),
            rights: leaf.flags & (PTE.read | PTE.write | PTE.execute))
        // Address 0 follows the last one in the order of the walk only.
        guard let last = runs.last, last.rights == run.rights, last.virtual < run.virtual,
            last.virtual + last.byteCount == run.virtual, last.physical + last.byteCount == run.physical
        else { return runs.append(run) }
        runs[runs.count - 1].byteCount += run.byteCount
    }

    private func isMemory(_ page: GuestPhysicalPage) -> Bool { ram.contains(page.number << pageShift) }

    private static func signExtended(_ address: UInt64, _ levelCount: Int) -> UInt64 {
        let unusedBits = Int64(64 - (12 + 9 * levelCount))
        return UInt64(bitPattern: Int64(bitPattern: address << UInt64(unusedBits)) >> unusedBits)
    }
}
