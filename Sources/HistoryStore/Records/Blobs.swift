/// Blobs inside manifests: machine state, inputs, events, output. Opaque bytes, compressed; long ones go to a segment
/// of their own so that manifests stay quick to scan.
enum BlobCoding {
    /// Longest encoded blob that stays in the manifest.
    static let inlineByteCountMax = 32 << 10
    /// Longest blob stored against an earlier one.
    static let deltaByteCountMax = 1 << 20

    /// Chooses the shortest encoding. `base` is the same blob of an earlier epoch of the same timeline.
    static func encode(_ bytes: [UInt8], base: (epoch: UInt64, bytes: [UInt8])?) -> Palimpsest_History_V1_Blob {
        var blob = Palimpsest_History_V1_Blob()
        blob.byteCount = UInt64(bytes.count)
        guard !bytes.isEmpty else { return blob }
        let whole = Zstd.compress(bytes)
        var best = bytes
        if whole.count < best.count {
            best = whole
            blob.encoding = .zstd
        }
        if let base, bytes.count <= deltaByteCountMax, !base.bytes.isEmpty {
            let delta = Zstd.compress(bytes, prefix: base.bytes)
            if delta.count < best.count * 3 / 4 {
                best = delta
                blob.encoding = .zstdAgainstEpoch
                blob.baseEpoch = base.epoch
            }
        }
        blob.encoded = .init(best)
        return blob
    }
}

extension HistoryStore {
    typealias BlobField = KeyPath<Palimpsest_History_V1_EpochRecord, Palimpsest_History_V1_Blob>

    /// Decodes a blob of an epoch along its bases.
    ///
    /// - Throws: `HistoryStoreError.damaged`.
    func decode(_ field: BlobField, of manifest: EpochManifest) throws -> [UInt8] {
        try core.decode(field, of: manifest.record)
    }
}

extension StoreCore {
    /// The record of an epoch that a blob is stored against. One that stands for several epochs has the machine states that
    /// are still needed beside it.
    private func baseRecord(_ timeline: UInt32, _ epoch: UInt64) throws -> Palimpsest_History_V1_EpochRecord {
        var record = try epochRecord(timeline, epoch)
        guard let kept = record.pruned.states.first(where: { $0.epoch == epoch }) else { return record }
        record.epoch = epoch
        record.machineState = kept.state
        return record
    }

    func decode(
        _ field: HistoryStore.BlobField, of record: Palimpsest_History_V1_EpochRecord
    ) throws -> [UInt8] {
        let blob = record[keyPath: field]
        func damaged(_ what: String) -> HistoryStoreError {
            let name = (try? timeline(record.timelineID).name) ?? "number \(record.timelineID)"
            return .damaged(what: "a blob of epoch \(record.epoch) of timeline '\(name)' \(what)")
        }
        var encoded = [UInt8](blob.encoded)
        if blob.segment != 0 {
            let segment = try reader.loadSegment(blob.segment)
            guard segment.content == .blob, segment.matchesItsHash(),
                segment.recordedHash == [UInt8](blob.segmentSha256)
            else { throw damaged("does not match its hash") }
            encoded = [UInt8](segment.blob)
        }
        var prefix: [UInt8]?
        switch blob.encoding {
        case .plain:
            guard encoded.count == Int(blob.byteCount) else { throw damaged("has the wrong length") }
            return encoded
        case .zstd: break
        case .zstdAgainstEpoch:
            // Bases are earlier epochs, so this ends.
            guard blob.baseEpoch < record.epoch else { throw damaged("has a base that is no base") }
            prefix = try decode(field, of: baseRecord(record.timelineID, blob.baseEpoch))
        case .UNRECOGNIZED: throw damaged("has an encoding this program does not know")
        }
        let plain = encoded.withUnsafeBytes {
            Zstd.decompress($0, byteCount: Int(truncatingIfNeeded: blob.byteCount), prefix: prefix)
        }
        guard let plain else { throw damaged("does not decompress") }
        return plain
    }
}
