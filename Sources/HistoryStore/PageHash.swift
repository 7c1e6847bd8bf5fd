import Crypto
import GuestMemory

/// The identity of a page's content: the first 16 bytes of the SHA-256 of its 4096 bytes.
///
/// 128 bits are enough to name content (docs/decisions/page-hash.md); segments and manifests are hashed whole with all
/// 256 bits.
public struct PageHash: Hashable, Sendable, Comparable, CustomStringConvertible {
    /// Bytes 0 ..< 8 and 8 ..< 16 of the digest, as big-endian numbers, so that the order is the bytes' order.
    public let high: UInt64
    public let low: UInt64

    @inlinable public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// Hashes the 4096 bytes at `page`.
    public init(page: UnsafeRawPointer) {
        var hasher = SHA256()
        hasher.update(bufferPointer: UnsafeRawBufferPointer(start: page, count: pageSize))
        self = hasher.finalize().withUnsafeBytes { PageHash(bytes: $0.baseAddress!) }
    }

    /// Reads the 16 bytes at `bytes`.
    init(bytes: UnsafeRawPointer) {
        high = UInt64(bigEndian: bytes.loadUnaligned(as: UInt64.self))
        low = UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
    }

    /// Writes the 16 bytes to `bytes`.
    func store(to bytes: UnsafeMutableRawPointer) {
        bytes.storeBytes(of: high.bigEndian, as: UInt64.self)
        bytes.storeBytes(of: low.bigEndian, toByteOffset: 8, as: UInt64.self)
    }

    static let byteCount = 16

    /// The hash of a page of zeros: what a page never written reads as.
    public static let zeroPage: PageHash = {
        let zeros = [UInt8](repeating: 0, count: pageSize)
        return zeros.withUnsafeBytes { PageHash(page: $0.baseAddress!) }
    }()

    public static func < (a: Self, b: Self) -> Bool { (a.high, a.low) < (b.high, b.low) }

    /// 32 hexadecimal digits.
    public var description: String {
        func hex(_ value: UInt64) -> String {
            let digits = String(value, radix: 16)
            return String(repeating: "0", count: 16 - digits.count) + digits
        }
        return hex(high) + hex(low)
    }
}
