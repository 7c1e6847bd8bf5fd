import GuestMemory

/// The difference of two pages as runs of changed bytes, for pages of which little changed:
///
///     { varint unchanged bytes, varint changed bytes, the changed bytes } …
///
/// The rest of the page is unchanged. A page that differs in one counter takes about 5 bytes, where zstd takes about 20
/// and five times as long (docs/decisions/page-deltas.md).
enum PagePatch {
    private static let wordCount = pageSize / 8
    /// Unchanged bytes between two changed ones that are cheaper to repeat than to begin a new run for.
    private static let gapBytesMax = 2

    /// Encodes `page` against `base`. Both are 8-byte aligned pages.
    ///
    /// - Returns: bytes written to `output`, or nil when they would be more than `byteCountMax`.
    static func encode(
        _ page: UnsafeRawPointer, base: UnsafeRawPointer, into output: UnsafeMutableRawPointer, byteCountMax: Int
    ) -> Int? {
        var used = 0
        var runStart = -1
        var runEnd = 0
        var previousEnd = 0
        var word = 0
        while word < wordCount {
            let offset = word &* 8
            let difference =
                page.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
                ^ base.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
            word &+= 1
            if difference == 0 { continue }
            let first = offset &+ UInt64(littleEndian: difference).trailingZeroBitCount >> 3
            let last = offset &+ 8 &- UInt64(littleEndian: difference).leadingZeroBitCount >> 3
            if runStart >= 0, first &- runEnd <= gapBytesMax {
                runEnd = last
                if used &+ runEnd &- runStart > byteCountMax { return nil }
                continue
            }
            if runStart >= 0 {
                guard
                    let size = put(
                        page, runStart, runEnd, previousEnd, output + used, room: byteCountMax &- used)
                else { return nil }
                used &+= size
                previousEnd = runEnd
            }
            runStart = first
            runEnd = last
        }
        guard runStart >= 0 else { return used }
        guard let size = put(page, runStart, runEnd, previousEnd, output + used, room: byteCountMax &- used)
        else { return nil }
        return used &+ size
    }

    /// Applies a patch to `page`, which holds the base. Returns false when the patch is malformed.
    static func apply(_ patch: UnsafeRawBufferPointer, to page: UnsafeMutableRawPointer) -> Bool {
        var reader = ByteReader(patch)
        var offset = 0
        while !reader.isAtEnd {
            guard let gap = reader.readVarint(), let length = reader.readVarint(), gap <= pageSize,
                length <= pageSize, offset + Int(gap) + Int(length) <= pageSize,
                let bytes = reader.readBytes(Int(length))
            else { return false }
            offset += Int(gap)
            if let base = bytes.baseAddress, length > 0 {
                (page + offset).copyMemory(from: base, byteCount: Int(length))
            }
            offset += Int(length)
        }
        return true
    }

    @inline(__always)
    private static func put(
        _ page: UnsafeRawPointer, _ start: Int, _ end: Int, _ previousEnd: Int, _ output: UnsafeMutableRawPointer,
        room: Int
    ) -> Int? {
        let length = end &- start
        guard length &+ 4 <= room else { return nil }
        var used = putVarint(start &- previousEnd, output)
        used &+= putVarint(length, output + used)
        (output + used).copyMemory(from: page + start, byteCount: length)
        return used &+ length
    }

    /// Values here are at most 4096: two bytes.
    @inline(__always)
    private static func putVarint(_ value: Int, _ output: UnsafeMutableRawPointer) -> Int {
        if value < 0x80 {
            output.storeBytes(of: UInt8(truncatingIfNeeded: value), as: UInt8.self)
            return 1
        }
        output.storeBytes(of: UInt8(truncatingIfNeeded: value) | 0x80, as: UInt8.self)
        output.storeBytes(of: UInt8(truncatingIfNeeded: value >> 7), toByteOffset: 1, as: UInt8.self)
        return 2
    }
}
