import GuestMemory

/// A page's entries of one index batch (docs/format.md, "Page history"), oldest first:
///
///     varint (epoch − previous epoch) << 2 | class, then for stored and duplicate a zigzag varint of the location less
///     the previous one
struct PagePosting {
    var epoch: UInt64
    var pageClass: PageClass
    /// `.absent` for `.unchanged`.
    var location: PageLocation
}

enum PagePostings {
    /// Gathers a batch by page, in page order.
    static func forEach(in batch: IndexBatch, _ body: (_ page: UInt64, _ postings: [UInt8]) -> Void) {
        struct Item {
            var page: UInt64
            var posting: PagePosting
        }
        var items: [Item] = []
        items.reserveCapacity(batch.entryCount)
        for (epoch, entries) in batch.epochs {
            for entry in entries {
                let posting = PagePosting(epoch: epoch, pageClass: entry.pageClass, location: entry.location)
                items.append(Item(page: entry.page, posting: posting))
            }
        }
        items.sort { ($0.page, $0.posting.epoch) < ($1.page, $1.posting.epoch) }
        var index = 0
        while index < items.count {
            let page = items[index].page
            var writer = ByteWriter(capacity: 64)
            var previous = PagePosting(epoch: 0, pageClass: .zero, location: .absent)
            while index < items.count, items[index].page == page {
                append(items[index].posting, after: &previous, to: &writer)
                index += 1
            }
            body(page, writer.bytes)
        }
    }

    private static func append(
        _ posting: PagePosting, after previous: inout PagePosting, to writer: inout ByteWriter
    ) {
        writer.appendVarint((posting.epoch - previous.epoch) << 2 | posting.pageClass.rawValue)
        previous.epoch = posting.epoch
        guard posting.pageClass == .stored || posting.pageClass == .duplicate else { return }
        writer.appendZigzag(Int64(bitPattern: posting.location.rawValue &- previous.location.rawValue))
        previous.location = posting.location
    }

    /// nil when malformed.
    static func decode(_ bytes: UnsafeRawBufferPointer) -> [PagePosting]? {
        var reader = ByteReader(bytes)
        var postings: [PagePosting] = []
        var epoch: UInt64 = 0
        var location: UInt64 = 0
        while !reader.isAtEnd {
            guard let value = reader.readVarint(), let pageClass = PageClass(rawValue: value & 3) else { return nil }
            epoch = epoch &+ value >> 2
            var own = PageLocation.absent
            switch pageClass {
            case .zero: own = .zero
            case .unchanged: break
            case .stored, .duplicate:
                guard let difference = reader.readZigzag() else { return nil }
                location = location &+ UInt64(bitPattern: difference)
                own = PageLocation(rawValue: location)
            }
            postings.append(PagePosting(epoch: epoch, pageClass: pageClass, location: own))
        }
        return postings
    }
}
