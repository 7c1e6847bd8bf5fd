import GuestMemory

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

extension TimelineWriter {
    /// Pages of one epoch whose earlier version may be read back from the store to be a base (after resuming, forking,
    /// or when memory for versions is short); each costs up to 0.1 ms. Further ones are stored whole.
    static let baseLoadsPerEpochMax = 128

    /// Stores one dirty page: as nothing when it is unchanged, zero or known, else as delta or keyframe.
    func add(_ dirty: DirtyPage, _ index: Int, _ input: EpochInput, to epoch: inout EpochInProgress) throws {
        let page = dirty.page.number
        let content = dirty.content
        let slot = versions.slot(of: page)
        let before = start.map.location(of: dirty.page)

        // The base image is not what an interval changed.
        if input.wantsPageChanges, input.epoch > 0, dirty.patch == nil { noteChange(of: dirty, slot, before, &epoch) }
        if let latest = versions.latestFrame(slot), memcmp(latest, content, pageSize) == 0 {
            return note(page, .unchanged, before, &epoch)
        }
        if PageContent.isZero(content) {
            versions.clear(slot)
            return note(page, before == .zero ? .unchanged : .zero, .zero, &epoch)
        }
        let hash = PageHash(page: content)
        if let known = try knownLocation(of: hash, content, slot, input, &epoch) {
            return try noteDuplicate(page, known, before, slot, content, &epoch)
        }
        try loadChainIfMissing(slot, before, &epoch)
        store(page, slot, hash, dirty, &epoch)
    }

    /// Tells how much changed in a page whose earlier content is at hand; a page that was never written held zeros.
    private func noteChange(
        of dirty: DirtyPage, _ slot: Int, _ before: PageLocation, _ epoch: inout EpochInProgress
    ) {
        let changedWords: Int
        if let latest = versions.latestFrame(slot) {
            changedWords = PageEncoder.wordCount - PageEncoder.unchangedWords(dirty.content, latest)
        } else if before == .zero || before == .absent {
            changedWords = PageEncoder.wordCount - PageEncoder.zeroWords(dirty.content)
        } else {
            return
        }
        epoch.pageChanges.append(PageChange(page: dirty.page, changedWords: changedWords))
    }

    private func note(_ page: UInt64, _ pageClass: PageClass, _ location: PageLocation, _ epoch: inout EpochInProgress)
    {
        epoch.pageList.add(page: page, pageClass, location: location)
        switch pageClass {
        case .unchanged: epoch.pageList.counts.unchanged += 1
        case .zero: epoch.pageList.counts.zero += 1
        case .duplicate: epoch.pageList.counts.duplicates += 1
        case .stored: break
        }
        if pageClass != .unchanged { start.map.set(page, location) }
        let indexed = pageClass == .unchanged ? PageLocation.absent : location
        epoch.indexEntries.append(
            IndexEntry(page: page, pageClass: pageClass, location: indexed, hash: nil))
    }

    // MARK: Content that is in the store already

    /// Where the same bytes are. A hash that is found is not believed: the bytes are compared, and what differs or
    /// cannot be read is passed over, so that damage elsewhere never spreads into a new epoch.
    private func knownLocation(
        of hash: PageHash, _ content: UnsafeRawPointer, _ slot: Int, _ input: EpochInput,
        _ epoch: inout EpochInProgress
    ) throws -> PageLocation? {
        if let here = epoch.storedHere[hash] {
            return memcmp(input.pages[here.input].content, content, pageSize) == 0 ? here.location : nil
        }
        guard let location = try core.location(of: hash), location.isStored,
            let entry = try? core.reader.entry(location), entry.hash == hash, core.gate.claim(location)
        else { return nil }
        do {
            try core.reader.read(location, into: scratch, known: { versions.frame(slot, at: $0) })
        } catch HistoryStoreError.damaged {
            return nil
        }
        return memcmp(scratch, content, pageSize) == 0 ? location : nil
    }

    private func noteDuplicate(
        _ page: UInt64, _ location: PageLocation, _ before: PageLocation, _ slot: Int, _ content: UnsafeRawPointer,
        _ epoch: inout EpochInProgress
    ) throws {
        if let chain = try chain(of: location, in: epoch) {
            versions.adoptChain(slot, chain.locations, versionIndex: chain.versionIndex, content: content)
        } else {
            versions.clear(slot)
        }
        note(page, location == before ? .unchanged : .duplicate, location, &epoch)
    }

    /// The chain that ends at a location (`VersionCache`), from the keyframe up; nil for content of this very epoch,
    /// whose segments are not readable yet, and for a chain of another make.
    private func chain(
        of location: PageLocation, in epoch: borrowing EpochInProgress
    ) throws -> (locations: [PageLocation], versionIndex: Int)? {
        if epoch.isStoredHere(location) { return nil }
        var next = location
        var locations: [PageLocation] = []
        let last = try core.reader.entry(location)
        var entry = last
        while true {
            locations.append(next)
            guard entry.kind.isDelta, locations.count <= 7 else { break }
            next = entry.base
            entry = try core.reader.entry(next)
        }
        guard locations.count == last.versionIndex.nonzeroBitCount + 1, locations.allSatisfy(core.gate.claim) else {
            return nil
        }
        return (locations.reversed(), last.versionIndex)
    }

    // MARK: New content

    private func store(
        _ page: UInt64, _ slot: Int, _ hash: PageHash, _ dirty: DirtyPage, _ epoch: inout EpochInProgress
    ) {
        let content = dirty.content
        if epoch.segmentNumber == 0 { epoch.segmentNumber = core.takeSegmentNumber() }
        let entryIndex = builder.entryCount
        let location = PageLocation(segment: epoch.segmentNumber, entry: entryIndex)
        let position = usableBasePosition(slot, &epoch)
        // A patch is against the newest version, which every other version is stored against.
        let patch = position == versions.chainCount(slot) - 1 ? dirty.patch : nil
        let base = position.flatMap { versions.frame(slot, $0) }
        assert(patch.map { isPatch($0, of: base, giving: content) } ?? true, "a patch does not give the page's content")
        let (kind, payload) = encoder.encode(content, base: base, patch: patch)
        let isDelta = kind.isDelta
        _ = builder.add(
            page: page, kind: kind, versionIndex: isDelta ? versions.versionIndex(slot) + 1 : 0,
            base: isDelta ? versions.location(slot, position!) : nil, hash: hash, payload: payload,
            segment: epoch.segmentNumber)
        if isDelta {
            versions.extendChain(slot, with: location, content: content)
            epoch.pageList.counts.deltas += 1
        } else {
            versions.startChain(slot, at: location, content: content)
            epoch.pageList.counts.keyframes += 1
        }
        epoch.pageList.add(page: page, .stored, location: location)
        epoch.indexEntries.append(IndexEntry(page: page, pageClass: .stored, location: location, hash: hash))
        epoch.storedHere[hash] = (epoch.indexEntries.count - 1, location)
        start.map.set(page, location)
    }

    private func isPatch(
        _ patch: UnsafeRawBufferPointer, of base: UnsafeRawPointer?, giving content: UnsafeRawPointer
    ) -> Bool {
        guard let base else { return true }
        scratch.copyMemory(from: base, byteCount: pageSize)
        return PagePatch.apply(patch, to: scratch) && memcmp(scratch, content, pageSize) == 0
    }

    /// The position on the page's chain of the base to use, with its content in memory; nil for a keyframe.
    private func usableBasePosition(_ slot: Int, _ epoch: inout EpochInProgress) -> Int? {
        guard versions.chainCount(slot) > 0, versions.versionIndex(slot) + 1 < options.keyframeInterval else {
            return nil
        }
        let position = versions.basePosition(slot)
        guard core.gate.claim(versions.location(slot, position)) else { return nil }
        if versions.frame(slot, position) != nil { return position }
        guard epoch.baseLoadsLeft > 0 else { return nil }
        epoch.baseLoadsLeft -= 1
        // A base that cannot be read is not worth failing for: the page is stored whole.
        guard (try? core.reader.read(versions.location(slot, position), into: scratch)) != nil else { return nil }
        versions.fill(slot, position, content: scratch)
        return versions.frame(slot, position) == nil ? nil : position
    }

    /// For a page this writer has not written yet, after resuming or forking: the chain its stored version ends.
    private func loadChainIfMissing(
        _ slot: Int, _ before: PageLocation, _ epoch: inout EpochInProgress
    ) throws {
        guard versions.chainCount(slot) == 0, before.isStored, epoch.baseLoadsLeft > 0,
            let chain = try? chain(of: before, in: epoch)
        else { return }
        versions.adoptLocations(slot, chain.locations, versionIndex: chain.versionIndex)
    }
}

extension EpochInProgress {
    func isStoredHere(_ location: PageLocation) -> Bool {
        location.segment == segmentNumber || record.segments.contains { $0.number == location.segment }
    }
}
