/// Bytes in one guest page and in one frame of host memory.
@inlinable public var pageSize: Int { 4096 }
/// log2 of `pageSize`.
@inlinable public var pageShift: UInt64 { 12 }

/// An address as the guest's buses see it, after the guest's own page table.
public struct GuestPhysicalAddress: Hashable, Comparable, Sendable, CustomStringConvertible {
    public var rawValue: UInt64

    @inlinable public init(_ rawValue: UInt64) { self.rawValue = rawValue }

    /// The page that holds this address.
    @inlinable public var page: GuestPhysicalPage { GuestPhysicalPage(rawValue >> pageShift) }
    /// Byte offset inside the page, 0 ..< 4096.
    @inlinable public var offsetInPage: Int { Int(rawValue & 0xfff) }

    @inlinable public static func < (a: Self, b: Self) -> Bool { a.rawValue < b.rawValue }
    @inlinable public static func + (a: Self, b: UInt64) -> Self { Self(a.rawValue &+ b) }

    public var description: String { "0x" + String(rawValue, radix: 16) }
}

/// An address as a guest program uses it, before the guest's own page table.
public struct GuestVirtualAddress: Hashable, Comparable, Sendable, CustomStringConvertible {
    public var rawValue: UInt64

    @inlinable public init(_ rawValue: UInt64) { self.rawValue = rawValue }

    @inlinable public var offsetInPage: Int { Int(rawValue & 0xfff) }

    @inlinable public static func < (a: Self, b: Self) -> Bool { a.rawValue < b.rawValue }
    @inlinable public static func + (a: Self, b: UInt64) -> Self { Self(a.rawValue &+ b) }

    public var description: String { "0x" + String(rawValue, radix: 16) }
}

/// Number of a 4 KiB page of guest-physical memory: address >> 12.
public struct GuestPhysicalPage: Hashable, Comparable, Sendable, BitwiseCopyable, CustomStringConvertible {
    public var number: UInt64

    @inlinable public init(_ number: UInt64) { self.number = number }

    @inlinable public var baseAddress: GuestPhysicalAddress { GuestPhysicalAddress(number << pageShift) }

    @inlinable public static func < (a: Self, b: Self) -> Bool { a.number < b.number }

    public var description: String { "page 0x" + String(number, radix: 16) }
}
