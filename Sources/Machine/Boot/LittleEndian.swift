/// Reads integers out of a file that nobody vouches for: nil where the file ends too early.
extension [UInt8] {
    func littleEndian<Value: FixedWidthInteger>(_ type: Value.Type, at offset: Int) -> Value? {
        let byteCount = MemoryLayout<Value>.size
        guard offset >= 0, offset <= count - byteCount else { return nil }
        return withUnsafeBytes { Value(littleEndian: $0.loadUnaligned(fromByteOffset: offset, as: Value.self)) }
    }

    /// `offset ..< offset + byteCount`, when all of it lies in the file.
    func checkedRange(offset: UInt64, byteCount: UInt64) -> Range<Int>? {
        let (end, overflow) = offset.addingReportingOverflow(byteCount)
        guard !overflow, end <= UInt64(count) else { return nil }
        return Int(offset)..<Int(end)
    }
}
