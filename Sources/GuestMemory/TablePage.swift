/// A page that is part of guest page tables, and at which levels: T of patents.md, requirement 20.
public struct TablePage: Hashable, Comparable, Sendable {
    /// page << 4 | levels.
    @usableFromInline var rawValue: UInt64

    /// - Parameter levels: bit n for level n (0 holds leaves of 4 KiB); not 0.
    public init(page: UInt64, levels: UInt64) { rawValue = page << 4 | levels & 0xf }

    public var page: UInt64 { rawValue >> 4 }
    public var levels: UInt64 { rawValue & 0xf }

    public static func < (a: Self, b: Self) -> Bool { a.rawValue < b.rawValue }
}
