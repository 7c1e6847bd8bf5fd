import GuestMemory

/// The difference of two pages as runs of changed bytes, for pages of which little changed:
///
///     { varint unchanged bytes, varint changed bytes, the changed bytes } …
///
/// The rest of the page is unchanged. A page that differs in one counter takes about 5 bytes, where zstd takes about 20
/// and five times as long (docs/decisions/page-deltas.md).
public enum PagePatch {
    private static let wordCount = pageSize / 8
    /// No patch of a page is longer.
    public static let byteCountMax = pageSize + 4

    /// Encodes `page` against `base`. Both are 8-byte aligned pages.
    ///
    /// - Returns: bytes written to `output`, or nil when they would be more than `byteCountMax`.
    static func encode(
        _ page: UnsafeRawPointer, base: UnsafeRawPointer, into output: UnsafeMutableRawPointer, byteCountMax: Int
    ) -> Int? {
        var writer = PagePatchWriter(page: page, output: output, byteCountMax: byteCountMax)
        var word = 0
        while word < wordCount {
            let offset = word &* 8
            let difference =
                page.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
                ^ base.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
            word &+= 1
            if difference != 0, !writer.add(word: word &- 1, difference: difference) { return nil }
        }
        return writer.finish()
    }

    /// Applies a patch to `page`, which holds the base. Returns false when the patch is malformed.
    public static func apply(_ patch: UnsafeRawBufferPointer, to page: UnsafeMutableRawPointer) -> Bool {
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
}

/// Writes a patch from the words that changed, given in rising order.
public struct PagePatchWriter {
    /// Unchanged bytes between two changed ones that are cheaper to repeat than to begin a new run for.
    private static let gapBytesMax = 2

    private let page: UnsafeRawPointer
    private let output: UnsafeMutableRawPointer
    private let byteCountMax: Int
    private var used = 0
    private var runStart = -1
    private var runEnd = 0
    private var previousEnd = 0

    /// - Parameters:
    ///   - page: the new content; only its changed words are read.
    ///   - output: room for `byteCountMax` bytes.
    @inline(__always)
    public init(page: UnsafeRawPointer, output: UnsafeMutableRawPointer, byteCountMax: Int) {
        self.page = page
        self.output = output
        self.byteCountMax = byteCountMax
    }

    /// Takes in a word of 8 bytes.
    /// - Parameter difference: old ^ new; not 0.
    /// - Returns: false when the patch would be longer than `byteCountMax`.
    @inline(__always)
    public mutating func add(word: Int, difference: UInt64) -> Bool {
        let offset = word &* 8
        let first = offset &+ UInt64(littleEndian: difference).trailingZeroBitCount >> 3
        let last = offset &+ 8 &- UInt64(littleEndian: difference).leadingZeroBitCount >> 3
        if runStart >= 0, first &- runEnd <= Self.gapBytesMax {
            runEnd = last
            return used &+ runEnd &- runStart <= byteCountMax
        }
        if runStart >= 0, !putRun() { return false }
        runStart = first
        runEnd = last
        return true
    }

    /// - Returns: the patch's bytes; nil when there was no room.
    @inline(__always)
    public mutating func finish() -> Int? {
        if runStart >= 0, !putRun() { return nil }
        return used
    }

    @inline(__always)
    private mutating func putRun() -> Bool {
        let length = runEnd &- runStart
        guard length &+ 4 <= byteCountMax &- used else { return false }
        putVarint(runStart &- previousEnd)
        putVarint(length)
        (output + used).copyMemory(from: page + runStart, byteCount: length)
        used &+= length
        previousEnd = runEnd
        return true
    }

    /// Values here are at most 4096: two bytes.
    @inline(__always)
    private mutating func putVarint(_ value: Int) {
        if value < 0x80 {
            output.storeBytes(of: UInt8(truncatingIfNeeded: value), toByteOffset: used, as: UInt8.self)
            used &+= 1
            return
        }
        output.storeBytes(of: UInt8(truncatingIfNeeded: value) | 0x80, toByteOffset: used, as: UInt8.self)
        output.storeBytes(of: UInt8(truncatingIfNeeded: value >> 7), toByteOffset: used &+ 1, as: UInt8.self)
        used &+= 2
    }
}
