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
        // How far the page history reaches goes before any of it does: a kill in between leaves it to be made anew.
        var progress = StoreChange()
        for timeline in core.timelines { progress.delete(.records, key: StoreKey.earlierIndexProgress(timeline.id)) }
        try core.engine.commit(progress, durable: false)
        for space in [KeySpace.history, .maps, .hashes] { try core.deleteAll(space) }
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

extension StoreCore {
    /// Deletes a space's keys, a bounded number at a time.
    fileprivate func deleteAll(_ space: KeySpace) throws {
        let keysAtOnce = 10_000
        while true {
            var change = StoreChange()
            try engine.scan(space, from: [], to: nil) { key, _ in
                change.delete(space, key: [UInt8](key))
                return change.operations.count < keysAtOnce
            }
            if change.operations.isEmpty { return }
            try engine.commit(change, durable: false)
        }
    }
}
