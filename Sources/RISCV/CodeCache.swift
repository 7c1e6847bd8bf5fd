import GuestMemory

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The decoded instructions of one guest-physical page.
struct CodePage {
    /// Blocks by the halfword at which they begin.
    let blocks: UnsafeMutablePointer<UnsafeMutablePointer<Block>?>
    /// Which of the page's 64 runs of 64 bytes hold decoded instructions.
    var decodedLines: UInt64 = 0
    /// The block of the one instruction that begins in the page's last halfword and ends in the next page, and its bits.
    var crossing: UnsafeMutablePointer<Block>?
    var crossingWord: UInt32 = 0

    static let slotCount = pageSize / 2

    init() {
        blocks = .allocate(capacity: Self.slotCount)
        blocks.initialize(repeating: nil, count: Self.slotCount)
    }

    mutating func clear() {
        blocks.update(repeating: nil, count: Self.slotCount)
        decodedLines = 0
        crossing = nil
    }
}

/// Decoded blocks by guest-physical address, shared by all harts.
///
/// Stale code is impossible: a page with decoded instructions carries `NestedFlags.decodedCode`, no translation lets a
/// plain store reach it, and the store's slow path drops what it overwrites. FENCE.I therefore has nothing to do.
final class CodeCache {
    private static let arenaByteCount = 128 << 20
    /// A `CodePage` costs 16 KiB, and a guest can execute every page it has: 256 MiB at most go to them.
    private static let livePageCountMax = 16_384

    let arena: UnsafeMutableRawPointer
    private var used = 0
    /// How often everything was dropped: pointers to blocks from before are worthless.
    private(set) var clearCount = 0
    private let pages: UnsafeMutablePointer<UnsafeMutablePointer<CodePage>?>
    let memory: GuestMemory
    private let slotCount: Int
    /// Pages that have a `CodePage`, as offsets in `pages`.
    private var livePages: [Int] = []

    init(memory: GuestMemory) {
        self.memory = memory
        slotCount = Int(memory.pageCount)
        pages = .allocate(capacity: slotCount)
        pages.initialize(repeating: nil, count: slotCount)
        // Address space only; the host gives memory as blocks are written.
        let flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE
        guard let arena = mmap(nil, Self.arenaByteCount, PROT_READ | PROT_WRITE, flags, -1, 0), arena != MAP_FAILED
        else { fatalError("the host has no \(Self.arenaByteCount) bytes of address space for decoded code") }
        self.arena = arena
    }

    deinit {
        freePages()
        pages.deallocate()
        munmap(arena, Self.arenaByteCount)
    }

    @inline(__always)
    func offset(of block: UnsafeMutablePointer<Block>) -> UInt32 {
        UInt32(truncatingIfNeeded: (UnsafeMutableRawPointer(block) - arena) >> 3)
    }

    private func freePages() {
        for index in livePages {
            pages[index]?.pointee.blocks.deallocate()
            pages[index]?.deallocate()
            pages[index] = nil
        }
        livePages.removeAll(keepingCapacity: true)
    }

    /// Whether a block of the greatest length still fits, and the two pages that it may touch.
    var hasRoom: Bool {
        used + Block.byteSize(recordCount: Block.instructionCountMax + 1) + 8 <= Self.arenaByteCount
            && livePages.count + 2 <= Self.livePageCountMax
    }

    /// Room for a block in the arena; only after `hasRoom`.
    func allocate(recordCount: Int) -> UnsafeMutablePointer<Block> {
        let block = Block.place(at: arena + used, recordCount: recordCount)
        used += (Block.byteSize(recordCount: recordCount) + 7) & ~7
        return block
    }

    /// The decoded instructions of a page of RAM, if there are any.
    func existingPage(_ page: UInt64) -> UnsafeMutablePointer<CodePage>? { pages[Int(page - memory.firstPage)] }

    /// The numbers of the pages that have a `CodePage`.
    var liveNumbers: [UInt64] { livePages.map { memory.firstPage + UInt64($0) } }

    func codePage(_ page: UInt64) -> UnsafeMutablePointer<CodePage> {
        let index = Int(page - memory.firstPage)
        if let existing = pages[index] { return existing }
        let new = UnsafeMutablePointer<CodePage>.allocate(capacity: 1)
        new.initialize(to: CodePage())
        pages[index] = new
        livePages.append(index)
        return new
    }

    /// Drops the decoded instructions of a page if any of `byteCount` bytes at `offset` was decoded.
    /// - Returns: whether anything was dropped; every jump cache must then be flushed.
    func invalidate(page: UInt64, leaf: UnsafeMutablePointer<UInt64>, offset: Int, byteCount: Int) -> Bool {
        guard let code = pages[Int(page - memory.firstPage)] else {
            // Left from before everything was dropped.
            leaf.pointee &= ~NestedFlags.decodedCode
            return false
        }
        let first = offset >> 6
        let last = (offset + byteCount - 1) >> 6
        var mask: UInt64 = 0
        for line in first...last { mask |= 1 << UInt64(line) }
        guard code.pointee.decodedLines & mask != 0 else { return false }
        code.pointee.clear()
        leaf.pointee &= ~NestedFlags.decodedCode
        return true
    }

    /// Drops everything, when there is no room left. Every jump cache must then be flushed, and no `CodePage` from before
    /// may be touched.
    func clear() {
        freePages()
        used = 0
        clearCount += 1
    }
}
