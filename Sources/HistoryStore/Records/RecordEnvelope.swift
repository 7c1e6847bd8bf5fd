import Crypto
import SwiftProtobuf

/// What surrounds each protobuf record on disk:
///
///     ┌─────────┬──────────┬─────────┬──────────────────────────────────────────────┐
///     │ format  │ encoding │ payload │ SHA-256 of space, key and everything before  │
///     │ 1 byte  │ 1 byte   │         │ 32 bytes                                     │
///     └─────────┴──────────┴─────────┴──────────────────────────────────────────────┘
///
/// The key is hashed too, so a record that turns up in another's place is noticed.
enum RecordEnvelope {
    static let hashByteCount = 32
    /// Encoding 0: the payload is the record, in the clear. Others are for encryption at rest.
    static let plain: UInt8 = 0

    static func seal(_ record: some Message, space: KeySpace, key: [UInt8]) throws -> [UInt8] {
        var bytes: [UInt8] = [UInt8(StoreFormat.version), plain]
        bytes += try record.serializedBytes() as [UInt8]
        bytes += bytes.withUnsafeBytes { hash(space: space, key: key, $0) }
        return bytes
    }

    /// The hash that ends a sealed record.
    static func hash(of sealed: [UInt8]) -> [UInt8] { Array(sealed.suffix(hashByteCount)) }

    /// Checks and decodes a record. `name` says which one it is in an error.
    ///
    /// - Throws: `HistoryStoreError.damaged`, `.newerFormat`.
    static func open<Record: Message>(
        _ type: Record.Type, _ sealed: UnsafeRawBufferPointer, space: KeySpace, key: [UInt8],
        name: @autoclosure () -> String
    ) throws -> Record {
        guard sealed.count >= 2 + hashByteCount else {
            throw HistoryStoreError.damaged(what: "\(name()) is cut short")
        }
        guard sealed[0] <= StoreFormat.version, sealed[1] == plain else {
            throw HistoryStoreError.newerFormat(
                path: name(), found: Int(sealed[0]), supported: StoreFormat.version)
        }
        let covered = UnsafeRawBufferPointer(rebasing: sealed.dropLast(hashByteCount))
        guard hash(space: space, key: key, covered).elementsEqual(sealed.suffix(hashByteCount)) else {
            throw HistoryStoreError.damaged(what: "\(name()) does not match its hash")
        }
        do {
            return try Record(serializedBytes: [UInt8](covered.dropFirst(2)))
        } catch {
            throw HistoryStoreError.damaged(what: "\(name()) cannot be decoded (\(error))")
        }
    }

    private static func hash(space: KeySpace, key: [UInt8], _ bytes: UnsafeRawBufferPointer) -> [UInt8] {
        var hasher = SHA256()
        hasher.update(data: [UInt8(space.rawValue)])
        hasher.update(data: key)
        hasher.update(bufferPointer: bytes)
        return Array(hasher.finalize())
    }
}
