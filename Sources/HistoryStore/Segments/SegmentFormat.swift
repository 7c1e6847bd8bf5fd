/// The fixed parts of a segment (Schemas/segment.md).
///
///     ┌──────────────┬────────────────┬──────────┬────────────────────────────┐
///     │ header 48 B  │ page table     │ payloads │ SHA-256 of all before 32 B │
///     └──────────────┴────────────────┴──────────┴────────────────────────────┘
enum SegmentFormat {
    /// "PSEG" read as a little-endian number.
    static let magic: UInt32 = 0x4745_5350
    static let version: UInt8 = 2
    /// Version 2 adds what collection needs; a segment as written first has version 1.
    static let firstVersion: UInt8 = 1
    static let rewrittenVersion: UInt8 = 2
    /// Encoding 0: in the clear. Others are for encryption at rest.
    static let plain: UInt8 = 0
    static let headerByteCount = 48
    static let hashByteCount = 32
    /// A segment is closed when it has grown to this size, so it ends between this and one page more.
    static let closingByteCount = 60 << 10
    /// Versions of one page between keyframes, at most: the version index has six bits.
    static let versionIndexMax = 63

    /// Tag of a run of entries that are gone: kind 0 with a version index, which no entry has.
    static let goneTag: UInt8 = 1 << 2

    /// What a segment holds.
    enum Content: UInt8 {
        case pages = 0
        case blob = 1
    }

    /// How an entry's payload encodes the page: the low two bits of its tag.
    enum PayloadKind: UInt8 {
        /// 4096 bytes as they are.
        case raw = 0
        /// One zstd frame without magic number.
        case zstd = 1
        /// The same with the base version as prefix.
        case zstdDelta = 2
        /// Runs of changed bytes (`PagePatch`) on the base version.
        case patch = 3

        var isDelta: Bool { self == .zstdDelta || self == .patch }
    }
}

extension SegmentFormat.PayloadKind {
    init(tag: UInt8) { self.init(rawValue: tag & 3)! }
}
