import GuestMemory

/// Reads everything and checks everything: the chain of manifests, every segment's hash, every page's, every blob, maps
/// and indexes. Shares no code with the writer. Goes on after damage, so that all of it is found.
struct Verifier {
    private let store: HistoryStore
    private let core: StoreCore
    private let progress: (VerifyProgress) -> Void
    private var findings: [Finding] = []
    private var done = VerifyProgress(epochsDone: 0, epochsTotal: 0)
    /// Maps at the forks that children hang on, made on the way.
    private var forkMaps: [UInt32: PageMap] = [:]
    private var forkHashes: [UInt32: [UInt8]] = [:]
    private let buffer = UnsafeMutableRawPointer.allocate(byteCount: pageSize, alignment: pageSize)

    /// What is known while walking along one timeline.
    private struct Walk {
        var timeline: Palimpsest_History_V1_TimelineRecord
        /// nil after a manifest that could not be read: what follows cannot be mapped.
        var map: PageMap?
        /// nil when the manifest before could not be read.
        var previousHash: [UInt8]?
        var indexSum = IndexSum()
        var indexedThrough: UInt64?
    }

    static func run(_ store: HistoryStore, progress: @escaping (VerifyProgress) -> Void) throws -> [Finding] {
        var verifier = Verifier(store: store, core: try store.core, progress: progress)
        defer { verifier.buffer.deallocate() }
        verifier.checkAll()
        return verifier.findings
    }

    private init(store: HistoryStore, core: StoreCore, progress: @escaping (VerifyProgress) -> Void) {
        self.store = store
        self.core = core
        self.progress = progress
    }

    private mutating func checkAll() {
        var heads: [(Palimpsest_History_V1_TimelineRecord, UInt64)] = []
        for timeline in core.timelines {
            check(timeline.name, nil) { verifier in
                guard let head = try verifier.core.head(timeline.id) else {
                    throw HistoryStoreError.damaged(what: "the head is missing")
                }
                heads.append((timeline, head.epoch))
                verifier.done.epochsTotal += Int(head.epoch - timeline.firstOwnEpoch + 1)
            }
        }
        for (timeline, head) in heads { checkTimeline(timeline, head: head) }
        check(nil, nil) { verifier in
            for tag in try verifier.store.tags() {
                verifier.check(tag.timeline, tag.epoch) {
                    _ = try $0.store.manifest(timeline: tag.timeline, epoch: tag.epoch)
                }
            }
        }
    }

    /// Runs a check and turns what it throws into a finding.
    private mutating func check(_ timeline: String?, _ epoch: UInt64?, _ body: (inout Verifier) throws -> Void) {
        do {
            try body(&self)
        } catch HistoryStoreError.damaged(let what) {
            findings.append(Finding(timeline: timeline, epoch: epoch, what: what))
        } catch {
            findings.append(Finding(timeline: timeline, epoch: epoch, what: "\(error)"))
        }
    }

    // MARK: Timelines

    private mutating func checkTimeline(_ timeline: Palimpsest_History_V1_TimelineRecord, head: UInt64) {
        var walk = Walk(timeline: timeline, map: PageMap(), previousHash: [])
        if timeline.hasFork {
            walk.map = forkMaps[timeline.id]
            walk.previousHash = forkHashes[timeline.id]
            if walk.previousHash == nil {
                let what = "the epoch it was forked from is missing"
                findings.append(Finding(timeline: timeline.name, epoch: nil, what: what))
            }
        }
        check(timeline.name, nil) { walk.indexedThrough = try $0.core.indexedThrough(timeline) }
        let children = core.timelines.filter { $0.hasFork && $0.fork.parentID == timeline.id }
        for epoch in timeline.firstOwnEpoch...head {
            checkEpoch(epoch, &walk)
            for child in children where child.fork.parentEpoch == epoch {
                forkMaps[child.id] = walk.map.map { PageMap(copying: $0) }
                forkHashes[child.id] = walk.previousHash
            }
            done.epochsDone += 1
            progress(done)
        }
        check(timeline.name, nil) { try $0.checkEnd(walk, head: head) }
        check(timeline.name, nil) { try $0.checkPageHistory(walk) }
    }

    private mutating func checkEnd(_ walk: Walk, head: UInt64) throws {
        let record = try core.head(walk.timeline.id)
        if let hash = walk.previousHash, record.map({ [UInt8]($0.manifestHash) }) != hash {
            throw HistoryStoreError.damaged(what: "its head names another last epoch than is there")
        }
        let beyond = try core.engine.read(.manifests, key: StoreKey.epoch(walk.timeline.id, head + 1)) { _ in true }
        if beyond != nil { throw HistoryStoreError.damaged(what: "there are epochs beyond its head \(head)") }
    }

    private mutating func checkEpoch(_ epoch: UInt64, _ walk: inout Walk) {
        let name = walk.timeline.name
        let key = StoreKey.epoch(walk.timeline.id, epoch)
        var record: Palimpsest_History_V1_EpochRecord?
        var hash: [UInt8]?
        check(name, epoch) { verifier in
            record = try verifier.core.epochRecord(walk.timeline.id, epoch)
            hash = try verifier.core.engine.read(.manifests, key: key) {
                [UInt8]($0.suffix(RecordEnvelope.hashByteCount))
            }
        }
        defer { walk.previousHash = hash }
        guard let record else {
            walk.map = nil
            return
        }
        if let previous = walk.previousHash, [UInt8](record.previousManifestHash) != previous {
            findings.append(Finding(timeline: name, epoch: epoch, what: "it does not follow the epoch before"))
        }
        if record.epoch != epoch || record.timelineID != walk.timeline.id {
            findings.append(Finding(timeline: name, epoch: epoch, what: "its manifest is another epoch's"))
        }
        checkSegments(of: record, name)
        check(name, epoch) { try $0.checkPageList(record, &walk) }
        check(name, epoch) { try $0.addMarks(record, &walk) }
        checkBlobs(of: record, name)
        check(name, epoch) { try $0.checkMap(at: epoch, walk) }
    }

    // MARK: One epoch

    private mutating func checkSegments(of record: Palimpsest_History_V1_EpochRecord, _ name: String) {
        for reference in record.segments {
            check(name, record.epoch) { verifier in
                let segment = try verifier.core.reader.loadSegment(reference.number)
                verifier.check(name, record.epoch) { _ in
                    guard segment.matchesItsHash(), segment.recordedHash == [UInt8](reference.sha256) else {
                        throw HistoryStoreError.damaged(what: "segment \(reference.number) does not match its hash")
                    }
                }
                guard segment.content == .pages, segment.epoch == record.epoch,
                    segment.timeline == record.timelineID, segment.entries.count == Int(reference.entryCount),
                    segment.byteCount == Int(reference.byteCount)
                else {
                    throw HistoryStoreError.damaged(what: "segment \(reference.number) is not what the manifest says")
                }
                for entry in segment.entries.indices {
                    let location = PageLocation(segment: segment.number, entry: entry)
                    verifier.check(name, record.epoch) { try $0.core.reader.read(location, into: $0.buffer) }
                }
            }
        }
    }

    private mutating func checkPageList(_ record: Palimpsest_History_V1_EpochRecord, _ walk: inout Walk) throws {
        var counts = PageCounts()
        var previous: UInt64?
        let isIndexed = walk.indexedThrough.map { record.epoch <= $0 } ?? false
        try record.forEachDirtyPage { page, pageClass, location in
            if let previous, page <= previous { throw HistoryStoreError.damaged(what: "its pages do not rise") }
            previous = page
            switch pageClass {
            case .zero: counts.zero += 1
            case .unchanged:
                counts.unchanged += 1
                if let map = walk.map, map.location(of: GuestPhysicalPage(page)) == .absent {
                    throw HistoryStoreError.damaged(what: "page 0x\(String(page, radix: 16)) has no version before")
                }
            case .duplicate:
                counts.duplicates += 1
                try core.reader.read(location, into: buffer)
            case .stored:
                let entry = try core.reader.entry(location)
                if entry.kind.isDelta { counts.deltas += 1 } else { counts.keyframes += 1 }
                guard entry.page == page else {
                    throw HistoryStoreError.damaged(what: "its page list and page tables disagree")
                }
                if isIndexed { try checkHashIndex(entry.hash, location) }
            }
            if isIndexed { walk.indexSum.add([page, record.epoch, pageClass.rawValue, location.rawValue]) }
            if pageClass != .unchanged { walk.map?.set(page, location) }
        }
        guard counts == PageCounts(record.pages) else {
            throw HistoryStoreError.damaged(what: "its counts of pages are wrong")
        }
    }

    private func addMarks(_ record: Palimpsest_History_V1_EpochRecord, _ walk: inout Walk) throws {
        let marks = try core.pageMarks(of: record)
        guard walk.indexedThrough.map({ record.epoch <= $0 }) ?? false else { return }
        for mark in marks { walk.indexSum.add([mark.page | PageMarks.keyBit, record.epoch, mark.detail]) }
    }

    private mutating func checkBlobs(of record: Palimpsest_History_V1_EpochRecord, _ name: String) {
        let fields: [HistoryStore.BlobField] = [
            \.machineState, \.inputs, \.tlbEvents, \.consoleOutput, \.pageMarks,
        ]
        for field in fields {
            check(name, record.epoch) { _ = try $0.core.decode(field, of: record) }
        }
    }

    private func checkMap(at epoch: UInt64, _ walk: Walk) throws {
        let here = LineageStretch(timeline: walk.timeline, epochs: epoch...epoch)
        guard let stored = try core.storedMap(here, upTo: epoch)?.map, let map = walk.map else { return }
        var same = stored.pageCount == map.pageCount
        map.forEach { page, location in same = same && stored.location(of: page) == location }
        if !same { throw HistoryStoreError.damaged(what: "its page map differs from its manifests") }
    }

    // MARK: Indexes

    private func checkPageHistory(_ walk: Walk) throws {
        var sum = IndexSum()
        let prefix = StoreKey.bigEndian(walk.timeline.id)
        try core.engine.scan(.history, from: prefix, to: StoreKey.end(ofPrefix: prefix)) { key, value in
            guard key.count == 18, let high = StoreKey.readBigEndian(UInt16.self, key, at: 4),
                let low = StoreKey.readBigEndian(UInt32.self, key, at: 6)
            else { throw HistoryStoreError.damaged(what: "its page history index is malformed") }
            try add(value, of: UInt64(high) << 32 | UInt64(low), to: &sum)
            return true
        }
        if walk.map != nil, sum != walk.indexSum {
            throw HistoryStoreError.damaged(
                what:
                    "its page history index differs from its manifests; 'palimpsest verify --rebuild-index' makes it anew"
            )
        }
    }

    private func add(_ value: UnsafeRawBufferPointer, of page: UInt64, to sum: inout IndexSum) throws {
        if page & PageMarks.keyBit != 0 {
            guard let marks = PageMarks.decodePostings(value) else {
                throw HistoryStoreError.damaged(what: "its index of page marks is malformed")
            }
            for mark in marks { sum.add([page, mark.epoch, mark.detail]) }
        } else {
            guard let postings = PagePostings.decode(value) else {
                throw HistoryStoreError.damaged(what: "its page history index is malformed")
            }
            for posting in postings {
                sum.add([page, posting.epoch, posting.pageClass.rawValue, posting.location.rawValue])
            }
        }
    }

    /// Stored content must be found by its hash: at its own location, or at another with the same hash.
    private func checkHashIndex(_ hash: PageHash, _ location: PageLocation) throws {
        let found = try core.engine.read(.hashes, key: StoreKey.hash(hash)) { value in
            var reader = ByteReader(value)
            return PageLocation(rawValue: reader.readVarint() ?? 0)
        }
        if found == location { return }
        guard let found, found.isStored, try core.reader.entry(found).hash.high == hash.high else {
            throw HistoryStoreError.damaged(what: "the hash index does not lead to content \(hash)")
        }
    }
}

/// A sum over index entries in which order does not matter: compares an index with the manifests in no memory.
private struct IndexSum: Equatable {
    private var count = 0
    private var sum: UInt64 = 0

    mutating func add(_ values: [UInt64]) {
        var mixed: UInt64 = 0
        for value in values {
            mixed = (mixed ^ value) &* 0x9e37_79b9_7f4a_7c15
            mixed ^= mixed >> 29
        }
        count += 1
        sum &+= mixed
    }
}
