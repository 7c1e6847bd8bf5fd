/// Growing bytes with the integer encodings of the store's formats: little-endian, and LEB128 varints (seven bits a
/// byte, low bits first).
struct ByteWriter: ~Copyable {
    private(set) var start: UnsafeMutableRawPointer
    private(set) var count = 0
    private var capacity: Int

    init(capacity: Int = 256) {
        self.capacity = max(capacity, 16)
        start = .allocate(byteCount: self.capacity, alignment: 16)
    }

    deinit { start.deallocate() }

    var bytes: [UInt8] { [UInt8](UnsafeRawBufferPointer(start: start, count: count)) }
    var buffer: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: start, count: count) }

    mutating func removeAll() { count = 0 }

    /// Makes room for `extra` more bytes and returns where they go; `advance` makes them part of the content.
    mutating func reserve(_ extra: Int) -> UnsafeMutableRawPointer {
        if count + extra > capacity {
            let larger = max(capacity * 2, count + extra)
            let moved = UnsafeMutableRawPointer.allocate(byteCount: larger, alignment: 16)
            moved.copyMemory(from: start, byteCount: count)
            start.deallocate()
            start = moved
            capacity = larger
        }
        return start + count
    }

    mutating func advance(_ by: Int) { count += by }

    mutating func append(_ source: UnsafeRawBufferPointer) {
        guard let base = source.baseAddress else { return }
        reserve(source.count).copyMemory(from: base, byteCount: source.count)
        count += source.count
    }

    mutating func append<T: FixedWidthInteger>(_ value: T) {
        reserve(MemoryLayout<T>.size).storeBytes(of: value.littleEndian, as: T.self)
        count += MemoryLayout<T>.size
    }

    mutating func appendVarint(_ value: UInt64) {
        let to = reserve(10)
        var rest = value
        var used = 0
        while rest >= 0x80 {
            to.storeBytes(of: UInt8(truncatingIfNeeded: rest) | 0x80, toByteOffset: used, as: UInt8.self)
            rest >>= 7
            used += 1
        }
        to.storeBytes(of: UInt8(rest), toByteOffset: used, as: UInt8.self)
        count += used + 1
    }

    /// A signed difference: small magnitudes of either sign become small varints.
    mutating func appendZigzag(_ value: Int64) {
        appendVarint(UInt64(bitPattern: (value << 1) ^ (value >> 63)))
    }

    mutating func appendHash(_ hash: PageHash) {
        hash.store(to: reserve(PageHash.byteCount))
        count += PageHash.byteCount
    }
}

/// Reads what `ByteWriter` wrote. Running over the end, or a varint that is too long, yields nil: bytes from a disk are
/// never trusted.
struct ByteReader {
    private var next: UnsafeRawPointer
    private let end: UnsafeRawPointer

    init(_ bytes: UnsafeRawBufferPointer) {
        // An empty buffer may have no address; any will do, as nothing is read through it.
        next = bytes.baseAddress ?? UnsafeRawPointer(bitPattern: 1)!
        end = next + bytes.count
    }

    var remaining: Int { end - next }
    var isAtEnd: Bool { next == end }

    @inline(__always)
    mutating func readVarint() -> UInt64? {
        guard next < end else { return nil }
        let first = next.load(as: UInt8.self)
        next += 1
        if first < 0x80 { return UInt64(first) }
        return readLongVarint(first)
    }

    private mutating func readLongVarint(_ first: UInt8) -> UInt64? {
        var value = UInt64(first & 0x7f)
        var shift: UInt64 = 7
        while next < end, shift < 64 {
            let byte = next.load(as: UInt8.self)
            next += 1
            value |= UInt64(byte & 0x7f) << shift
            if byte < 0x80 { return value }
            shift += 7
        }
        return nil
    }

    @inline(__always)
    mutating func readZigzag() -> Int64? {
        guard let value = readVarint() else { return nil }
        return Int64(bitPattern: value >> 1) ^ -Int64(bitPattern: value & 1)
    }

    mutating func readByte() -> UInt8? {
        guard next < end else { return nil }
        defer { next += 1 }
        return next.load(as: UInt8.self)
    }

    mutating func read<T: FixedWidthInteger>(_ type: T.Type) -> T? {
        guard remaining >= MemoryLayout<T>.size else { return nil }
        defer { next += MemoryLayout<T>.size }
        return T(littleEndian: next.loadUnaligned(as: T.self))
    }

    mutating func readBytes(_ count: Int) -> UnsafeRawBufferPointer? {
        guard count >= 0, remaining >= count else { return nil }
        defer { next += count }
        return UnsafeRawBufferPointer(start: next, count: count)
    }
}
