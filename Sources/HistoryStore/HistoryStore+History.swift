import GuestMemory

extension HistoryStore {
    /// Every epoch in `epochs` that wrote `page`, oldest first, ancestors' included: from the index, and from the
    /// manifests that the indexer has not reached.
    ///
    /// - Throws: `HistoryStoreError.noSuchTimeline`, `.damaged`.
    public func history(
        page: GuestPhysicalPage, timeline: String, epochs: ClosedRange<UInt64>
    ) throws -> [PageVersion] {
        let core = try core
        var versions: [PageVersion] = []
        var location: PageLocation?
        for stretch in try core.lineage(of: timeline, in: epochs) {
            for posting in try core.postings(of: page, in: stretch) {
                if posting.pageClass != .unchanged {
                    location = posting.location
                } else if location == nil {
                    location = try pageMap(timeline: timeline, epoch: posting.epoch).location(of: page)
                }
                versions.append(try version(posting, at: location ?? .absent, in: stretch, core))
            }
        }
        return versions
    }

    private func version(
        _ posting: PagePosting, at location: PageLocation, in stretch: LineageStretch, _ core: StoreCore
    ) throws -> PageVersion {
        var version = PageVersion(
            timeline: stretch.timeline.name, epoch: posting.epoch, hash: try pageHash(at: location), storedBytes: 0,
            kind: .unchanged, location: location)
        switch posting.pageClass {
        case .unchanged: version.kind = .unchanged
        case .zero: version.kind = .zero
        case .duplicate: version.kind = .duplicate
        case .stored:
            let entry = try core.reader.entry(location)
            version.kind = entry.kind.isDelta ? .delta : .keyframe
            version.storedBytes = entry.tableByteCount + entry.payloadByteCount
        }
        return version
    }
}

extension StoreCore {
    /// A page's postings in a stretch, oldest first.
    fileprivate func postings(of page: GuestPhysicalPage, in stretch: LineageStretch) throws -> [PagePosting] {
        let indexed = try indexedThrough(stretch.timeline)
        var postings: [PagePosting] = []
        if let indexed, indexed >= stretch.epochs.lowerBound {
            postings = try indexedPostings(of: page, in: stretch)
        }
        let firstUnindexed = max(indexed.map { $0 + 1 } ?? 0, stretch.epochs.lowerBound)
        guard firstUnindexed <= stretch.epochs.upperBound else { return postings }
        let tail = LineageStretch(timeline: stretch.timeline, epochs: firstUnindexed...stretch.epochs.upperBound)
        _ = try forEachEpochRecord(tail) { record, _, _ in
            try record.forEachDirtyPage { number, pageClass, location in
                guard number == page.number else { return }
                postings.append(PagePosting(epoch: record.epoch, pageClass: pageClass, location: location))
            }
            return true
        }
        return postings
    }

    private func indexedPostings(
        of page: GuestPhysicalPage, in stretch: LineageStretch
    ) throws -> [PagePosting] {
        let prefix = StoreKey.historyPrefix(stretch.timeline.id, page.number)
        var newestFirst: [[PagePosting]] = []
        try engine.scan(.history, from: prefix, to: StoreKey.end(ofPrefix: prefix)) { key, value in
            guard let batch = PagePostings.decode(value), let last = batch.last else {
                throw HistoryStoreError.damaged(
                    what: "the index entry of \(page) of timeline '\(stretch.timeline.name)' is malformed")
            }
            newestFirst.append(batch.filter { stretch.epochs.contains($0.epoch) })
            return last.epoch >= stretch.epochs.lowerBound
        }
        return newestFirst.reversed().flatMap { $0 }
    }
}
