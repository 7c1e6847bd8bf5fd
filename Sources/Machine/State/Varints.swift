/// LEB128 varints: seven bits a byte, low bits first. Signed numbers are zigzagged, so that small ones of either sign are
/// short.
extension [UInt8] {
    mutating func appendVarint(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        append(UInt8(rest))
    }

    /// The difference of two numbers modulo 2^64.
    mutating func appendDifference(_ value: UInt64, from base: UInt64) {
        let difference = Int64(bitPattern: value &- base)
        appendVarint(UInt64(bitPattern: (difference << 1) ^ (difference >> 63)))
    }
}

/// Reads varints; what runs over the end, or is too long, yields nil.
struct VarintReader {
    private let bytes: [UInt8]
    private var position = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    var isAtEnd: Bool { position == bytes.count }

    mutating func read() -> UInt64? {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while position < bytes.count, shift < 64 {
            let byte = bytes[position]
            position += 1
            value |= UInt64(byte & 0x7f) << shift
            if byte < 0x80 { return value }
            shift += 7
        }
        return nil
    }

    mutating func readByte() -> UInt8? {
        guard position < bytes.count else { return nil }
        defer { position += 1 }
        return bytes[position]
    }

    /// What `appendDifference` wrote.
    mutating func read(differenceFrom base: UInt64) -> UInt64? {
        read().map { base &+ UInt64(bitPattern: Int64(bitPattern: $0 >> 1) ^ -Int64(bitPattern: $0 & 1)) }
    }
}
