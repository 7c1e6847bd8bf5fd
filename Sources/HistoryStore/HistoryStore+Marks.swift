import GuestMemory

extension HistoryStore {
    /// The epochs in `epochs` that left a mark on `page`, oldest first, ancestors' included: from the index, and from the
    /// manifests that the indexer has not reached.
    ///
    /// - Throws: `HistoryStoreError.noSuchTimeline`, `.damaged`.
    public func marks(
        page: UInt64, timeline: String, epochs: ClosedRange<UInt64>
    ) throws -> [PageMarkEpoch] {
        let core = try core
        var found: [PageMarkEpoch] = []
        for stretch in try core.lineage(of: timeline, in: epochs) {
            let indexed = try core.indexedThrough(stretch.timeline)
            if let indexed, indexed >= stretch.epochs.lowerBound {
                found += try core.indexedMarks(of: page, in: stretch)
            }
            let firstUnindexed = max(indexed.map { $0 + 1 } ?? 0, stretch.epochs.lowerBound)
            guard firstUnindexed <= stretch.epochs.upperBound else { continue }
            let tail = LineageStretch(timeline: stretch.timeline, epochs: firstUnindexed...stretch.epochs.upperBound)
            _ = try core.forEachEpochRecord(tail) { record, _, _ in
                for mark in try core.pageMarks(of: record) where mark.page == page {
                    found.append(PageMarkEpoch(epoch: record.epoch, detail: mark.detail))
                }
                return true
            }
        }
        return found
    }
}

extension HistoryStore {
    /// - Throws: `HistoryStoreError.damaged`.
    func pageMarks(of manifest: EpochManifest) throws -> [PageMark] { try core.pageMarks(of: manifest.record) }
}

extension StoreCore {
    fileprivate func indexedMarks(of page: UInt64, in stretch: LineageStretch) throws -> [PageMarkEpoch] {
        let prefix = StoreKey.historyPrefix(stretch.timeline.id, page | PageMarks.keyBit)
        // The newest batch comes first; those that end before the stretch begins are not looked at.
        let from = StoreKey.history(stretch.timeline.id, page | PageMarks.keyBit, lastEpoch: .max)
        var newestFirst: [[PageMarkEpoch]] = []
        try engine.scan(.history, from: from, to: StoreKey.end(ofPrefix: prefix)) { key, value in
            guard let batch = PageMarks.decodePostings(value), let last = batch.last else {
                throw HistoryStoreError.damaged(
                    what:
                        "the index of the marks of page 0x\(String(page, radix: 16)) of timeline '\(stretch.timeline.name)' is malformed"
                )
            }
            newestFirst.append(batch.filter { stretch.epochs.contains($0.epoch) })
            return last.epoch >= stretch.epochs.lowerBound
        }
        return newestFirst.reversed().flatMap { $0 }
    }
}
