import GuestMemory

/// A note that an epoch did something about a page, other than writing it. What it means is the caller's; the store finds
/// the epochs again.
public struct PageMark: Equatable, Sendable, BitwiseCopyable {
    /// Below 2^47.
    public var page: UInt64
    /// 64 bits of detail, by which a reader can pass over epochs that do not concern it.
    public var detail: UInt64

    public init(page: UInt64, detail: UInt64) {
        self.page = page
        self.detail = detail
    }
}

/// A page mark as found again.
public struct PageMarkEpoch: Equatable, Sendable {
    public var epoch: UInt64
    public var detail: UInt64
}

/// An epoch's marks as bytes, and a page's marks of one index batch (docs/format.md, "Page marks").
enum PageMarks {
    /// Marks share the history's key space with postings: their pages have this bit.
    static let keyBit: UInt64 = 1 << 47

    static func encode(_ marks: [PageMark]) -> [UInt8] {
        var writer = ByteWriter(capacity: marks.count * 6)
        var next: UInt64 = 0
        for mark in marks {
            writer.appendVarint(mark.page - next)
            writer.appendVarint(mark.detail)
            next = mark.page + 1
        }
        return writer.bytes
    }

    /// nil when malformed.
    static func decode(_ bytes: [UInt8]) -> [PageMark]? {
        bytes.withUnsafeBytes { bytes in
            var reader = ByteReader(bytes)
            var marks: [PageMark] = []
            var next: UInt64 = 0
            while !reader.isAtEnd {
                guard let gap = reader.readVarint(), let detail = reader.readVarint(), gap < keyBit, next + gap < keyBit
                else { return nil }
                marks.append(PageMark(page: next + gap, detail: detail))
                next += gap + 1
            }
            return marks
        }
    }

    /// Gathers a batch's marks by page, in page order.
    static func forEach(in batch: IndexBatch, _ body: (_ page: UInt64, _ postings: [UInt8]) -> Void) {
        var items: [(page: UInt64, epoch: UInt64, detail: UInt64)] = []
        for (epoch, marks) in batch.marks { items += marks.map { ($0.page, epoch, $0.detail) } }
        items.sort { ($0.page, $0.epoch) < ($1.page, $1.epoch) }
        var index = 0
        while index < items.count {
            let page = items[index].page
            var writer = ByteWriter(capacity: 64)
            var previous: UInt64 = 0
            while index < items.count, items[index].page == page {
                writer.appendVarint(items[index].epoch - previous)
                writer.appendVarint(items[index].detail)
                previous = items[index].epoch
                index += 1
            }
            body(page, writer.bytes)
        }
    }

    /// A page's marks of one index batch, oldest first; nil when malformed.
    static func decodePostings(_ bytes: UnsafeRawBufferPointer) -> [PageMarkEpoch]? {
        var reader = ByteReader(bytes)
        var marks: [PageMarkEpoch] = []
        var epoch: UInt64 = 0
        while !reader.isAtEnd {
            guard let gap = reader.readVarint(), let detail = reader.readVarint() else { return nil }
            epoch = epoch &+ gap
            marks.append(PageMarkEpoch(epoch: epoch, detail: detail))
        }
        return marks
    }
}

extension StoreCore {
    /// An epoch's marks, in page order.
    ///
    /// - Throws: `HistoryStoreError.damaged`.
    func pageMarks(of record: Palimpsest_History_V1_EpochRecord) throws -> [PageMark] {
        guard record.hasPageMarks else { return [] }
        guard let marks = PageMarks.decode(try decode(\.pageMarks, of: record)) else {
            throw HistoryStoreError.damaged(
                what: "the page marks of epoch \(record.epoch) of timeline number \(record.timelineID) are malformed")
        }
        return marks
    }
}
