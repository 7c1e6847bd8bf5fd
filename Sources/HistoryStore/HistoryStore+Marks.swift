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
            found += try core.marks(of: page, in: stretch)
        }
        return found
    }
}

extension HistoryStore {
    /// - Throws: `HistoryStoreError.damaged`.
    func pageMarks(of manifest: EpochManifest) throws -> [PageMark] { try core.pageMarks(of: manifest.record) }
}
