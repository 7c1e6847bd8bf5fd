/// Where a page's content is: a segment's number and an entry in its page table, in 8 bytes.
///
///      63                            12 11        0
///     ┌────────────────────────────────┬───────────┐
///     │ segment number (1, 2, …)       │ entry     │      segment 0 is no segment:
///     └────────────────────────────────┴───────────┘      0 = absent, 1 = a page of zeros
public struct PageLocation: Hashable, Comparable, Sendable, CustomStringConvertible {
    public let rawValue: UInt64

    @inlinable public init(rawValue: UInt64) { self.rawValue = rawValue }

    init(segment: UInt64, entry: Int) {
        assert(segment > 0 && entry >= 0 && entry < Self.entriesPerSegmentMax)
        rawValue = segment << 12 | UInt64(entry)
    }

    /// The page was never written: it reads as zeros.
    public static let absent = PageLocation(rawValue: 0)
    /// The page holds zeros; nothing is stored for it.
    public static let zero = PageLocation(rawValue: 1)

    /// Most entries a segment may have.
    static let entriesPerSegmentMax = 4096

    var segment: UInt64 { rawValue >> 12 }
    var entry: Int { Int(rawValue & 0xfff) }
    /// Whether a segment holds the content.
    var isStored: Bool { rawValue >= 1 << 12 }

    @inlinable public static func < (a: Self, b: Self) -> Bool { a.rawValue < b.rawValue }

    public var description: String {
        switch self {
        case .absent: "absent"
        case .zero: "zero"
        default: "segment \(segment) entry \(entry)"
        }
    }
}
