#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Why guest memory could not be set up or read.
public enum GuestMemoryError: Error, CustomStringConvertible {
    case invalidSize(bytes: UInt64)
    case hostMemoryExhausted(bytes: UInt64)
    case outsideMemory(GuestPhysicalAddress, count: Int)

    public var description: String {
        switch self {
        case .invalidSize(let bytes):
            "a guest memory of \(bytes) bytes is not a multiple of 4096 between 1 MiB and 1 TiB"
        case .hostMemoryExhausted(let bytes): "the host cannot give \(bytes) bytes of address space for guest memory"
        case .outsideMemory(let address, let count): "\(count) bytes at \(address) are outside the guest's memory"
        }
    }
}

/// The guest's RAM: frames of host memory that appear on first touch, reached through the nested page table.
///
/// Every access that the guest can notice goes through a leaf of the table, so that A, D and T are complete. What does
/// not count as an access of the guest (checkpoint copies, digests) uses `peek`.
///
/// Not here: translation of guest-virtual addresses (RISCV), what happens to the pages found dirty (Checkpointing).
public final class GuestMemory {
    /// First address of RAM.
    public let base: GuestPhysicalAddress
    /// Bytes of RAM.
    public let byteCount: UInt64
    public let firstPage: UInt64
    public let pageCount: UInt64

    /// Host address of RAM; the frame of page `firstPage + n` lies at `ram + n * 4096`.
    let ram: UnsafeMutableRawPointer
    let table: NestedPageTable
    /// For every run of 512 pages the table of their leaves, once it has been reached since the last scan; then A is set on
    /// all levels above it. Saves most walks three levels. nil entries mean: walk.
    @usableFromInline
    let reachedTables: UnsafeMutablePointer<UnsafeMutablePointer<UInt64>?>
    let reachedTableCount: Int
    /// For every run a bit for each 8 of its leaves, set with A of one of them: a scan looks at these only.
    @usableFromInline
    let reachedGroups: UnsafeMutablePointer<UInt64>
    /// Lowest page number of the first run.
    @usableFromInline
    let firstRunPage: UInt64
    /// Nanoseconds that a scan must be expected to take for threads to share it (docs/decisions/shared-scan.md). Tests set it.
    var sharedScanMin_ns = 1_000_000
    /// Of the scan under way: the runs to look at.
    let touchedRuns: UnsafeMutablePointer<TouchedRun>
    let dirtyList: UnsafeMutablePointer<UInt64>
    /// Pages whose D went from 0 to 1 since the last scan. By pointer: it is counted on every first store to a page.
    @usableFromInline
    let dirtyCounter: UnsafeMutablePointer<Int>

    /// Called before a write-protected page is written, with its content still as it was (requirement 9). Without it such a
    /// write is simply permitted.
    public var onProtectedWrite: ((_ page: GuestPhysicalPage, _ content: UnsafeRawPointer) -> Void)?

    /// Gives a page's content on first touch: fills the 4096 zeroed bytes, or leaves them. A failure is kept in
    /// `fetchFailure`; whoever runs the guest must look there before it trusts the result.
    public var source: ((GuestPhysicalPage, UnsafeMutableRawPointer) throws -> Void)?
    /// The first error of `source`; the machine's state is worthless from there on.
    public private(set) var fetchFailure: (any Error)?

    /// - Parameter byteCount: a multiple of 4096, 1 MiB ... 1 TiB.
    public init(base: GuestPhysicalAddress, byteCount: UInt64) throws {
        guard byteCount % UInt64(pageSize) == 0, (1 << 20)...(1 << 40) ~= byteCount else {
            throw GuestMemoryError.invalidSize(bytes: byteCount)
        }
        precondition(base.offsetInPage == 0)
        self.base = base
        self.byteCount = byteCount
        firstPage = base.page.number
        pageCount = byteCount >> pageShift
        firstRunPage = firstPage & ~511
        reachedTableCount = Int((firstPage + pageCount - firstRunPage + 511) >> 9)
        // Room for 512 pages a run: parts of a scan write where their run begins.
        let listCapacity = UInt64(reachedTableCount) * 512
        ram = try HostMemory.reserve(byteCount: Int(byteCount))
        let list = try HostMemory.reserve(byteCount: Int(listCapacity) * 8)
        dirtyList = list.bindMemory(to: UInt64.self, capacity: Int(listCapacity))
        table = NestedPageTable()
        dirtyCounter = .allocate(capacity: 1)
        dirtyCounter.initialize(to: 0)
        reachedTables = .allocate(capacity: reachedTableCount)
        reachedTables.initialize(repeating: nil, count: reachedTableCount)
        reachedGroups = .allocate(capacity: reachedTableCount)
        reachedGroups.initialize(repeating: 0, count: reachedTableCount)
        touchedRuns = .allocate(capacity: reachedTableCount)
    }

    deinit {
        table.destroy()
        reachedTables.deallocate()
        reachedGroups.deallocate()
        touchedRuns.deallocate()
        dirtyCounter.deallocate()
        munmap(ram, Int(byteCount))
        munmap(dirtyList, reachedTableCount * 512 * 8)
    }

    @inlinable @inline(__always)
    public func contains(page: UInt64) -> Bool { page &- firstPage < pageCount }

    public func contains(_ address: GuestPhysicalAddress, count: Int) -> Bool {
        guard count >= 0, address >= base else { return false }
        let offset = address.rawValue - base.rawValue
        return offset <= byteCount && UInt64(count) <= byteCount - offset
    }

    @inline(__always)
    func frame(_ page: UInt64) -> UnsafeMutableRawPointer { ram + Int((page &- firstPage) << pageShift) }

    /// Where the frame of a RAM page is or will be. Never changes, so any thread may ask.
    public func frameAddress(of page: UInt64) -> UnsafeRawPointer {
        assert(contains(page: page))
        return UnsafeRawPointer(frame(page))
    }

    /// The leaf of a RAM page after an access by the guest: A is set on all levels and the frame exists.
    /// nil when the page is not RAM.
    @inlinable @inline(__always)
    public func leaf(_ page: UInt64) -> UnsafeMutablePointer<UInt64>? {
        guard contains(page: page) else { return nil }
        let run = Int(truncatingIfNeeded: (page &- firstRunPage) &>> 9)
        if let table = reachedTables[run] {
            let entry = table + Int(truncatingIfNeeded: page & 511)
            if entry.pointee & NestedFlags.addressMask != 0 {
                entry.pointee |= NestedFlags.accessed
                reachedGroups[run] |= Self.groupBit(page)
                return entry
            }
        }
        return reachLeaf(page)
    }

    /// Sets D of a page that is about to be written. To be called before the write, whoever writes: a page that is
    /// write-protected is dealt with here (requirement 9).
    @inlinable @inline(__always)
    public func markDirty(_ leaf: UnsafeMutablePointer<UInt64>) {
        if leaf.pointee & NestedFlags.dirty != 0 { return }
        if leaf.pointee & NestedFlags.write == 0 { permitWrite(leaf) }
        leaf.pointee |= NestedFlags.dirty
        dirtyCounter.pointee &+= 1
    }

    /// Pages written since the last scan.
    public var dirtyPageCount: Int { dirtyCounter.pointee }

    @usableFromInline @inline(never)
    func reachLeaf(_ page: UInt64) -> UnsafeMutablePointer<UInt64> {
        let entry = table.leafMarkingAccess(page)
        reachedTables[Int((page - firstRunPage) >> 9)] = entry - Int(page & 511)
        if entry.pointee & NestedFlags.addressMask == 0 { materialise(entry, page) }
        entry.pointee |= NestedFlags.accessed
        reachedGroups[Int((page - firstRunPage) >> 9)] |= Self.groupBit(page)
        return entry
    }

    /// The bit of a page's group of 8 in `reachedGroups`.
    @inlinable @inline(__always)
    static func groupBit(_ page: UInt64) -> UInt64 { 1 &<< ((page &>> 3) & 63) }

    @inlinable @inline(__always)
    public static func hostAddress(_ leaf: UInt64) -> UnsafeMutableRawPointer {
        UnsafeMutableRawPointer(bitPattern: UInt(leaf & NestedFlags.addressMask)).unsafelyUnwrapped
    }

    @inline(never)
    private func materialise(_ entry: UnsafeMutablePointer<UInt64>, _ page: UInt64) {
        let frame = frame(page)
        entry.pointee |=
            UInt64(UInt(bitPattern: frame)) | NestedFlags.read | NestedFlags.write | NestedFlags.execute
        guard let source else { return }
        do {
            try source(GuestPhysicalPage(page), frame)
        } catch {
            if fetchFailure == nil { fetchFailure = error }
        }
    }

    /// The frame of a page, fetched if need be, without any mark: for checkpoints, digests and inspection. nil when the
    /// page is not RAM, or was never touched and no source holds it (it reads as zeros).
    public func peek(_ page: GuestPhysicalPage) -> UnsafeRawPointer? {
        guard contains(page: page.number) else { return nil }
        if let entry = table.leafIfPresent(page.number), entry.pointee & NestedFlags.addressMask != 0 {
            return UnsafeRawPointer(Self.hostAddress(entry.pointee))
        }
        guard source != nil else { return nil }
        let entry = table.leafWithoutMark(page.number)
        materialise(entry, page.number)
        return UnsafeRawPointer(Self.hostAddress(entry.pointee))
    }

    /// The leaf entry of a page that has a frame, as it stands, without a mark: for checks.
    public func inspectLeaf(_ page: GuestPhysicalPage) -> UInt64? {
        guard contains(page: page.number), let entry = table.leafIfPresent(page.number),
            entry.pointee & NestedFlags.addressMask != 0
        else { return nil }
        return entry.pointee
    }

    /// Whether a page has a frame already (touched, or fetched).
    public func isPresent(_ page: GuestPhysicalPage) -> Bool {
        guard let entry = table.leafIfPresent(page.number) else { return false }
        return entry.pointee & NestedFlags.addressMask != 0
    }
}
