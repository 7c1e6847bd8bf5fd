import Foundation
import Synchronization

/// What writing costs: bytes of epochs stored, and bytes that the operating system wrote to disk meanwhile.
final class WriteCounter: Sendable {
    private let storedByteCount = Atomic(0)
    private let deviceBytesAtStart = WriteCounter.deviceByteCount()

    func add(_ byteCount: Int) { storedByteCount.add(byteCount, ordering: .relaxed) }

    /// Since the store was opened.
    var record: Palimpsest_History_V1_WriteRecord {
        .with {
            $0.storedByteCount = UInt64(storedByteCount.load(ordering: .relaxed))
            $0.deviceByteCount = WriteCounter.deviceByteCount() &- deviceBytesAtStart
        }
    }

    /// Bytes that this process has caused to be written to disk; 0 where the system does not tell.
    private static func deviceByteCount() -> UInt64 {
        guard let text = try? String(contentsOfFile: "/proc/self/io", encoding: .utf8),
            let line = text.split(separator: "\n").first(where: { $0.hasPrefix("write_bytes:") })
        else { return 0 }
        return UInt64(line.dropFirst("write_bytes:".count).trimmingCharacters(in: .whitespaces)) ?? 0
    }
}

extension StoreCore {
    func writes() throws -> Palimpsest_History_V1_WriteRecord {
        try engine.read(.records, key: StoreKey.writes) {
            try RecordEnvelope.open(
                Palimpsest_History_V1_WriteRecord.self, $0, space: .records, key: StoreKey.writes,
                name: "the record of writes")
        } ?? .init()
    }

    /// Adds what this process has written since it opened the store.
    func noteWrites() throws {
        let own = writeCounter.record
        guard own.storedByteCount > 0 else { return }
        var sum = try writes()
        sum.storedByteCount += own.storedByteCount
        sum.deviceByteCount += own.deviceByteCount
        var change = StoreChange()
        let sealed = try RecordEnvelope.seal(sum, space: .records, key: StoreKey.writes)
        change.put(.records, key: StoreKey.writes, value: sealed)
        try engine.commit(change, durable: false)
    }
}
