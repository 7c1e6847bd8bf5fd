import GuestMemory

extension HistoryStore {
    /// Where every page is at the end of an epoch: the nearest stored map and the manifests since.
    ///
    /// - Throws: `HistoryStoreError.noSuchTimeline`, `.noSuchEpoch`, `.pruned`, `.forgotten`, `.damaged`.
    public func pageMap(timeline: String, epoch: UInt64) throws -> PageMap {
        let core = try core
        let own = try stretch(of: timeline, with: epoch, core)
        try core.requireCheckpoint(own.timeline, epoch)
        // Whoever walks along a timeline asks for the next epoch's map soon.
        if let last = lastMap, last.timeline == own.timeline.id, last.epoch >= own.epochs.lowerBound,
            last.epoch <= epoch, epoch - last.epoch <= Self.epochsAppliedToLastMapMax
        {
            if last.epoch == epoch { return last.map }
            let map = PageMap(copying: last.map)
            _ = try core.apply(own, from: last.epoch + 1, through: epoch, to: map)
            lastMap = (own.timeline.id, epoch, map)
            return map
        }
        let map = try mapAndItsAge(timeline: timeline, epoch: epoch).map
        lastMap = (own.timeline.id, epoch, map)
        return map
    }

    private static let epochsAppliedToLastMapMax: UInt64 = 32

    /// The timeline that has an epoch of `timeline`'s history as its own.
    private func stretch(of timeline: String, with epoch: UInt64, _ core: StoreCore) throws -> LineageStretch {
        guard let own = try core.lineage(of: timeline).last(where: { $0.epochs.contains(epoch) }) else {
            throw HistoryStoreError.noSuchEpoch(timeline: timeline, epoch: epoch)
        }
        return own
    }

    /// Where one page is at the end of an epoch, by the page's own history: for a few pages quicker than a whole map.
    ///
    /// - Throws: `HistoryStoreError.noSuchTimeline`, `.noSuchEpoch`, `.damaged`.
    public func location(of page: GuestPhysicalPage, timeline: String, epoch: UInt64) throws -> PageLocation {
        let core = try core
        _ = try stretch(of: timeline, with: epoch, core)
        for stretch in try core.lineage(of: timeline, in: 0...epoch).reversed() {
            var rest: LineageStretch? = stretch
            while let stretch = rest, let last = try core.lastPosting(of: page, in: stretch) {
                if last.pageClass != .unchanged { return last.location }
                guard last.epoch > stretch.epochs.lowerBound else { break }
                rest?.epochs = stretch.epochs.lowerBound...last.epoch - 1
            }
        }
        return .absent
    }

    /// Writes the 4096 bytes at `location` to `destination`, hashed and compared. `.absent` and `.zero` read as zeros.
    ///
    /// - Throws: `HistoryStoreError.damaged`, naming page, epoch and timeline.
    public func readPage(at location: PageLocation, into destination: UnsafeMutableRawPointer) throws {
        try core.reader.read(location, into: destination)
    }

    /// The recorded hash of the content at `location`. The content itself is not read.
    public func pageHash(at location: PageLocation) throws -> PageHash {
        guard location.isStored else { return .zeroPage }
        return try core.reader.entry(location).hash
    }

    /// The exact dirty set of an epoch, in page order, with each page's hash at its end.
    public func dirtyPages(timeline: String, epoch: UInt64) throws -> [DirtyPageHash] {
        let manifest = try manifest(timeline: timeline, epoch: epoch)
        guard manifest.pruning == .none else { return try dirtyPages(of: manifest) { _ in nil } }
        let map = try manifest.pages.unchanged > 0 ? pageMap(timeline: timeline, epoch: epoch) : nil
        return try dirtyPages(of: manifest) { try pageHash(at: map?.location(of: $0) ?? .absent) }
    }

    /// As `dirtyPages(timeline:epoch:)`, for a caller that follows the epochs one by one.
    ///
    /// - Parameter earlierHash: the hash that a page had before the epoch; asked for those that did not change.
    public func dirtyPages(
        of manifest: EpochManifest, earlierHash: (GuestPhysicalPage) throws -> PageHash?
    ) throws -> [DirtyPageHash] {
        if manifest.pruning == .forgotten { throw manifest.forgottenError }
        let isPruned = manifest.pruning != .none
        var pages: [DirtyPageHash] = []
        pages.reserveCapacity(manifest.dirtyPageCount)
        try manifest.record.forEachDirtyPage { number, pageClass, location in
            let page = GuestPhysicalPage(number)
            let hash: PageHash?
            if pageClass == .unchanged {
                // In a pruned epoch that was imported this also stands for content that is not known.
                if isPruned { hash = nil } else { hash = try earlierHash(page) }
            } else {
                hash = isPruned ? try? pageHash(at: location) : try pageHash(at: location)
            }
            pages.append(DirtyPageHash(page: page, hash: hash))
        }
        return pages
    }

    /// The map at an epoch, the epoch of the stored map it was made from (or 0) and the dirty pages applied since.
    func mapAndItsAge(
        timeline: String, epoch: UInt64
    ) throws -> (map: PageMap, mapEpoch: UInt64, dirtyPages: Int) {
        let core = try core
        let lineage = try core.lineage(of: timeline)
        _ = try stretch(of: timeline, with: epoch, core)
        var map = PageMap()
        var mapEpoch: UInt64?
        var nearest = lineage.startIndex
        for (index, stretch) in lineage.enumerated().reversed() where stretch.epochs.lowerBound <= epoch {
            guard let stored = try core.storedMap(stretch, upTo: epoch) else { continue }
            (map, mapEpoch, nearest) = (stored.map, stored.epoch, index)
            break
        }
        var dirtyPages = 0
        for stretch in lineage[nearest...] where stretch.epochs.lowerBound <= epoch {
            let from = max(mapEpoch.map { $0 + 1 } ?? 0, stretch.epochs.lowerBound)
            dirtyPages += try core.apply(stretch, from: from, through: epoch, to: map)
        }
        return (map, mapEpoch ?? 0, dirtyPages)
    }
}

extension StoreCore {
    /// - Throws: `HistoryStoreError.pruned`, `.forgotten`.
    func requireCheckpoint(_ timeline: Palimpsest_History_V1_TimelineRecord, _ epoch: UInt64) throws {
        let record = try epochRecord(timeline.id, epoch)
        guard record.hasPruned else { return }
        throw record.pruned.hasLog_p
            ? HistoryStoreError.pruned(timeline: timeline.name, epoch: epoch)
            : HistoryStoreError.forgotten(
                timeline: timeline.name, first: record.firstEpochCovered, last: record.epoch)
    }

    /// The last map stored in a stretch at or before `epoch`.
    func storedMap(
        _ stretch: LineageStretch, upTo epoch: UInt64
    ) throws -> (map: PageMap, epoch: UInt64)? {
        var found: (map: PageMap, epoch: UInt64)?
        let last = min(epoch, stretch.epochs.upperBound)
        try engine.scan(
            .maps, from: StoreKey.map(stretch.timeline.id, last),
            to: StoreKey.map(stretch.timeline.id, stretch.epochs.lowerBound) + [0]
        ) { key, value in
            let epoch = ~(StoreKey.readBigEndian(UInt64.self, key, at: 4) ?? 0)
            let name = "the page map at epoch \(epoch) of timeline '\(stretch.timeline.name)'"
            let record = try RecordEnvelope.open(
                Palimpsest_History_V1_PageMapRecord.self, value, space: .maps, key: [UInt8](key), name: name)
            guard let map = PageMap(record) else { throw HistoryStoreError.damaged(what: "\(name) is malformed") }
            found = (map, epoch)
            return false
        }
        return found
    }

    /// Applies the dirty sets of a stretch's epochs `from ... through` to `map`. Returns the number of dirty pages.
    fileprivate func apply(
        _ stretch: LineageStretch, from: UInt64, through: UInt64, to map: PageMap
    ) throws -> Int {
        let last = min(through, stretch.epochs.upperBound)
        guard from <= last else { return 0 }
        var dirtyPages = 0
        _ = try forEachEpochRecord(LineageStretch(timeline: stretch.timeline, epochs: from...last)) { record, _, _ in
            dirtyPages += PageCounts(record.pages).total
            try map.apply(record)
            return true
        }
        return dirtyPages
    }
}
