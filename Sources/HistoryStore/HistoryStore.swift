import GuestMemory
import Synchronization

/// A history on disk: timelines of epochs, their pages and the records about them.
///
/// It knows pages and blobs and no machine. One process at a time writes (`Mode.readWrite`, `.create`); others may read
/// beside it. All calls may be made from any thread; a `TimelineWriter` from one at a time.
///
///     TimelineWriter ──▶ segments + manifest + head, one atomic synced write ──▶ engine (RocksDB)
///            └────────▶ Indexer (another thread) ──▶ page → epochs, hash → location
///     pageMap(timeline, epoch) ──▶ PageMap ──▶ readPage(location), hashed and compared
///
/// docs/format.md describes what is on disk.
public final class HistoryStore: Sendable {
    public enum Mode: Sendable {
        /// Sees what was committed when it was opened or last refreshed. Works beside a recorder.
        case readOnly
        /// For an existing store.
        case readWrite
        /// As `readWrite`, for work that makes room: it may use what is kept in reserve for a full disk.
        case maintenance
        /// As `readWrite`, and makes the store when there is none.
        case create
    }

    public let path: String
    public let mode: Mode
    private let state: Mutex<State>

    private struct State {
        var core: StoreCore?
        var indexer: Indexer?
        var writers: [String: WeakWriter] = [:]
        var lastMap: (timeline: UInt32, epoch: UInt64, map: PageMap)?
    }
    private struct WeakWriter {
        weak var writer: TimelineWriter?
    }

    /// Bytes that reading may use for what it has read; a writer's earlier versions come on top (`WriterOptions`).
    public static let cacheByteCountDefault = 64 << 20
    let cacheByteCount: Int

    private init(path: String, mode: Mode, core: StoreCore, indexer: Indexer?, cacheByteCount: Int) {
        self.path = path
        self.mode = mode
        self.cacheByteCount = cacheByteCount
        state = Mutex(State(core: core, indexer: indexer))
    }

    /// Opens the store in directory `path`. A store of an earlier format that is opened for writing becomes one of this.
    ///
    /// - Parameter cacheByteCount: see `cacheByteCountDefault`.
    /// - Throws: `HistoryStoreError.notAStore`, `.newerFormat`, `.lockedByAnotherProcess`, `.damaged` (also when an
    ///   acknowledged epoch is missing), `.io`, `.diskFull`.
    public static func open(
        path: String, mode: Mode, cacheByteCount: Int = HistoryStore.cacheByteCountDefault
    ) throws -> HistoryStore {
        let directory = StoreDirectory(path: path)
        switch mode {
        case .readOnly:
            return HistoryStore(
                path: path, mode: mode, core: try openForReading(directory, cacheByteCount), indexer: nil,
                cacheByteCount: cacheByteCount)
        case .readWrite, .maintenance, .create:
            let core = try openForWriting(directory, mode, cacheByteCount)
            let indexer = Indexer(core: core)
            try indexer.catchUp()
            return HistoryStore(
                path: path, mode: mode, core: core, indexer: indexer, cacheByteCount: cacheByteCount)
        }
    }

    /// For a store open for reading only: makes what was committed since visible. Otherwise without effect.
    public func refresh() throws {
        guard mode == .readOnly else { return }
        _ = try core
        let fresh = try Self.openForReading(StoreDirectory(path: path), cacheByteCount)
        state.withLock {
            $0.core = fresh
            $0.lastMap = nil
        }
    }

    /// Closes the writers that are open, finishes the indexes and releases the directory.
    public func close() throws {
        for writer in state.withLock({ $0.writers.values.compactMap { $0.writer } }) { try writer.close() }
        let (core, indexer) = state.withLock { state in
            defer {
                state.core = nil
                state.indexer = nil
                state.lastMap = nil
            }
            return (state.core, state.indexer)
        }
        try indexer?.finish()
        guard mode != .readOnly, let core else { return }
        try core.engine.settle()
        try core.noteWrites()
        core.directory.keepReserve()
    }

    /// The parts of the store while it is open.
    var core: StoreCore {
        get throws {
            guard let core = state.withLock({ $0.core }) else { throw HistoryStoreError.closed(path: path) }
            return core
        }
    }

    var indexer: Indexer {
        get throws {
            _ = try core
            guard let indexer = state.withLock({ $0.indexer }) else { throw HistoryStoreError.readOnly(path: path) }
            return indexer
        }
    }

    // MARK: Writers and the last map

    /// Makes the only writer of a timeline.
    func register(_ name: String, make: () throws -> TimelineWriter) throws -> TimelineWriter {
        guard state.withLock({ $0.writers[name]?.writer == nil }) else {
            throw HistoryStoreError.timelineInUse(name)
        }
        let writer = try make()
        state.withLock { $0.writers[name] = WeakWriter(writer: writer) }
        return writer
    }

    /// Names of timelines that have a writer.
    var openWriters: [String] { state.withLock { $0.writers.filter { $0.value.writer != nil }.map(\.key) } }

    var openWriterObjects: [TimelineWriter] { state.withLock { $0.writers.values.compactMap(\.writer) } }

    func unregister(_ name: String) { state.withLock { $0.writers[name] = nil } }

    /// The map made last: whoever walks along a timeline asks for the next epoch's soon.
    var lastMap: (timeline: UInt32, epoch: UInt64, map: PageMap)? {
        get { state.withLock { $0.lastMap } }
        set { state.withLock { $0.lastMap = newValue } }
    }

    // MARK: Opening

    private static func openForReading(_ directory: StoreDirectory, _ cacheByteCount: Int) throws -> StoreCore {
        _ = try directory.check()
        // Marks first: what they promise is then in whatever the engine shows.
        let marks = try HighWaterMarks.read(path: directory.marksFile)
        let engine = try RocksEngine(
            path: directory.database, readOnly: true, create: false, cacheByteCount: cacheByteCount / 4)
        let core = try StoreCore(directory: directory, engine: engine, marks: nil, cacheByteCount: cacheByteCount)
        try core.check(marks)
        return core
    }

    private static func openForWriting(
        _ directory: StoreDirectory, _ mode: Mode, _ cacheByteCount: Int
    ) throws -> StoreCore {
        var version: Int?
        do {
            version = try directory.check()
        } catch HistoryStoreError.notAStore where mode == .create {
            guard try directory.isVacant() else { throw HistoryStoreError.notAStore(path: directory.path) }
            try directory.make()
        }
        if mode == .maintenance { directory.giveUpReserve() }
        let engine = try RocksEngine(
            path: directory.database, readOnly: false, create: version == nil, cacheByteCount: cacheByteCount / 4,
            keepsLogInMemory: mode == .maintenance && directory.isShortOfSpace)
        let marks = try HighWaterMarks(path: directory.marksFile, create: version == nil)
        let core = try StoreCore(directory: directory, engine: engine, marks: marks, cacheByteCount: cacheByteCount)
        // Before anything is written that an earlier program would not understand.
        if version.map({ $0 < StoreFormat.version }) ?? true { try directory.seal() }
        try core.check(marks.all)
        try core.recoverNumbers()
        if mode != .maintenance { directory.keepReserve() }
        return core
    }
}

extension StoreCore {
    /// Checks that every acknowledged epoch is there and that each head is what it says it is.
    ///
    /// - Throws: `HistoryStoreError.damaged` naming timeline and epoch.
    func check(_ marks: [UInt32: HighWaterMarks.Mark]) throws {
        for (id, mark) in marks {
            if id == HighWaterMarks.wholeDatabase {
                try check(position: mark.epoch)
                continue
            }
            let name = (try? timeline(id).name) ?? "number \(id)"
            let head = try head(id)
            guard let head, head.epoch >= mark.epoch else {
                let end = head.map { "ends at epoch \($0.epoch)" } ?? "is gone"
                throw HistoryStoreError.damaged(
                    what: "timeline '\(name)' \(end), but epoch \(mark.epoch) was acknowledged")
            }
            guard try isThere(mark, of: id) else {
                throw HistoryStoreError.damaged(
                    what: "epoch \(mark.epoch) of timeline '\(name)' is not the one that was acknowledged")
            }
        }
        for timeline in timelines {
            guard let head = try head(timeline.id) else {
                throw HistoryStoreError.damaged(what: "timeline '\(timeline.name)' has no head")
            }
            guard try manifestHash(timeline.id, head.epoch) == [UInt8](head.manifestHash) else {
                throw HistoryStoreError.damaged(
                    what: "epoch \(head.epoch) of timeline '\(timeline.name)', its head, is missing or another")
            }
        }
    }

    /// Whether a timeline has the epoch that a mark is of. It may have been pruned since, as a mark is of what was the
    /// last epoch then.
    private func isThere(_ mark: HighWaterMarks.Mark, of timeline: UInt32) throws -> Bool {
        if try manifestHash(timeline, mark.epoch) == mark.manifestHash { return true }
        let record = try epochRecord(timeline, mark.epoch)
        guard record.hasPruned else { return false }
        // The hash of one that is forgotten with those after it is not known any longer.
        return record.epoch > mark.epoch || record.chainHash(sealed: []) == mark.manifestHash
    }

    private func check(position: UInt64) throws {
        guard engine.position < position else { return }
        throw HistoryStoreError.damaged(what: "tags, holds or other changes that were acknowledged last are gone")
    }

    /// The hash at the end of a manifest, not checked; nil when there is none.
    private func manifestHash(_ timeline: UInt32, _ epoch: UInt64) throws -> [UInt8]? {
        try engine.read(.manifests, key: StoreKey.epoch(timeline, epoch)) {
            [UInt8]($0.suffix(RecordEnvelope.hashByteCount))
        }
    }
}
