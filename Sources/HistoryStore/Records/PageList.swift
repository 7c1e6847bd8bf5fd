import GuestMemory

/// What became of a dirty page: the low two bits of its entry in a page list.
enum PageClass: UInt64 {
    /// The next entry of the epoch's segments.
    case stored = 0
    /// The same content, so the same location as before.
    case unchanged = 1
    case zero = 2
    /// Content that is in the store already; its location follows.
    case duplicate = 3
}

/// Writes an epoch's dirty set (docs/format.md, "Page list"): pages in rising order, one to two bytes each.
struct PageListWriter: ~Copyable {
    private var bytes = ByteWriter(capacity: 4096)
    private var nextPage: UInt64 = 0
    private var expectedDuplicate: UInt64 = 0
    var counts = PageCounts()

    /// - Parameter location: read for `.duplicate` only.
    mutating func add(page: UInt64, _ pageClass: PageClass, location: PageLocation) {
        bytes.appendVarint((page - nextPage) << 2 | pageClass.rawValue)
        nextPage = page + 1
        if pageClass == .duplicate {
            // A machine recorded twice refers to the first recording's pages in their order.
            bytes.appendZigzag(Int64(bitPattern: location.rawValue &- expectedDuplicate))
            expectedDuplicate = location.rawValue + 1
        }
    }

    consuming func finish() -> Palimpsest_History_V1_PageList {
        let plain = bytes.bytes
        let compressed = plain.count > 64 ? Zstd.compress(plain) : plain
        return .with {
            $0.byteCount = UInt32(plain.count)
            $0.encoded = .init(compressed.count < plain.count ? compressed : plain)
            $0.keyframeCount = UInt32(counts.keyframes)
            $0.deltaCount = UInt32(counts.deltas)
            $0.zeroCount = UInt32(counts.zero)
            $0.duplicateCount = UInt32(counts.duplicates)
            $0.unchangedCount = UInt32(counts.unchanged)
        }
    }
}

extension PageCounts {
    init(_ list: Palimpsest_History_V1_PageList) {
        keyframes = Int(list.keyframeCount)
        deltas = Int(list.deltaCount)
        zero = Int(list.zeroCount)
        duplicates = Int(list.duplicateCount)
        unchanged = Int(list.unchangedCount)
    }
}

extension Palimpsest_History_V1_EpochRecord {
    /// Visits the dirty set in page order. `location` is `.absent` for `.unchanged`, which the list does not repeat.
    ///
    /// - Throws: `HistoryStoreError.damaged`, and what `body` throws.
    func forEachDirtyPage(
        _ body: (_ page: UInt64, _ pageClass: PageClass, _ location: PageLocation) throws -> Void
    ) throws {
        let plain = try plainPageList()
        try plain.withUnsafeBytes { bytes in
            var reader = ByteReader(bytes)
            var nextPage: UInt64 = 0
            var expectedDuplicate: UInt64 = 0
            var segmentIndex = 0
            var entry: UInt32 = 0
            while !reader.isAtEnd {
                guard let value = reader.readVarint(), let pageClass = PageClass(rawValue: value & 3) else {
                    throw damagedPageList
                }
                let page = nextPage &+ value >> 2
                nextPage = page &+ 1
                var location = PageLocation.absent
                switch pageClass {
                case .unchanged: break
                case .zero: location = .zero
                case .duplicate:
                    guard let difference = reader.readZigzag() else { throw damagedPageList }
                    location = PageLocation(rawValue: expectedDuplicate &+ UInt64(bitPattern: difference))
                    expectedDuplicate = location.rawValue &+ 1
                case .stored:
                    if segmentIndex < segments.count, entry == segments[segmentIndex].entryCount {
                        segmentIndex += 1
                        entry = 0
                    }
                    guard segmentIndex < segments.count, entry < segments[segmentIndex].entryCount else {
                        throw damagedPageList
                    }
                    location = PageLocation(segment: segments[segmentIndex].number, entry: Int(entry))
                    entry += 1
                }
                try body(page, pageClass, location)
            }
        }
    }

    private var damagedPageList: HistoryStoreError {
        .damaged(what: "the page list of epoch \(epoch) of timeline number \(timelineID) is malformed")
    }

    private func plainPageList() throws -> [UInt8] {
        let encoded = [UInt8](pages.encoded)
        if encoded.count == Int(pages.byteCount) { return encoded }
        guard let plain = encoded.withUnsafeBytes({ Zstd.decompress($0, byteCount: Int(pages.byteCount)) }) else {
            throw damagedPageList
        }
        return plain
    }
}
