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

    /// Which epochs in `epochs` wrote `page`, oldest first, and where the content is that they left: as `history`, without
    /// reading a segment.
    ///
    /// - Throws: `HistoryStoreError.noSuchTimeline`, `.damaged`.
    public func modifications(
        of page: GuestPhysicalPage, timeline: String, epochs: ClosedRange<UInt64>
    ) throws -> [PageModification] {
        let core = try core
        var modifications: [PageModification] = []
        for stretch in try core.lineage(of: timeline, in: epochs) {
            for posting in try core.postings(of: page, in: stretch) {
                let location = posting.pageClass == .unchanged ? nil : posting.location
                modifications.append(
                    PageModification(timeline: stretch.timeline.name, epoch: posting.epoch, location: location))
            }
        }
        return modifications
    }

    private func version(
        _ posting: PagePosting, at location: PageLocation, in stretch: LineageStretch, _ core: StoreCore
    ) throws -> PageVersion {
        var version = PageVersion(
            timeline: stretch.timeline.name, epoch: posting.epoch, hash: .zeroPage, storedBytes: 0, kind: .unchanged,
            location: location)
        if location.isStored {
            do {
                version.hash = try core.reader.entry(location).hash
            } catch HistoryStoreError.damaged(let what) {
                guard try core.epochRecord(stretch.timeline.id, posting.epoch).hasPruned else {
                    throw HistoryStoreError.damaged(what: what)
                }
                version.hash = nil
                version.kind = .pruned
                return version
            }
        }
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
