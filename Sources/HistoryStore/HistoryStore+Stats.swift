import GuestMemory

extension HistoryStore {
    /// Counts everything, by a walk over all manifests.
    ///
    /// - Throws: `HistoryStoreError.damaged`.
    public func stats() throws -> StoreStatistics {
        let core = try core
        var statistics = StoreStatistics()
        for timeline in core.timelines {
            statistics.timelines += 1
            guard let head = try core.head(timeline.id) else { continue }
            let own = LineageStretch(timeline: timeline, epochs: timeline.firstOwnEpoch...head.epoch)
            _ = try core.forEachEpochRecord(own) { record, _, byteCount in
                statistics.epochs += 1
                statistics.pages += PageCounts(record.pages)
                statistics.capture += CaptureCounts(record.capture)
                statistics.scan_us &+= record.scanUs
                statistics.copy_us &+= record.copyUs
                if record.epoch > 0 { statistics.stuns_us.add(record.stunUs) }
                statistics.segmentBytes += record.segmentByteCount
                statistics.manifestBytes += byteCount
                return true
            }
        }
        try core.engine.scan(.maps, from: [], to: nil) { _, value in
            statistics.mapBytes += value.count
            return true
        }
        statistics.pageVersions = statistics.pages.total
        statistics.logicalBytes = statistics.pageVersions * pageSize
        statistics.storedBytes = statistics.segmentBytes + statistics.manifestBytes + statistics.mapBytes
        statistics.directoryBytes = core.directory.occupiedBytes()
        return statistics
    }
}

extension PageCounts {
    static func += (sum: inout PageCounts, other: PageCounts) {
        sum.keyframes += other.keyframes
        sum.deltas += other.deltas
        sum.zero += other.zero
        sum.duplicates += other.duplicates
        sum.unchanged += other.unchanged
    }
}
