import Foundation

/// The calls that tools/torture.d/faults.c recorded (`struct record`).
struct FaultTrace: Sequence {
    struct Record {
        enum Kind: UInt8 {
            case open = 0x6f
            case write = 0x77
            case sync = 0x73
            case truncate = 0x74
            case extend = 0x65
            case rename = 0x72
            case link = 0x6c
            case unlink = 0x75
            case makeDirectory = 0x6d
            case removeDirectory = 0x64
            case close = 0x63
            case acknowledge = 0x6b
        }
        var kind: Kind
        var descriptor: Int32
        var offset: UInt64
        var path: String
        var secondPath: String
        var data: Data
    }

    private static let headerByteCount = 32
    private let records: [Record]

    init(path: String) throws {
        let bytes = try Data(contentsOf: URL(fileURLWithPath: path))
        var records: [Record] = []
        var offset = 0
        while offset + Self.headerByteCount <= bytes.count {
            let (record, next) = try Self.record(bytes, at: offset)
            records.append(record)
            offset = next
        }
        self.records = records
    }

    var count: Int { records.count }
    subscript(index: Int) -> Record { records[index] }
    func makeIterator() -> IndexingIterator<[Record]> { records.makeIterator() }

    private static func record(_ bytes: Data, at offset: Int) throws -> (Record, next: Int) {
        func number<Number: FixedWidthInteger>(_ type: Number.Type, _ place: Int) -> Number {
            bytes.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: offset + place, as: type) }
        }
        guard let kind = Record.Kind(rawValue: UInt8(truncatingIfNeeded: number(UInt32.self, 0))) else {
            throw TortureError("the trace is malformed at byte \(offset)")
        }
        var next = offset + headerByteCount
        func take(_ count: Int) -> Data {
            defer { next += count }
            return bytes.subdata(in: next..<next + count)
        }
        let path = take(Int(number(UInt32.self, 16)))
        let second = take(Int(number(UInt32.self, 20)))
        let data = take(Int(number(UInt64.self, 24)))
        let record = Record(
            kind: kind, descriptor: number(Int32.self, 4), offset: number(UInt64.self, 8),
            path: String(decoding: path, as: UTF8.self), secondPath: String(decoding: second, as: UTF8.self), data: data
        )
        return (record, next)
    }
}
