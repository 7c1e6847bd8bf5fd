import GuestMemory

/// Where the content of every page is at one epoch. Immutable once handed out; may be used from any thread.
///
///     page number ──▶ chunk of 4096 pages (present when one of them is) ──▶ 8-byte location
public final class PageMap: @unchecked Sendable {
    private static let chunkShift: UInt64 = 12
    private static let chunkPages = 1 << Int(chunkShift)

    private var slots: UnsafeMutablePointer<UInt64>
    private var capacity: Int
    private var chunkSlots: [UInt64: Int]

    /// Pages that are not `.absent`.
    public private(set) var pageCount: Int

    init() {
        slots = .allocate(capacity: 0)
        capacity = 0
        chunkSlots = [:]
        pageCount = 0
    }

    init(copying other: PageMap) {
        capacity = other.chunkSlots.count
        slots = .allocate(capacity: capacity * Self.chunkPages)
        slots.update(from: other.slots, count: capacity * Self.chunkPages)
        chunkSlots = other.chunkSlots
        pageCount = other.pageCount
    }

    deinit { slots.deallocate() }

    /// `.absent` when the page was never written.
    public func location(of page: GuestPhysicalPage) -> PageLocation {
        guard let slot = chunkSlots[page.number >> Self.chunkShift] else { return .absent }
        return PageLocation(rawValue: slots[slot << Int(Self.chunkShift) | Int(page.number & 0xfff)])
    }

    /// Visits the pages that are not `.absent`, in rising order.
    public func forEach(_ body: (GuestPhysicalPage, PageLocation) throws -> Void) rethrows {
        for (chunk, slot) in chunkSlots.sorted(by: { $0.key < $1.key }) {
            let first = slots + slot << Int(Self.chunkShift)
            for index in 0..<Self.chunkPages where first[index] != 0 {
                let page = GuestPhysicalPage(chunk << Self.chunkShift | UInt64(index))
                try body(page, PageLocation(rawValue: first[index]))
            }
        }
    }

    func set(_ page: UInt64, _ location: PageLocation) {
        let slot = chunkSlots[page >> Self.chunkShift] ?? addChunk(page >> Self.chunkShift)
        let index = slot << Int(Self.chunkShift) | Int(page & 0xfff)
        if slots[index] == 0 { pageCount += 1 }
        slots[index] = location.rawValue
        if location == .absent { pageCount -= 1 }
    }

    /// Makes this the map at the end of `record`'s epoch, from that at its beginning.
    func apply(_ record: Palimpsest_History_V1_EpochRecord) throws {
        try record.forEachDirtyPage { page, pageClass, location in
            if pageClass != .unchanged { set(page, location) }
        }
    }

    private func addChunk(_ chunk: UInt64) -> Int {
        let slot = chunkSlots.count
        if slot == capacity {
            let larger = max(capacity * 2, 16)
            let moved = UnsafeMutablePointer<UInt64>.allocate(capacity: larger * Self.chunkPages)
            moved.update(from: slots, count: slot * Self.chunkPages)
            slots.deallocate()
            slots = moved
            capacity = larger
        }
        (slots + slot * Self.chunkPages).initialize(repeating: 0, count: Self.chunkPages)
        chunkSlots[chunk] = slot
        return slot
    }
}

// MARK: - On disk (docs/format.md, "Page map")

extension PageMap {
    func encoded() -> Palimpsest_History_V1_PageMapRecord {
        var gaps = ByteWriter(capacity: pageCount * 2)
        var locations = ByteWriter(capacity: pageCount * 4)
        var nextPage: UInt64 = 0
        var expected: UInt64 = 0
        forEach { page, location in
            gaps.appendVarint(page.number - nextPage)
            nextPage = page.number + 1
            // Neighbours are often stored one after the other, as the base image was.
            locations.appendZigzag(Int64(bitPattern: location.rawValue &- expected))
            expected = location.rawValue + 1
        }
        let plain = gaps.bytes + locations.bytes
        return .with {
            $0.pageCount = UInt64(pageCount)
            $0.byteCount = UInt64(plain.count)
            $0.encoded = .init(Zstd.compress(plain, level: 1))
        }
    }

    /// nil when the record is malformed.
    convenience init?(_ record: Palimpsest_History_V1_PageMapRecord) {
        self.init()
        let plain = [UInt8](record.encoded).withUnsafeBytes {
            Zstd.decompress($0, byteCount: Int(truncatingIfNeeded: record.byteCount))
        }
        guard let plain, record.pageCount <= plain.count / 2 else { return nil }
        let filled = plain.withUnsafeBytes { fill(count: Int(record.pageCount), $0) }
        guard filled else { return nil }
    }

    private func fill(count: Int, _ plain: UnsafeRawBufferPointer) -> Bool {
        var gaps = ByteReader(plain)
        var locations = ByteReader(plain)
        for _ in 0..<count where locations.readVarint() == nil { return false }
        var nextPage: UInt64 = 0
        var expected: UInt64 = 0
        for _ in 0..<count {
            guard let gap = gaps.readVarint(), let difference = locations.readZigzag(), gap < 1 << 52,
                nextPage < 1 << 52
            else { return false }
            let page = nextPage + gap
            let location = expected &+ UInt64(bitPattern: difference)
            guard location != 0 else { return false }
            set(page, PageLocation(rawValue: location))
            nextPage = page + 1
            expected = location &+ 1
        }
        return locations.isAtEnd
    }
}
