import Foundation
import GuestMemory
import Synchronization

/// Where a writer takes up a timeline.
struct WriterStart {
    /// nil before checkpoint 0.
    var headEpoch: UInt64?
    var manifestHash: [UInt8] = []
    var map = PageMap()
    var mapSchedule = MapSchedule()
}

/// Appends epochs to one timeline. Made by `HistoryStore.createTimeline` and `resumeTimeline`.
///
/// Calls come from one thread at a time. After an error the writer takes no more epochs, as its memory may be ahead of
/// what is stored; the history is valid up to the last acknowledged epoch, and `resumeTimeline` goes on from there.
public final class TimelineWriter: @unchecked Sendable {
    public let name: String
    let store: HistoryStore
    let core: StoreCore
    let indexer: Indexer
    let options: WriterOptions
    private let lock = NSLock()

    // The rest is touched under the lock only.
    var record: Palimpsest_History_V1_TimelineRecord
    /// The timeline's record is written with its first epoch.
    var isNew: Bool
    var start: WriterStart
    var encoder = PageEncoder()
    var versions: VersionCache
    var builder = SegmentBuilder()
    var indexBatch: IndexBatch
    var stateChain = BlobChain()
    /// The last epoch that has its checkpoint.
    var lastCheckpoint: UInt64
    /// What pruned epochs that are imported come to, until there is a checkpoint to write them with.
    var heldChange = StoreChange()
    var heldIndexEntries: [(epoch: UInt64, entries: [IndexEntry], marks: [PageMark])] = []
    let scratch = UnsafeMutableRawPointer.allocate(byteCount: pageSize, alignment: pageSize)
    private var end = End.none
    private var unsynced: (epoch: UInt64, hash: [UInt8])?
    private var lastSync = ContinuousClock.now

    private enum End { case none, failed, closed }

    init(
        store: HistoryStore, core: StoreCore, indexer: Indexer, record: Palimpsest_History_V1_TimelineRecord,
        isNew: Bool, start: WriterStart, options: WriterOptions
    ) {
        precondition(
            options.keyframeInterval.nonzeroBitCount == 1
                && (2...SegmentFormat.versionIndexMax + 1).contains(options.keyframeInterval),
            "the keyframe interval is a power of two, 2 ... 64")
        name = record.name
        self.store = store
        self.core = core
        self.indexer = indexer
        self.record = record
        self.isNew = isNew
        self.start = start
        self.options = options
        lastCheckpoint = start.headEpoch ?? 0
        versions = VersionCache(byteCountMax: options.versionCacheBytes)
        indexBatch = indexer.makeBatch(timeline: record.id)
    }

    deinit { scratch.deallocate() }

    /// The last epoch appended or inherited; nil before checkpoint 0.
    public var headEpoch: UInt64? { lock.withLock { start.headEpoch } }

    /// Stores an epoch: segments, manifest and head in one atomic write, synced as `durability` says. On return with
    /// `durable` the epoch survives a loss of power; in any case it survives a kill of this process.
    ///
    /// - Throws: `HistoryStoreError.misuse` when the epoch does not follow the head or pages do not rise; `.diskFull`,
    ///   `.io`, `.damaged`. The epoch is then not acknowledged; it is there only if nothing but its mark failed.
    public func append(_ epoch: EpochInput) throws -> EpochReceipt {
        try lock.withLock {
            try checkOpen()
            try check(epoch)
            do {
                return try store(epoch)
            } catch {
                end = .failed
                throw error
            }
        }
    }

    /// The content of a page at the last checkpoint that was appended.
    func readPage(_ page: GuestPhysicalPage, into content: UnsafeMutableRawPointer) throws {
        try lock.withLock {
            let location = start.map.location(of: page)
            if let slot = versions.existingSlot(of: page.number), let frame = versions.frame(slot, at: location) {
                content.copyMemory(from: frame, byteCount: pageSize)
            } else {
                try core.reader.read(location, into: content)
            }
        }
    }

    /// Makes every appended epoch durable.
    public func flush() throws {
        try lock.withLock {
            try checkOpen()
            try sync()
        }
    }

    /// Makes every appended epoch durable and hands the rest to the indexer. Harmless when closed already.
    public func close() throws {
        try lock.withLock {
            guard end != .closed else { return }
            let failed = end == .failed
            end = .closed
            store.unregister(name)
            guard !failed else { return }
            try sync()
            submitIndexBatch()
        }
    }

    private func checkOpen() throws {
        switch end {
        case .none: return
        case .failed:
            throw HistoryStoreError.misuse("the writer of timeline '\(name)' has failed: resume the timeline")
        case .closed:
            throw HistoryStoreError.misuse("the writer of timeline '\(name)' is closed: resume the timeline")
        }
    }

    private func check(_ epoch: EpochInput) throws {
        let expected = start.headEpoch.map { $0 + 1 } ?? 0
        let first = epoch.pruning?.firstEpoch ?? epoch.epoch
        guard first == expected, first <= epoch.epoch, epoch.epoch > 0 || epoch.pruning == nil else {
            throw HistoryStoreError.misuse(
                "epoch \(epoch.epoch) was offered to timeline '\(name)', whose next is \(expected)")
        }
        var previous: UInt64?
        for page in epoch.pages {
            guard page.page.number < PageMarks.keyBit, previous.map({ $0 < page.page.number }) ?? true else {
                throw HistoryStoreError.misuse("the dirty pages of epoch \(epoch.epoch) do not rise")
            }
            previous = page.page.number
        }
        let marks = epoch.pageMarks
        guard zip(marks, marks.dropFirst()).allSatisfy({ $0.page < $1.page }),
            marks.last.map({ $0.page < PageMarks.keyBit }) ?? true
        else { throw HistoryStoreError.misuse("the page marks of epoch \(epoch.epoch) do not rise") }
    }

    // MARK: Durability

    /// Whether the commit about to be made is to be synced. The first of a timeline always is.
    var syncIsDue: Bool {
        switch options.durability {
        case .epoch: true
        case .interval(let seconds): isNew || ContinuousClock.now - lastSync >= .seconds(seconds)
        case .off: isNew
        }
    }

    /// After a commit: moves the high-water mark if the commit was synced.
    func noteCommit(_ epoch: UInt64, hash: [UInt8], synced: Bool) throws {
        if synced {
            try core.marks?.advance(timeline: record.id, epoch: epoch, manifestHash: hash)
            lastSync = .now
            unsynced = nil
        } else {
            unsynced = (epoch, hash)
        }
    }

    private func sync() throws {
        guard let unsynced else { return }
        // An empty synced write carries everything before it to stable storage.
        try core.engine.commit(StoreChange(), durable: true)
        try noteCommit(unsynced.epoch, hash: unsynced.hash, synced: true)
    }

    // MARK: Collection

    /// Returns when the epoch that was being stored is, or has failed.
    func waitForEpoch() { lock.withLock {} }

    /// Versions that are gone can be no bases.
    func forgetBases(where isGone: (PageLocation) -> Bool) {
        lock.withLock { versions.removeChains(with: isGone) }
    }

    // MARK: Indexing

    /// Hands over what waits for a full batch.
    func handOverIndexBatch() {
        lock.withLock { submitIndexBatch() }
    }

    func submitIndexBatch() {
        let batch = indexBatch
        indexBatch = indexer.makeBatch(timeline: record.id)
        indexer.submit(batch)
    }
}
