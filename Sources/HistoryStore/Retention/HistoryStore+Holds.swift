/// A stretch of epochs that is not to be pruned.
public struct Hold: Equatable, Sendable {
    public var name: String
    public var timeline: String
    public var first: UInt64
    public var last: UInt64
}

extension HistoryStore {
    /// Protects the checkpoints of a stretch from pruning; a hold of that name is replaced. Durable on return.
    ///
    /// - Throws: `HistoryStoreError.noSuchTimeline`, `.noSuchEpoch`, `.readOnly`, `.misuse`.
    public func setHold(name: String, timeline: String, epochs: ClosedRange<UInt64>) throws {
        guard Self.isValidName(name) else {
            throw HistoryStoreError.misuse(
                "'\(name)' is no name for a hold: use up to 128 letters, digits, '-', '_' and '.'")
        }
        let core = try core
        let head = try headEpoch(timeline: timeline)
        guard epochs.upperBound <= head else {
            throw HistoryStoreError.noSuchEpoch(timeline: timeline, epoch: epochs.upperBound)
        }
        let record = try Palimpsest_History_V1_HoldRecord.with {
            $0.name = name
            $0.timelineID = try core.timeline(named: timeline).id
            $0.firstEpoch = epochs.lowerBound
            $0.lastEpoch = epochs.upperBound
        }
        let key = StoreKey.hold(name)
        var change = StoreChange()
        change.put(.records, key: key, value: try RecordEnvelope.seal(record, space: .records, key: key))
        try core.commitAcknowledged(change)
    }

    /// Every hold, by name.
    public func holds() throws -> [Hold] {
        let core = try core
        var holds: [Hold] = []
        let prefix = [StoreKey.holdPrefix]
        try core.engine.scan(.records, from: prefix, to: StoreKey.end(ofPrefix: prefix)) { key, value in
            let record = try RecordEnvelope.open(
                Palimpsest_History_V1_HoldRecord.self, value, space: .records, key: [UInt8](key), name: "a hold")
            guard record.firstEpoch <= record.lastEpoch else {
                throw HistoryStoreError.damaged(what: "the hold '\(record.name)' ends before it begins")
            }
            holds.append(
                Hold(
                    name: record.name, timeline: try core.timeline(record.timelineID).name, first: record.firstEpoch,
                    last: record.lastEpoch))
            return true
        }
        return holds
    }

    /// - Throws: `HistoryStoreError.noSuchHold`, `.readOnly`.
    public func deleteHold(name: String) throws {
        let core = try core
        let key = StoreKey.hold(name)
        guard try core.engine.read(.records, key: key, { _ in true }) != nil else {
            throw HistoryStoreError.noSuchHold(name)
        }
        var change = StoreChange()
        change.delete(.records, key: key)
        try core.commitAcknowledged(change)
    }
}
