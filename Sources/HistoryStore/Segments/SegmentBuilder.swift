import Crypto
import GuestMemory

/// Packs page versions into one segment.
struct SegmentBuilder: ~Copyable {
    private var table = ByteWriter(capacity: 16 << 10)
    private var payloads = ByteWriter(capacity: 80 << 10)
    private(set) var entryCount = 0
    private var firstPage: UInt64 = 0
    private var previousPage: UInt64 = 0
    private var presentCount = 0

    var byteCount: Int {
        SegmentFormat.headerByteCount + table.count + payloads.count + SegmentFormat.hashByteCount
    }

    var isFull: Bool {
        byteCount >= SegmentFormat.closingByteCount || entryCount == PageLocation.entriesPerSegmentMax
    }

    /// Adds a page version; pages come in rising order.
    ///
    /// - Parameters:
    ///   - base: what a delta is against; must be in an earlier segment than `segment`, this one's number.
    ///   - versionIndex: number of versions since the page's last keyframe, 0 for a keyframe.
    /// - Returns: the bytes the entry and its payload occupy.
    mutating func add(
        page: UInt64, kind: SegmentFormat.PayloadKind, versionIndex: Int, base: PageLocation?, hash: PageHash,
        payload: UnsafeRawBufferPointer, segment: UInt64
    ) -> Int {
        precondition(presentCount == 0 || page > previousPage, "pages of a segment rise")
        precondition(kind.isDelta == (base != nil), "a delta has a base")
        let before = table.count
        if presentCount == 0 { firstPage = page }
        table.appendVarint(presentCount == 0 ? 0 : page - previousPage - 1)
        table.append(kind.rawValue | UInt8(versionIndex) << 2)
        if let base {
            precondition(base.isStored && base.segment < segment, "a base is stored earlier")
            table.appendVarint(segment - base.segment)
            table.appendVarint(UInt64(base.entry))
        }
        if kind != .raw { table.appendVarint(UInt64(payload.count)) }
        table.appendHash(hash)
        payloads.append(payload)
        previousPage = page
        entryCount += 1
        presentCount += 1
        return table.count - before + payload.count
    }

    /// Adds places of versions that are gone, so that those after them keep theirs.
    mutating func addGone(count: Int) {
        table.appendVarint(0)
        table.append(SegmentFormat.goneTag)
        table.appendVarint(UInt64(count))
        entryCount += count
    }

    /// The finished segment; the builder is empty afterwards. The hash is its last 32 bytes.
    /// - Parameter originalHash: for a segment that is rewritten, the hash that it ended with at first.
    mutating func finish(
        number: UInt64, timeline: UInt32, epoch: UInt64, originalHash: [UInt8]? = nil
    ) -> [UInt8] {
        defer {
            table.removeAll()
            payloads.removeAll()
            entryCount = 0
            presentCount = 0
        }
        return Self.assemble(
            content: .pages, number: number, timeline: timeline, epoch: epoch, entryCount: entryCount,
            firstPage: firstPage, table: table.buffer, payload: payloads.buffer, originalHash: originalHash)
    }

    /// A segment that holds one blob.
    static func blob(_ bytes: [UInt8], number: UInt64, timeline: UInt32, epoch: UInt64) -> [UInt8] {
        bytes.withUnsafeBytes {
            assemble(
                content: .blob, number: number, timeline: timeline, epoch: epoch, entryCount: 0, firstPage: 0,
                table: UnsafeRawBufferPointer(start: nil, count: 0), payload: $0)
        }
    }

    private static func assemble(
        content: SegmentFormat.Content, number: UInt64, timeline: UInt32, epoch: UInt64, entryCount: Int,
        firstPage: UInt64, table: UnsafeRawBufferPointer, payload: UnsafeRawBufferPointer, originalHash: [UInt8]? = nil
    ) -> [UInt8] {
        let size = SegmentFormat.headerByteCount + table.count + payload.count + 2 * SegmentFormat.hashByteCount
        var writer = ByteWriter(capacity: size)
        writer.append(SegmentFormat.magic)
        writer.append(originalHash == nil ? SegmentFormat.firstVersion : SegmentFormat.rewrittenVersion)
        writer.append(SegmentFormat.plain)
        writer.append(content.rawValue)
        writer.append(UInt8(0))
        writer.append(number)
        writer.append(timeline)
        writer.append(UInt32(entryCount))
        writer.append(epoch)
        writer.append(firstPage)
        writer.append(UInt32(table.count))
        writer.append(UInt32(payload.count))
        assert(writer.count == SegmentFormat.headerByteCount)
        if let originalHash { originalHash.withUnsafeBytes { writer.append($0) } }
        writer.append(table)
        writer.append(payload)
        var hasher = SHA256()
        hasher.update(bufferPointer: writer.buffer)
        hasher.finalize().withUnsafeBytes { writer.append($0) }
        return writer.bytes
    }
}
