import Dispatch
import GuestMemory
import Synchronization

/// One dirty page on its way to the indexes.
struct IndexEntry {
    var page: UInt64
    var pageClass: PageClass
    /// Where the content is; `.absent` for `.unchanged`.
    var location: PageLocation
    /// Of `.stored` content; nil when it is not to be indexed.
    var hash: PageHash?
}

/// Entries of consecutive own epochs of one timeline.
struct IndexBatch {
    let id: Int
    let timeline: UInt32
    var epochs: [(epoch: UInt64, entries: [IndexEntry])] = []
    /// Of the epochs that have any.
    var marks: [(epoch: UInt64, marks: [PageMark])] = []
    var entryCount = 0
}

/// Writes the derived indexes in sorted batches, on a thread of its own and off the commit's path:
///
///     history:  timeline, page, ~last epoch of batch  →  postings (docs/format.md, "Page history", "Page marks")
///     hashes:   first 8 bytes of a hash               →  location
///
/// A batch and the note how far it reaches are one atomic write. What a kill leaves unindexed is caught up when the
/// store is next opened for writing; until then queries scan it.
final class Indexer: Sendable {
    /// A batch is written when it has this many entries or epochs. Larger batches make shorter indexes (a page's
    /// postings of one batch share a key) and longer tails to scan.
    static let batchEntriesMax = 32 << 10
    static let batchEpochsMax = 128

    private let core: StoreCore
    private let queue = DispatchQueue(label: "palimpsest.indexer")
    /// Bounds the batches in memory: a writer that outruns the indexer waits.
    private let slots = DispatchSemaphore(value: 4)
    private let failure = Mutex<(any Error)?>(nil)
    private let nextBatch = Mutex(0)

    init(core: StoreCore) { self.core = core }

    func makeBatch(timeline: UInt32) -> IndexBatch {
        IndexBatch(
            id: nextBatch.withLock {
                $0 += 1
                return $0
            }, timeline: timeline)
    }

    /// Hands over a batch; it is written later. An error is thrown by `finish`: indexes are derived, and recording goes
    /// on without them. After one nothing more is written until the store is opened again, for a later batch would say that
    /// the indexes reach past the one that is missing.
    func submit(_ batch: sending IndexBatch) {
        guard !batch.epochs.isEmpty else { return }
        slots.wait()
        let work = IndexWork(batch: batch)
        queue.async { [self] in
            defer { slots.signal() }
            do {
                if failure.withLock({ $0 == nil }) { try write(work.batch) }
            } catch {
                note(error)
            }
            core.recentHashes.remove(batch: work.batch.id)
            core.directory.keepReserve()
        }
    }

    private func note(_ error: any Error) { failure.withLock { $0 = $0 ?? error } }

    /// Waits for everything handed over.
    ///
    /// - Throws: the first error met since the store was opened.
    func finish() throws {
        queue.sync {}
        if let error = failure.withLock({ $0 }) { throw error }
    }

    /// Indexes what was committed and not indexed when the store was last used.
    func catchUp() throws {
        for timeline in core.timelines { try indexRest(of: timeline) }
    }

    /// Indexes what a timeline without a writer has that nobody handed over. Where an index could not be written, nothing.
    func catchUp(_ timeline: Palimpsest_History_V1_TimelineRecord) throws {
        try queue.sync {
            guard failure.withLock({ $0 == nil }) else { return }
            try indexRest(of: timeline)
        }
    }

    private func indexRest(of timeline: Palimpsest_History_V1_TimelineRecord) throws {
        guard let head = try core.head(timeline.id) else { return }
        let first = try core.indexedThrough(timeline).map { $0 + 1 } ?? timeline.firstOwnEpoch
        guard first <= head.epoch else { return }
        try index(LineageStretch(timeline: timeline, epochs: first...head.epoch))
    }

    /// Lets `body` change what a timeline's page history tells of, and makes that anew where it was taken away
    /// (`StoreChange.dropPageHistory`), as far as it reached. No batch is written meanwhile: it would be all there is.
    func remaking<Result>(
        _ timeline: Palimpsest_History_V1_TimelineRecord, _ body: () throws -> Result
    ) throws -> Result {
        try queue.sync {
            let last = try core.indexedThrough(timeline)
            let result = Swift.Result(catching: body)
            do {
                if let last, try core.indexedThrough(timeline) == nil {
                    try index(LineageStretch(timeline: timeline, epochs: timeline.firstOwnEpoch...last))
                }
            } catch {
                note(error)
                throw error
            }
            return try result.get()
        }
    }

    /// Removes the hash index's entries of content that is gone.
    func removeHashes(where isGone: (PageLocation) -> Bool) throws {
        let keysAtOnce = 20_000
        var from: [UInt8]? = []
        while let start = from {
            // A batch at a time: what is recorded meanwhile is indexed in between.
            try queue.sync {
                var change = StoreChange()
                var count = 0
                from = nil
                try core.engine.scan(.hashes, from: start, to: nil) { key, value in
                    var reader = ByteReader(value)
                    if let location = reader.readVarint(), isGone(PageLocation(rawValue: location)) {
                        change.delete(.hashes, key: [UInt8](key))
                    }
                    count += 1
                    guard count == keysAtOnce else { return true }
                    from = [UInt8](key) + [0]
                    return false
                }
                if !change.operations.isEmpty { try core.engine.commit(change, durable: false) }
            }
        }
    }

    /// Reads a stretch's manifests and page tables and writes their index entries.
    func index(_ stretch: LineageStretch) throws {
        var batch = makeBatch(timeline: stretch.timeline.id)
        _ = try core.forEachEpochRecord(stretch) { record, _, _ in
            var entries: [IndexEntry] = []
            try record.forEachDirtyPage { page, pageClass, location in
                // Of a pruned epoch's pages some are gone, and the rest are found by their hashes already.
                let isNew = pageClass == .stored && record.isCheckpoint
                let hash = isNew ? try core.reader.entry(location).hash : nil
                entries.append(IndexEntry(page: page, pageClass: pageClass, location: location, hash: hash))
            }
            let marks = try core.pageMarks(of: record)
            if !batch.accepts(record.epoch) {
                try write(batch)
                batch = makeBatch(timeline: stretch.timeline.id)
            }
            if !marks.isEmpty { batch.marks.append((record.epoch, marks)) }
            batch.entryCount += entries.count + marks.count
            batch.epochs.append((record.epoch, entries))
            if batch.isFull {
                try write(batch)
                batch = makeBatch(timeline: stretch.timeline.id)
            }
            return true
        }
        if !batch.epochs.isEmpty { try write(batch) }
    }

    private func write(_ batch: IndexBatch) throws {
        var change = StoreChange()
        let lastEpoch = batch.epochs[batch.epochs.count - 1].epoch
        PagePostings.forEach(in: batch) { page, postings in
            change.put(
                .history, key: StoreKey.history(batch.timeline, page, lastEpoch: lastEpoch), value: postings)
        }
        PageMarks.forEach(in: batch) { page, postings in
            let key = StoreKey.history(batch.timeline, page | PageMarks.keyBit, lastEpoch: lastEpoch)
            change.put(.history, key: key, value: postings)
        }
        var hashes: [(PageHash, PageLocation)] = []
        for (_, entries) in batch.epochs {
            for entry in entries {
                if let hash = entry.hash { hashes.append((hash, entry.location)) }
            }
        }
        hashes.sort { $0.0 < $1.0 }
        for (hash, location) in hashes {
            var value = ByteWriter(capacity: 16)
            value.appendVarint(location.rawValue)
            change.put(.hashes, key: StoreKey.hash(hash), value: value.bytes)
        }
        let key = StoreKey.indexProgress(batch.timeline)
        let progress = Palimpsest_History_V1_IndexProgressRecord.with { $0.epoch = lastEpoch }
        change.put(.history, key: key, value: try RecordEnvelope.seal(progress, space: .history, key: key))
        change.delete(.records, key: StoreKey.earlierIndexProgress(batch.timeline))
        try core.engine.commit(change, durable: false)
    }
}

extension StoreChange {
    /// Takes away a timeline's page history and the note how far it reaches: until it is made anew, queries scan the
    /// manifests.
    mutating func dropPageHistory(of timeline: UInt32) {
        let prefix = StoreKey.bigEndian(timeline)
        deleteRange(.history, from: prefix, to: StoreKey.end(ofPrefix: prefix)!)
        delete(.history, key: StoreKey.indexProgress(timeline))
        delete(.records, key: StoreKey.earlierIndexProgress(timeline))
    }
}

/// A batch crosses to the indexer's thread and is not touched by its maker afterwards.
private struct IndexWork: @unchecked Sendable {
    let batch: IndexBatch
}

extension IndexBatch {
    /// Whether an epoch may still come into the batch: queries look for one that is at most so many epochs long, and a record
    /// may stand for many.
    func accepts(_ epoch: UInt64) -> Bool {
        guard let first = epochs.first?.epoch else { return true }
        return epoch - first < UInt64(Indexer.batchEpochsMax)
    }

    var isFull: Bool { entryCount >= Indexer.batchEntriesMax || epochs.count >= Indexer.batchEpochsMax }
}

extension Palimpsest_History_V1_TimelineRecord {
    var firstOwnEpoch: UInt64 { hasFork ? fork.parentEpoch + 1 : 0 }
}

extension StoreCore {
    /// The last own epoch of a timeline that the indexes have; nil for none.
    func indexedThrough(_ timeline: Palimpsest_History_V1_TimelineRecord) throws -> UInt64? {
        try indexProgress(timeline, .history, StoreKey.indexProgress(timeline.id))
            ?? indexProgress(timeline, .records, StoreKey.earlierIndexProgress(timeline.id))
    }

    private func indexProgress(
        _ timeline: Palimpsest_History_V1_TimelineRecord, _ space: KeySpace, _ key: [UInt8]
    ) throws -> UInt64? {
        try engine.read(space, key: key) {
            try RecordEnvelope.open(
                Palimpsest_History_V1_IndexProgressRecord.self, $0, space: space, key: key,
                name: "the index progress of timeline '\(timeline.name)'")
        }?.epoch
    }

    /// Where content with this hash is, as far as recent commits and the index know. To be compared before use: the
    /// index has only the hash's first 8 bytes.
    func location(of hash: PageHash) throws -> PageLocation? {
        if let recent = recentHashes.location(of: hash) { return recent }
        return try engine.read(.hashes, key: StoreKey.hash(hash)) { value in
            var reader = ByteReader(value)
            guard let location = reader.readVarint(), reader.isAtEnd else {
                throw HistoryStoreError.damaged(what: "the index entry of content \(hash) is malformed")
            }
            return PageLocation(rawValue: location)
        }
    }
}
