import GuestMemory

/// Keys, all big-endian so that their order is the numbers' order (docs/format.md, "Keys").
enum StoreKey {
    static let timelinePrefix = UInt8(ascii: "T")
    static let headPrefix = UInt8(ascii: "H")
    static let tagPrefix = UInt8(ascii: "G")
    static let holdPrefix = UInt8(ascii: "K")
    /// How far garbage was collected.
    static let collection = [UInt8(ascii: "C")]

    /// What writing has cost.
    static let writes = [UInt8(ascii: "W")]

    static func timeline(_ id: UInt32) -> [UInt8] { [timelinePrefix] + bigEndian(id) }
    static func head(_ id: UInt32) -> [UInt8] { [headPrefix] + bigEndian(id) }

    /// How far a timeline's page history reaches: among the postings, so that it is never without those it speaks of. No
    /// timeline has the number 0, so these keys come before all postings.
    static func indexProgress(_ id: UInt32) -> [UInt8] { bigEndian(UInt32(0)) + bigEndian(id) }

    /// Where earlier programs noted that, among the records.
    static func earlierIndexProgress(_ id: UInt32) -> [UInt8] { [UInt8(ascii: "I")] + bigEndian(id) }

    static func tag(_ name: String) -> [UInt8] { [tagPrefix] + Array(name.utf8) }

    static func hold(_ name: String) -> [UInt8] { [holdPrefix] + Array(name.utf8) }

    static func segment(_ number: UInt64) -> [UInt8] { bigEndian(number) }

    /// Key of a manifest.
    static func epoch(_ timeline: UInt32, _ epoch: UInt64) -> [UInt8] { bigEndian(timeline) + bigEndian(epoch) }

    /// Key of a page map. The epoch is inverted: a scan from an epoch meets the nearest map before it first.
    static func map(_ timeline: UInt32, _ epoch: UInt64) -> [UInt8] { bigEndian(timeline) + bigEndian(~epoch) }

    /// Postings of a page: the newest batch sorts first, so the epoch is inverted.
    static func history(_ timeline: UInt32, _ page: UInt64, lastEpoch: UInt64) -> [UInt8] {
        historyPrefix(timeline, page) + bigEndian(~lastEpoch)
    }

    static func historyPrefix(_ timeline: UInt32, _ page: UInt64) -> [UInt8] {
        bigEndian(timeline) + bigEndian(page).dropFirst(2)
    }

    /// The first 8 bytes of a page's hash.
    static func hash(_ hash: PageHash) -> [UInt8] { bigEndian(hash.high) }

    static func bigEndian<T: FixedWidthInteger>(_ value: T) -> [UInt8] {
        withUnsafeBytes(of: value.bigEndian) { [UInt8]($0) }
    }

    static func readBigEndian<T: FixedWidthInteger>(_ type: T.Type, _ bytes: UnsafeRawBufferPointer, at offset: Int)
        -> T?
    {
        guard offset >= 0, bytes.count >= offset + MemoryLayout<T>.size else { return nil }
        return T(bigEndian: bytes.loadUnaligned(fromByteOffset: offset, as: T.self))
    }

    /// The first key after all that start with `prefix`; nil when there is none.
    static func end(ofPrefix prefix: [UInt8]) -> [UInt8]? {
        var end = prefix
        while let last = end.popLast() {
            if last < 0xff { return end + [last + 1] }
        }
        return nil
    }
}
