import Crypto
import GuestMemory
import SwiftProtobuf

/// The frames of an exported history (docs/format.md, "Exported histories"):
///
///     "PALIMPSEST EXPORT 1\n", then frames:
///     ┌──────┬──────────────┬─────────┬────────────────────────────────────────────────────┐
///     │ kind │ length, LE   │ payload │ SHA-256 of the hash before, kind, length, payload  │
///     │ 1    │ 4            │         │ 32                                                 │
///     └──────┴──────────────┴─────────┴────────────────────────────────────────────────────┘
///
/// The first hash before is that of the first line, so that a frame that is altered, moved or missing breaks the chain.
enum ExportFrame: UInt8 {
    case header = 1
    case epoch = 2
    case pages = 3
    case end = 4

    static let firstLine = Array("PALIMPSEST EXPORT 1\n".utf8)
    static let hashByteCount = 32
    /// No frame is longer: one epoch's log, or a megabyte of pages.
    static let payloadByteCountMax = 1 << 30

    static func hash(after previous: [UInt8], kind: UInt8, _ payload: UnsafeRawBufferPointer) -> [UInt8] {
        var hasher = SHA256()
        hasher.update(data: previous)
        withUnsafeBytes(of: UInt32(payload.count).littleEndian) { length in
            hasher.update(data: [kind])
            hasher.update(bufferPointer: length)
        }
        hasher.update(bufferPointer: payload)
        return Array(hasher.finalize())
    }

    static let firstHash = Array(SHA256.hash(data: firstLine))
}

/// How a page is in a frame of pages: after a varint (page − previous page − 1; the first is the page number) a byte, then
/// for the first four a varint length and the payload, then the content's hash (16 bytes).
enum ExportedPage: UInt8 {
    case raw = 0
    case zstd = 1
    /// Against the page's content before the epoch.
    case zstdDelta = 2
    case patch = 3
    case zero = 4
    /// Written, with what it held.
    case unchanged = 5
    /// Written in an epoch that was pruned; what it held then is not known.
    case written = 6

    var payloadKind: SegmentFormat.PayloadKind? { SegmentFormat.PayloadKind(rawValue: rawValue) }
}

/// Writes frames.
struct ExportWriter: ~Copyable {
    private let sink: (UnsafeRawBufferPointer) throws -> Void
    private var previousHash = ExportFrame.firstHash

    init(_ sink: @escaping (UnsafeRawBufferPointer) throws -> Void) throws {
        self.sink = sink
        try ExportFrame.firstLine.withUnsafeBytes(sink)
    }

    mutating func put(_ kind: ExportFrame, _ payload: UnsafeRawBufferPointer) throws {
        guard payload.count <= ExportFrame.payloadByteCountMax else {
            throw HistoryStoreError.misuse("a part of the history is too long to be exported")
        }
        previousHash = ExportFrame.hash(after: previousHash, kind: kind.rawValue, payload)
        var head = ByteWriter(capacity: 16)
        head.append(kind.rawValue)
        head.append(UInt32(payload.count))
        try sink(head.buffer)
        try sink(payload)
        try previousHash.withUnsafeBytes(sink)
    }

    mutating func put(_ kind: ExportFrame, _ record: some Message) throws {
        let bytes = try record.serializedBytes() as [UInt8]
        try bytes.withUnsafeBytes { try put(kind, $0) }
    }
}

/// Reads frames of a file, each checked against the chain of hashes.
final class ExportReader {
    let path: String
    private let descriptor: Int32
    private var previousHash = ExportFrame.firstHash
    private(set) var byteCount: UInt64 = 0
    private var payload: [UInt8] = []

    /// - Throws: `HistoryStoreError.badExport`.
    init(path: String) throws {
        self.path = path
        descriptor = try StoreFiles.openForReading(path)
        let line = try Self.read(ExportFrame.firstLine.count, descriptor, path)
        guard line == ExportFrame.firstLine else {
            let isNewer = line.starts(with: Array("PALIMPSEST EXPORT ".utf8))
            throw HistoryStoreError.badExport(
                path: path, what: isNewer ? "is of a newer program: use a newer palimpsest" : "is no exported history")
        }
        byteCount = UInt64(line.count)
    }

    deinit { StoreFiles.closeFile(descriptor) }

    /// The next frame; `body` gets its payload.
    func next<Result>(_ body: (ExportFrame, UnsafeRawBufferPointer) throws -> Result) throws -> Result {
        let head = try Self.read(5, descriptor, path)
        let length = head.withUnsafeBytes { UInt32(littleEndian: $0.loadUnaligned(fromByteOffset: 1, as: UInt32.self)) }
        guard let kind = ExportFrame(rawValue: head[0]), length <= ExportFrame.payloadByteCountMax else {
            throw altered
        }
        payload = try Self.read(Int(length), descriptor, path)
        let hash = try Self.read(ExportFrame.hashByteCount, descriptor, path)
        let expected = payload.withUnsafeBytes { ExportFrame.hash(after: previousHash, kind: head[0], $0) }
        guard hash == expected else { throw altered }
        previousHash = hash
        byteCount += UInt64(5 + payload.count + hash.count)
        return try payload.withUnsafeBytes { try body(kind, $0) }
    }

    /// Nothing may follow the last frame.
    func checkEnd() throws {
        guard try StoreFiles.read(descriptor, upTo: 1, path).isEmpty else {
            throw HistoryStoreError.badExport(path: path, what: "goes on after its end")
        }
    }

    var altered: HistoryStoreError {
        .badExport(path: path, what: "was altered or damaged at byte \(byteCount)")
    }

    private static func read(_ count: Int, _ descriptor: Int32, _ path: String) throws -> [UInt8] {
        let bytes = try StoreFiles.read(descriptor, upTo: count, path)
        guard bytes.count == count else {
            throw HistoryStoreError.badExport(path: path, what: "was cut short: export it again, or copy it whole")
        }
        return bytes
    }
}
