/// A node of a device tree: a name, properties in order, children in order.
public struct DeviceTreeNode: Equatable, Sendable {
    struct Property: Equatable, Sendable {
        let name: String
        let value: [UInt8]
    }

    /// The name with its unit address, such as `serial@10000000`; empty for the root.
    public let name: String
    private(set) var properties: [Property] = []
    private(set) var children: [DeviceTreeNode] = []

    public init(_ name: String) { self.name = name }

    /// A property without value: its presence is the message.
    public mutating func set(_ property: String) { set(property, bytes: []) }

    /// One or more 32-bit cells, phandles among them.
    public mutating func set(_ property: String, cells: UInt32...) { set(property, cells: cells) }

    public mutating func set(_ property: String, cells: [UInt32]) {
        set(property, bytes: cells.flatMap(bigEndianBytes))
    }

    /// 64-bit values of two cells each: with two address and two size cells, the address and size of a `reg`.
    public mutating func set(_ property: String, u64s: UInt64...) {
        set(property, bytes: u64s.flatMap(bigEndianBytes))
    }

    /// One string or a list of them.
    public mutating func set(_ property: String, strings: String...) { set(property, strings: strings) }

    public mutating func set(_ property: String, strings: [String]) {
        set(property, bytes: strings.flatMap { nulTerminated($0) })
    }

    public mutating func set(_ property: String, bytes: [UInt8]) {
        precondition(
            !properties.contains { $0.name == property }, "the device tree node \(name) already has \(property)")
        properties.append(Property(name: property, value: bytes))
    }

    public mutating func add(_ child: DeviceTreeNode) {
        precondition(
            !children.contains { $0.name == child.name }, "the device tree node \(name) already has \(child.name)")
        children.append(child)
    }
}

/// Writes a flattened device tree, version 17 (Devicetree Specification 0.4 chapter 5).
///
///     header, 40 bytes | memory reservations, 16 bytes each, a zero one last | structure | strings
public struct DeviceTreeBuilder: Equatable, Sendable {
    public var root = DeviceTreeNode("")
    /// The hart that boots (`boot_cpuid_phys`).
    public var bootHart: UInt32 = 0
    private var reservations: [(address: UInt64, byteCount: UInt64)] = []

    private static let magic: UInt32 = 0xd00d_feed
    private static let version: UInt32 = 17
    private static let lastCompatibleVersion: UInt32 = 16
    private static let headerByteCount = 40

    private enum Token {
        static let beginNode: UInt32 = 1
        static let endNode: UInt32 = 2
        static let property: UInt32 = 3
        static let end: UInt32 = 9
    }

    public init() {}

    public static func == (a: Self, b: Self) -> Bool { a.encoded() == b.encoded() }

    /// Adds memory that the guest must not use to the reservation block (section 5.3).
    public mutating func reserve(address: UInt64, byteCount: UInt64) {
        reservations.append((address, byteCount))
    }

    /// The blob, a multiple of 8 bytes long.
    public func encoded() -> [UInt8] {
        var strings = StringBlock()
        var structure: [UInt8] = []
        append(root, to: &structure, &strings)
        structure += bigEndianBytes(Token.end)

        var reservationBlock: [UInt8] = []
        for (address, byteCount) in reservations + [(0, 0)] {
            reservationBlock += bigEndianBytes(address) + bigEndianBytes(byteCount)
        }

        let structureOffset = Self.headerByteCount + reservationBlock.count
        let stringsOffset = structureOffset + structure.count
        let totalByteCount = (stringsOffset + strings.bytes.count + 7) & ~7
        let header: [UInt32] = [
            Self.magic, UInt32(totalByteCount), UInt32(structureOffset), UInt32(stringsOffset),
            UInt32(Self.headerByteCount), Self.version, Self.lastCompatibleVersion, bootHart,
            UInt32(strings.bytes.count), UInt32(structure.count),
        ]
        var blob = header.flatMap(bigEndianBytes) + reservationBlock + structure + strings.bytes
        blob += Array(repeating: 0, count: totalByteCount - blob.count)
        return blob
    }

    private func append(_ node: DeviceTreeNode, to structure: inout [UInt8], _ strings: inout StringBlock) {
        structure += bigEndianBytes(Token.beginNode) + padded(nulTerminated(node.name))
        for property in node.properties {
            structure += bigEndianBytes(Token.property)
            structure += bigEndianBytes(UInt32(property.value.count))
            structure += bigEndianBytes(strings.offset(of: property.name))
            structure += padded(property.value)
        }
        for child in node.children { append(child, to: &structure, &strings) }
        structure += bigEndianBytes(Token.endNode)
    }

    /// The names of all properties, each once.
    private struct StringBlock {
        var bytes: [UInt8] = []
        private var offsets: [String: UInt32] = [:]

        mutating func offset(of name: String) -> UInt32 {
            if let offset = offsets[name] { return offset }
            let offset = UInt32(bytes.count)
            offsets[name] = offset
            bytes += nulTerminated(name)
            return offset
        }
    }
}

private func bigEndianBytes<Value: FixedWidthInteger>(_ value: Value) -> [UInt8] {
    withUnsafeBytes(of: value.bigEndian) { Array($0) }
}

private func nulTerminated(_ string: String) -> [UInt8] { Array(string.utf8) + [0] }

/// Zero bytes up to the next multiple of 4.
private func padded(_ bytes: [UInt8]) -> [UInt8] {
    bytes + Array(repeating: 0, count: (4 - bytes.count & 3) & 3)
}
