import Crypto
import GuestMemory

/// A segment as read back: its bytes and its page table, unpacked for access by entry. Immutable.
///
/// Nothing in it is trusted: sizes and offsets are checked here, content is checked by each page's hash.
final class Segment: @unchecked Sendable {
    struct Entry {
        var page: UInt64
        var kind: SegmentFormat.PayloadKind
        var versionIndex: Int
        /// `.absent` for a keyframe.
        var base: PageLocation
        var hash: PageHash
        /// Where in the segment the payload begins, and its length.
        var payloadOffset: Int
        var payloadByteCount: Int
        /// Bytes of the entry in the page table.
        var tableByteCount: Int
        /// Collected: no checkpoint has this version any longer, and nothing of it is left.
        var isGone = false

        static let gone = Entry(
            page: 0, kind: .raw, versionIndex: 0, base: .absent, hash: .zeroPage, payloadOffset: 0, payloadByteCount: 0,
            tableByteCount: 0, isGone: true)
    }

    let number: UInt64
    let timeline: UInt32
    let epoch: UInt64
    let content: SegmentFormat.Content
    let entries: [Entry]
    let byteCount: Int
    /// The hash that the segment ended with before collection rewrote it; nil when it is as it was written.
    let originalHash: [UInt8]?
    private let bytes: UnsafeMutableRawPointer
    private let payloadRange: Range<Int>

    /// Copies and unpacks a segment.
    ///
    /// - Throws: `HistoryStoreError.damaged`, `.newerFormat`.
    init(number: UInt64, copying source: UnsafeRawBufferPointer) throws {
        let header = try SegmentHeader(number: number, source)
        self.number = number
        timeline = header.timeline
        epoch = header.epoch
        content = header.content
        byteCount = source.count
        originalHash = header.originalHash
        let payloadStart = header.byteCount + header.tableByteCount
        payloadRange = payloadStart..<payloadStart + header.payloadByteCount
        entries = try Self.unpack(
            header, UnsafeRawBufferPointer(rebasing: source[header.byteCount..<payloadStart]))
        bytes = .allocate(byteCount: max(source.count, 1), alignment: 16)
        bytes.copyMemory(from: source.baseAddress!, byteCount: source.count)
    }

    deinit { bytes.deallocate() }

    func payload(of entry: Entry) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: bytes + entry.payloadOffset, count: entry.payloadByteCount)
    }

    /// The content of a segment that holds a blob.
    var blob: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: bytes + payloadRange.lowerBound, count: payloadRange.count)
    }

    /// The hash that ends the segment, and whether it is that of the bytes before.
    var recordedHash: [UInt8] {
        [UInt8](UnsafeRawBufferPointer(start: bytes + payloadRange.upperBound, count: SegmentFormat.hashByteCount))
    }
    /// Whether this is the segment that a manifest refers to, rewritten or not.
    func isOriginally(_ hash: [UInt8]) -> Bool { (originalHash ?? recordedHash) == hash }

    func matchesItsHash() -> Bool {
        var hasher = SHA256()
        hasher.update(bufferPointer: UnsafeRawBufferPointer(start: bytes, count: payloadRange.upperBound))
        return hasher.finalize().elementsEqual(recordedHash)
    }

    private static func unpack(_ header: SegmentHeader, _ table: UnsafeRawBufferPointer) throws -> [Entry] {
        let damaged = HistoryStoreError.damaged(what: "the page table of segment \(header.number) is malformed")
        var reader = ByteReader(table)
        var payloadOffset = header.byteCount + header.tableByteCount
        let payloadEnd = payloadOffset + header.payloadByteCount
        var page = header.firstPage
        var entries: [Entry] = []
        entries.reserveCapacity(header.entryCount)
        var isFirst = true
        while entries.count < header.entryCount {
            let before = reader.remaining
            guard let gap = reader.readVarint(), let tag = reader.readByte(), gap < 1 << 52 else { throw damaged }
            if header.isRewritten, tag == SegmentFormat.goneTag {
                guard let count = reader.readVarint(), count > 0, count <= header.entryCount - entries.count else {
                    throw damaged
                }
                entries += repeatElement(.gone, count: Int(count))
                continue
            }
            if !isFirst { page = page &+ gap &+ 1 }
            isFirst = false
            let kind = SegmentFormat.PayloadKind(tag: tag)
            var base = PageLocation.absent
            if kind.isDelta {
                guard let distance = reader.readVarint(), let entry = reader.readVarint(),
                    distance > 0, distance < header.number, entry < PageLocation.entriesPerSegmentMax
                else { throw damaged }
                base = PageLocation(segment: header.number - distance, entry: Int(entry))
            }
            let length = kind == .raw ? UInt64(pageSize) : reader.readVarint() ?? UInt64.max
            guard length <= pageSize, let hash = reader.readBytes(PageHash.byteCount),
                payloadOffset + Int(length) <= payloadEnd
            else { throw damaged }
            entries.append(
                Entry(
                    page: page, kind: kind, versionIndex: Int(tag >> 2), base: base,
                    hash: PageHash(bytes: hash.baseAddress!), payloadOffset: payloadOffset,
                    payloadByteCount: Int(length), tableByteCount: before - reader.remaining))
            payloadOffset += Int(length)
        }
        guard reader.isAtEnd, header.content == .blob || payloadOffset == payloadEnd else { throw damaged }
        return entries
    }
}

/// The first 48 bytes of a segment, 80 of a rewritten one, checked against its length.
struct SegmentHeader {
    let number: UInt64
    let content: SegmentFormat.Content
    let timeline: UInt32
    let entryCount: Int
    let epoch: UInt64
    let firstPage: UInt64
    let tableByteCount: Int
    let payloadByteCount: Int
    let originalHash: [UInt8]?

    var isRewritten: Bool { originalHash != nil }
    var byteCount: Int { SegmentFormat.headerByteCount + (isRewritten ? SegmentFormat.hashByteCount : 0) }

    init(number: UInt64, _ bytes: UnsafeRawBufferPointer) throws {
        let damaged = HistoryStoreError.damaged(what: "the header of segment \(number) is malformed")
        var reader = ByteReader(bytes)
        guard reader.read(UInt32.self) == SegmentFormat.magic, let version = reader.readByte(),
            let encoding = reader.readByte(), let contentByte = reader.readByte(), reader.readByte() != nil,
            let ownNumber = reader.read(UInt64.self), let timeline = reader.read(UInt32.self),
            let entryCount = reader.read(UInt32.self), let epoch = reader.read(UInt64.self),
            let firstPage = reader.read(UInt64.self), let tableByteCount = reader.read(UInt32.self),
            let payloadByteCount = reader.read(UInt32.self)
        else { throw damaged }
        guard version <= SegmentFormat.version, encoding == SegmentFormat.plain,
            let content = SegmentFormat.Content(rawValue: contentByte)
        else {
            throw HistoryStoreError.newerFormat(
                path: "segment \(number)", found: Int(version), supported: Int(SegmentFormat.version))
        }
        originalHash =
            version == SegmentFormat.rewrittenVersion
            ? reader.readBytes(SegmentFormat.hashByteCount).map { [UInt8]($0) } : nil
        guard version == SegmentFormat.firstVersion || originalHash != nil else { throw damaged }
        let hashCount = originalHash == nil ? 1 : 2
        let expected =
            SegmentFormat.headerByteCount + Int(tableByteCount) + Int(payloadByteCount) + hashCount
            * SegmentFormat.hashByteCount
        guard ownNumber == number, bytes.count == expected, entryCount <= PageLocation.entriesPerSegmentMax else {
            throw damaged
        }
        self.number = number
        self.content = content
        self.timeline = timeline
        self.entryCount = Int(entryCount)
        self.epoch = epoch
        self.firstPage = firstPage
        self.tableByteCount = Int(tableByteCount)
        self.payloadByteCount = Int(payloadByteCount)
    }
}
