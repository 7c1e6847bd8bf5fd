import Crypto
import Synchronization

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// How far each timeline was acknowledged, in a file of its own beside the database.
///
/// A database whose log was cut or deleted opens without complaint and is merely shorter; this file, written after each
/// durable commit and before the epoch is acknowledged, tells. Each timeline has two slots that take turns, so that a
/// torn write leaves the one before.
///
///     slot (64 bytes)  magic "PMRK" │ timeline id u32 │ epoch u64 │ manifest's SHA-256 (32) │ sequence u64 │ check (8)
///     offset in file   (timeline id × 2 + sequence mod 2) × 64
///
/// Timeline 0 is none: its mark is of the whole database, for what was acknowledged outside a timeline, and has the
/// engine's position in the epoch's place and no hash.
final class HighWaterMarks: Sendable {
    struct Mark: Equatable, Sendable {
        var epoch: UInt64
        var manifestHash: [UInt8]
        var sequence: UInt64
    }

    static let slotByteCount = 64
    static let wholeDatabase: UInt32 = 0
    private static let magic: UInt32 = 0x4b52_4d50
    private let path: String
    private let descriptor: Int32
    private let marks: Mutex<[UInt32: Mark]>

    /// Opens the file for writing, making it when `create`.
    init(path: String, create: Bool) throws {
        self.path = path
        marks = Mutex(create ? [:] : try Self.read(path: path))
        descriptor = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW | (create ? O_CREAT : 0), 0o600)
        guard descriptor >= 0 else { throw StoreFiles.error("open", path) }
    }

    deinit { close(descriptor) }

    var all: [UInt32: Mark] { marks.withLock { $0 } }

    /// Records that `epoch` of a timeline is durable. Returns when the mark itself is.
    func advance(timeline: UInt32, epoch: UInt64, manifestHash: [UInt8]) throws {
        try marks.withLock { marks in
            // Who syncs for others may know less than they do.
            if let known = marks[timeline], known.epoch >= epoch { return }
            let sequence = (marks[timeline]?.sequence ?? 0) + 1
            let mark = Mark(epoch: epoch, manifestHash: manifestHash, sequence: sequence)
            let slot = Self.encode(timeline: timeline, mark)
            let offset = (Int(timeline) * 2 + Int(sequence & 1)) * Self.slotByteCount
            try StoreFiles.write(slot, to: descriptor, at: offset, path: path)
            guard fdatasync(descriptor) == 0 else { throw StoreFiles.error("sync", path) }
            marks[timeline] = mark
        }
    }

    /// Records that the engine's changes up to a position are durable.
    func advance(toPosition position: UInt64) throws {
        try advance(timeline: Self.wholeDatabase, epoch: position, manifestHash: [UInt8](repeating: 0, count: 32))
    }

    /// Every timeline's latest valid mark.
    ///
    /// - Throws: `HistoryStoreError.damaged` when the file is missing or both slots of a timeline are unreadable.
    static func read(path: String) throws -> [UInt32: Mark] {
        guard let bytes = try StoreFiles.contents(of: path) else {
            throw HistoryStoreError.damaged(what: "the high-water mark file '\(path)' is missing")
        }
        var marks: [UInt32: Mark] = [:]
        for timeline in 0..<UInt32((bytes.count + 2 * slotByteCount - 1) / (2 * slotByteCount)) {
            let first = Int(timeline) * 2 * slotByteCount
            let slots = stride(from: first, to: min(first + 2 * slotByteCount, bytes.count), by: slotByteCount)
                .map { Array(bytes[$0..<min($0 + slotByteCount, bytes.count)]) }
            let valid = slots.compactMap { decode($0, timeline: timeline) }
            if let mark = valid.max(by: { $0.sequence < $1.sequence }) {
                marks[timeline] = mark
            } else if slots.contains(where: { $0.contains { $0 != 0 } }), !isFirstTorn(slots) {
                throw HistoryStoreError.damaged(
                    what: "the high-water mark of timeline number \(timeline) in '\(path)' is unreadable")
            }
        }
        return marks
    }

    /// Whether the first mark of a timeline was being written and is not whole: then nothing of it was acknowledged.
    private static func isFirstTorn(_ slots: [[UInt8]]) -> Bool { slots.count == 2 && slots[0].allSatisfy { $0 == 0 } }

    private static func encode(timeline: UInt32, _ mark: Mark) -> [UInt8] {
        var writer = ByteWriter(capacity: slotByteCount)
        writer.append(magic)
        writer.append(timeline)
        writer.append(mark.epoch)
        mark.manifestHash.withUnsafeBytes { writer.append($0) }
        writer.append(mark.sequence)
        return writer.bytes + check(writer.buffer)
    }

    private static func decode(_ slot: [UInt8], timeline: UInt32) -> Mark? {
        slot.withUnsafeBytes { slot in
            guard slot.count == slotByteCount,
                check(UnsafeRawBufferPointer(rebasing: slot.dropLast(8))).elementsEqual(slot.suffix(8))
            else { return nil }
            var reader = ByteReader(slot)
            guard reader.read(UInt32.self) == magic, reader.read(UInt32.self) == timeline,
                let epoch = reader.read(UInt64.self), let hash = reader.readBytes(32),
                let sequence = reader.read(UInt64.self)
            else { return nil }
            return Mark(epoch: epoch, manifestHash: [UInt8](hash), sequence: sequence)
        }
    }

    private static func check(_ bytes: UnsafeRawBufferPointer) -> [UInt8] {
        var hasher = SHA256()
        hasher.update(bufferPointer: bytes)
        return Array(hasher.finalize().prefix(8))
    }
}
