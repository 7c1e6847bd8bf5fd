extension HistoryStore {
    /// Names a position; a tag of that name is replaced. Durable on return.
    ///
    /// - Throws: `HistoryStoreError.noSuchTimeline`, `.noSuchEpoch`, `.readOnly`, `.misuse`.
    public func setTag(name: String, timeline: String, epoch: UInt64, instructions: UInt64 = 0) throws {
        guard Self.isValidName(name) else {
            throw HistoryStoreError.misuse(
                "'\(name)' is no name for a tag: use up to 128 letters, digits, '-', '_' and '.'")
        }
        let core = try core
        let record = try Palimpsest_History_V1_TagRecord.with {
            $0.name = name
            $0.timelineID = try core.timeline(named: timeline).id
            $0.epoch = try manifest(timeline: timeline, epoch: epoch).epoch
            $0.instructions = instructions
        }
        let key = StoreKey.tag(name)
        var change = StoreChange()
        change.put(.records, key: key, value: try RecordEnvelope.seal(record, space: .records, key: key))
        try core.commitAcknowledged(change)
    }

    /// Every tag, by name.
    public func tags() throws -> [Tag] {
        let core = try core
        var tags: [Tag] = []
        let prefix = [StoreKey.tagPrefix]
        try core.engine.scan(.records, from: prefix, to: StoreKey.end(ofPrefix: prefix)) { key, value in
            tags.append(try Self.tag(value, key: [UInt8](key), core))
            return true
        }
        return tags
    }

    /// - Throws: `HistoryStoreError.noSuchTag`.
    public func tag(named name: String) throws -> Tag {
        let core = try core
        let key = StoreKey.tag(name)
        guard let tag = try core.engine.read(.records, key: key, { try Self.tag($0, key: key, core) }) else {
            throw HistoryStoreError.noSuchTag(name)
        }
        return tag
    }

    /// - Throws: `HistoryStoreError.noSuchTag`, `.readOnly`.
    public func deleteTag(name: String) throws {
        _ = try tag(named: name)
        var change = StoreChange()
        change.delete(.records, key: StoreKey.tag(name))
        try core.commitAcknowledged(change)
    }

    private static func tag(_ value: UnsafeRawBufferPointer, key: [UInt8], _ core: StoreCore) throws -> Tag {
        let record = try RecordEnvelope.open(
            Palimpsest_History_V1_TagRecord.self, value, space: .records, key: key, name: "a tag")
        return Tag(
            name: record.name, timeline: try core.timeline(record.timelineID).name, epoch: record.epoch,
            instructions: record.instructions)
    }
}
