import GuestMemory

/// What is known while walking along one timeline.
struct VerifierWalk {
    var timeline: Palimpsest_History_V1_TimelineRecord
    var head: UInt64
    /// nil after a manifest that could not be read, until the next stored map.
    var map: PageMap?
    /// What the next manifest names; nil when the one before could not be read.
    var chainHash: [UInt8]?
    /// Pages of the map whose content is damaged.
    var damagedPages: Set<UInt64>
    /// Written since the last checkpoint that is there.
    var written: [UInt64: PageLocation] = [:]
    var indexSum = IndexSum()
    var indexedThrough: UInt64?
    var health: TimelineHealth
    /// The last checkpoint that was not pruned cannot be read whole: what is executed from it may not be reached.
    var isAfterDamage = false
}

extension Verifier {
    /// The last pass: every timeline from its first own epoch to its head, parents before children.
    func checkTimelines() {
        var walks: [VerifierWalk] = []
        for timeline in core.timelines {
            check(timeline.name, nil) {
                guard let head = try core.head(timeline.id) else {
                    throw HistoryStoreError.damaged(what: "the head is missing")
                }
                walks.append(
                    VerifierWalk(
                        timeline: timeline, head: head.epoch, map: PageMap(), chainHash: [], damagedPages: [],
                        health: TimelineHealth(timeline: timeline.name)))
            }
        }
        let total = walks.reduce(0) { $0 + Int($1.head - $1.timeline.firstOwnEpoch + 1) }
        var done = 0
        for var walk in walks where !report.wasInterrupted {
            checkTimeline(&walk) { count in
                done += count
                progress(VerifyProgress(epochsDone: done, epochsTotal: total))
            }
            report.timelines.append(walk.health)
        }
    }

    private func checkTimeline(_ walk: inout VerifierWalk, progress: (Int) -> Void) {
        let timeline = walk.timeline
        if timeline.hasFork { begin(&walk, at: forks[timeline.id]) }
        walk.indexedThrough = nil
        check(timeline.name, nil) { walk.indexedThrough = try core.indexedThrough(timeline) }
        let children = core.timelines.filter { $0.hasFork && $0.fork.parentID == timeline.id }
        var epoch = timeline.firstOwnEpoch
        while epoch <= walk.head, !report.wasInterrupted {
            let last = checkEpoch(epoch, &walk)
            for child in children where child.fork.parentEpoch == last {
                forks[child.id] = Fork(
                    map: walk.map.map { PageMap(copying: $0) }, chainHash: walk.chainHash,
                    damagedPages: walk.damagedPages)
            }
            report.epochCount += Int(last - epoch + 1)
            progress(Int(last - epoch + 1))
            report.wasInterrupted = shouldStop()
            epoch = last + 1
        }
        guard !report.wasInterrupted else { return }
        check(timeline.name, nil) { try checkEnd(walk) }
        check(timeline.name, nil) { try checkPageHistory(walk) }
    }

    private func begin(_ walk: inout VerifierWalk, at fork: Fork?) {
        guard let fork else {
            (walk.map, walk.chainHash) = (nil, nil)
            return note(walk.timeline.name, nil, "the epoch it was forked from is missing")
        }
        (walk.map, walk.chainHash, walk.damagedPages) = (fork.map, fork.chainHash, fork.damagedPages)
    }

    private func checkEnd(_ walk: VerifierWalk) throws {
        let record = try core.head(walk.timeline.id)
        if let hash = walk.chainHash, record.map({ [UInt8]($0.manifestHash) }) != hash {
            throw HistoryStoreError.damaged(what: "its head names another last epoch than is there")
        }
        let beyond = try core.engine.read(.manifests, key: StoreKey.epoch(walk.timeline.id, walk.head + 1)) { _ in true
        }
        if beyond != nil { throw HistoryStoreError.damaged(what: "there are epochs beyond its head \(walk.head)") }
    }

    // MARK: One record

    /// Returns the last epoch that the record at `epoch` stands for.
    private func checkEpoch(_ epoch: UInt64, _ walk: inout VerifierWalk) -> UInt64 {
        let name = walk.timeline.name
        var found: (record: Palimpsest_History_V1_EpochRecord, hash: [UInt8])?
        let isThere = check(name, epoch) {
            let one = LineageStretch(timeline: walk.timeline, epochs: epoch...epoch)
            _ = try core.forEachEpochRecord(one) { record, hash, _ in
                found = (record, hash)
                return false
            }
        }
        guard isThere, let (record, sealedHash) = found else {
            (walk.map, walk.chainHash) = (nil, nil)
            walk.written = [:]
            noteDamaged(epoch, &walk)
            walk.isAfterDamage = true
            adoptStoredMap(at: epoch, &walk)
            return epoch
        }
        if let previous = walk.chainHash, [UInt8](record.previousManifestHash) != previous {
            note(name, epoch, "it does not follow the epoch before")
        }
        walk.chainHash = record.chainHash(sealed: sealedHash)
        if record.timelineID != walk.timeline.id { note(name, epoch, "its manifest is another timeline's") }
        if record.firstEpochCovered != epoch { note(name, epoch, "what it says of the epochs it stands for is wrong") }
        var isSound = check(name, epoch) { try checkPageList(record, &walk) }
        isSound = check(name, epoch) { try addMarks(record, &walk) } && isSound
        isSound = checkBlobs(of: record, name) && isSound
        if record.isCheckpoint {
            walk.health.checkpointCount += 1
            walk.isAfterDamage = !isSound || walk.map == nil || !walk.damagedPages.isEmpty
            if walk.isAfterDamage { noteDamaged(epoch, &walk) }
        } else if walk.isAfterDamage, record.pruned.hasLog_p {
            reachDamage(epoch, &walk)
        }
        check(name, record.epoch) { try checkMap(at: record, walk) }
        adoptStoredMap(at: record.epoch, &walk)
        return record.epoch
    }

    private func noteDamaged(_ epoch: UInt64, _ walk: inout VerifierWalk) {
        walk.health.damagedCheckpointCount += 1
        walk.health.damagedPages.formUnion(walk.damagedPages)
        reachDamage(epoch, &walk)
    }

    private func reachDamage(_ epoch: UInt64, _ walk: inout VerifierWalk) {
        if let last = walk.health.damaged.last, last.upperBound + 1 == epoch {
            walk.health.damaged[walk.health.damaged.count - 1] = last.lowerBound...epoch
        } else {
            walk.health.damaged.append(epoch...epoch)
        }
    }

    private func checkPageList(_ record: Palimpsest_History_V1_EpochRecord, _ walk: inout VerifierWalk) throws {
        var counts = PageCounts()
        var previous: UInt64?
        var missing: [(page: UInt64, location: PageLocation)] = []
        let isIndexed = walk.indexedThrough.map { record.epoch <= $0 } ?? false
        try record.forEachDirtyPage { page, pageClass, location in
            if let previous, page <= previous { throw HistoryStoreError.damaged(what: "its pages do not rise") }
            previous = page
            switch pageClass {
            case .zero: counts.zero += 1
            case .unchanged:
                counts.unchanged += 1
                if record.isCheckpoint, let map = walk.map, map.location(of: GuestPhysicalPage(page)) == .absent {
                    throw HistoryStoreError.damaged(what: "page 0x\(String(page, radix: 16)) has no version before")
                }
            case .duplicate: counts.duplicates += 1
            case .stored: counts.deltas += 1
            }
            if isIndexed { walk.indexSum.add([page, record.epoch, pageClass.rawValue, location.rawValue]) }
            guard pageClass != .unchanged else { return }
            walk.map?.set(page, location)
            if record.isCheckpoint {
                walk.written[page] = nil
                if note(page, location, &walk) { missing.append((page, location)) }
            } else {
                walk.written[page] = location
            }
        }
        if record.isCheckpoint {
            for (page, location) in walk.written where note(page, location, &walk) { missing.append((page, location)) }
            walk.written = [:]
        }
        try compare(counts, PageCounts(record.pages))
        if let (page, location) = missing.first {
            throw HistoryStoreError.damaged(
                what: "\(missing.count) pages are missing, the first page 0x\(String(page, radix: 16)) at \(location)")
        }
    }

    /// Notes whether a page's content is sound now. Returns whether it is missing altogether.
    private func note(_ page: UInt64, _ location: PageLocation, _ walk: inout VerifierWalk) -> Bool {
        guard location.isStored else {
            walk.damagedPages.remove(page)
            return false
        }
        let isMissing = location.segment >= present.end || !present.contains(location)
        if isMissing || damaged.contains(location) {
            walk.damagedPages.insert(page)
        } else {
            walk.damagedPages.remove(page)
        }
        return isMissing
    }

    private func compare(_ counts: PageCounts, _ recorded: PageCounts) throws {
        guard counts.zero == recorded.zero, counts.unchanged == recorded.unchanged,
            counts.duplicates == recorded.duplicates, counts.deltas == recorded.deltas + recorded.keyframes
        else { throw HistoryStoreError.damaged(what: "its counts of pages are wrong") }
    }

    private func addMarks(_ record: Palimpsest_History_V1_EpochRecord, _ walk: inout VerifierWalk) throws {
        let marks = try core.pageMarks(of: record)
        guard walk.indexedThrough.map({ record.epoch <= $0 }) ?? false else { return }
        for mark in marks { walk.indexSum.add([mark.page | PageMarks.keyBit, record.epoch, mark.detail]) }
    }

    private func checkBlobs(of record: Palimpsest_History_V1_EpochRecord, _ name: String) -> Bool {
        var fields: [HistoryStore.BlobField] = [\.inputs, \.tlbEvents, \.consoleOutput, \.pageMarks]
        if record.isCheckpoint { fields.append(\.machineState) }
        var isSound = true
        for field in fields {
            isSound = check(name, record.epoch) { _ = try core.decode(field, of: record) } && isSound
        }
        return isSound
    }

    // MARK: Maps

    private func checkMap(at record: Palimpsest_History_V1_EpochRecord, _ walk: VerifierWalk) throws {
        let here = LineageStretch(timeline: walk.timeline, epochs: record.epoch...record.epoch)
        guard let stored = try core.storedMap(here, upTo: record.epoch)?.map, let map = walk.map else { return }
        var same = stored.pageCount == map.pageCount
        map.forEach { page, location in same = same && stored.location(of: page) == location }
        if !same { throw HistoryStoreError.damaged(what: "its page map differs from its manifests") }
    }

    /// Behind a manifest that cannot be read, a stored map is where reading goes on.
    private func adoptStoredMap(at epoch: UInt64, _ walk: inout VerifierWalk) {
        guard walk.map == nil else { return }
        let here = LineageStretch(timeline: walk.timeline, epochs: epoch...epoch)
        guard let stored = try? core.storedMap(here, upTo: epoch)?.map else { return }
        let map = PageMap(copying: stored)
        walk.map = map
        walk.damagedPages = []
        map.forEach { page, location in _ = note(page.number, location, &walk) }
    }
}
