import GuestMemory

extension HistoryStore {
    /// Deletes everything that is derived (page maps, page histories, hash index) and makes it again from manifests and
    /// segments. No writer may be open.
    ///
    /// - Throws: `HistoryStoreError.timelineInUse`, `.readOnly`, `.damaged` when a manifest or segment is.
    public func rebuildIndexes() throws {
        let core = try core
        let indexer = try indexer
        if let name = openWriters.first { throw HistoryStoreError.timelineInUse(name) }
        try indexer.finish()
        lastMap = nil
        // All at once: what a kill left of old page histories would be taken for a part of the new ones.
        var change = StoreChange()
        for space in [KeySpace.history, .maps, .hashes] { change.deleteAll(space) }
        for timeline in core.timelines { change.delete(.records, key: StoreKey.earlierIndexProgress(timeline.id)) }
        try core.engine.commit(change, durable: false)
        // Parents are older than their children, so a child finds its parent's maps made.
        for timeline in core.timelines { try rebuildMaps(timeline, core) }
        try indexer.catchUp()
    }

    private func rebuildMaps(_ timeline: Palimpsest_History_V1_TimelineRecord, _ core: StoreCore) throws {
        guard let head = try core.head(timeline.id) else { return }
        var map = PageMap()
        var schedule = MapSchedule()
        if timeline.hasFork {
            let parent = try core.timeline(timeline.fork.parentID)
            let start = try mapAndItsAge(timeline: parent.name, epoch: timeline.fork.parentEpoch)
            map = start.map
            schedule = MapSchedule(
                epochs: Int(timeline.fork.parentEpoch - start.mapEpoch), dirtyPages: start.dirtyPages)
        }
        let own = LineageStretch(timeline: timeline, epochs: timeline.firstOwnEpoch...head.epoch)
        _ = try core.forEachEpochRecord(own) { record, _, _ in
            try map.apply(record)
            guard schedule.isDue(dirtyPages: PageCounts(record.pages).total, presentPages: map.pageCount) else {
                return true
            }
            let key = StoreKey.map(timeline.id, record.epoch)
            var change = StoreChange()
            change.put(.maps, key: key, value: try RecordEnvelope.seal(map.encoded(), space: .maps, key: key))
            try core.engine.commit(change, durable: false)
            return true
        }
    }
}

extension StoreChange {
    /// Deletes every key of a space; they are shorter than 32 bytes.
    fileprivate mutating func deleteAll(_ space: KeySpace) {
        deleteRange(space, from: [], to: [UInt8](repeating: 0xff, count: 32))
    }
}
