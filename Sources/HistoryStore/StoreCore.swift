import Foundation
import Synchronization

/// An open store's parts, which the store, its writers and its indexer share.
final class StoreCore: Sendable {
    let directory: StoreDirectory
    let engine: any StoreEngine
    let reader: PageReader
    /// nil when open for reading only.
    let marks: HighWaterMarks?
    let recentHashes = RecentHashes()
    let unindexedTail = UnindexedTail()
    let gate = CollectionGate()
    let writeCounter = WriteCounter()
    /// Held while something prunes or collects.
    let maintenance = NSLock()

    private struct Numbers {
        var nextSegment: UInt64 = 1
        var nextTimeline: UInt32 = 1
    }
    private let numbers = Mutex(Numbers())
    private let timelineRecords: Mutex<[UInt32: Palimpsest_History_V1_TimelineRecord]>

    var path: String { directory.path }

    init(
        directory: StoreDirectory, engine: any StoreEngine, marks: HighWaterMarks?,
        cacheByteCount: Int = HistoryStore.cacheByteCountDefault
    ) throws {
        self.directory = directory
        self.engine = engine
        self.marks = marks
        let records = try Self.loadTimelines(engine)
        timelineRecords = Mutex(Dictionary(uniqueKeysWithValues: records.map { ($0.id, $0) }))
        let names = Dictionary(uniqueKeysWithValues: records.map { ($0.id, $0.name) })
        let generation = engine.isReadOnly ? try Self.collection(engine).generation : nil
        let path = directory.path
        reader = PageReader(
            engine: engine, cacheByteCount: cacheByteCount / 4 * 3, timelineName: { names[$0] ?? "number \($0)" },
            missing: { what in
                // A collection by another process does not wait for readers. Where it took files away that the engine
                // wanted, that shows what is there now.
                guard let generation, let now = try? Self.collection(engine).generation, now > generation else {
                    return .damaged(what: what)
                }
                return .collectedMeanwhile(path: path)
            })
    }

    // MARK: Timelines

    var timelines: [Palimpsest_History_V1_TimelineRecord] {
        timelineRecords.withLock { $0.values.sorted { $0.id < $1.id } }
    }

    func timeline(named name: String) throws -> Palimpsest_History_V1_TimelineRecord {
        guard let record = timelineRecords.withLock({ $0.values.first { $0.name == name } }) else {
            throw HistoryStoreError.noSuchTimeline(name)
        }
        return record
    }

    func timeline(_ id: UInt32) throws -> Palimpsest_History_V1_TimelineRecord {
        guard let record = timelineRecords.withLock({ $0[id] }) else {
            throw HistoryStoreError.damaged(what: "the record of timeline number \(id) is missing")
        }
        return record
    }

    func noteTimeline(_ record: Palimpsest_History_V1_TimelineRecord) {
        timelineRecords.withLock { $0[record.id] = record }
    }

    private static func loadTimelines(_ engine: any StoreEngine) throws -> [Palimpsest_History_V1_TimelineRecord] {
        var records: [Palimpsest_History_V1_TimelineRecord] = []
        let prefix = [StoreKey.timelinePrefix]
        try engine.scan(.records, from: prefix, to: StoreKey.end(ofPrefix: prefix)) { key, value in
            records.append(
                try RecordEnvelope.open(
                    Palimpsest_History_V1_TimelineRecord.self, value, space: .records, key: [UInt8](key),
                    name: "the record of a timeline"))
            return true
        }
        return records
    }

    /// Where a timeline ends; nil when it has no epoch of its own.
    func head(_ id: UInt32) throws -> Palimpsest_History_V1_HeadRecord? {
        let key = StoreKey.head(id)
        return try engine.read(.records, key: key) {
            try RecordEnvelope.open(
                Palimpsest_History_V1_HeadRecord.self, $0, space: .records, key: key,
                name: "the head of timeline '\((try? timeline(id).name) ?? "number \(id)")'")
        }
    }

    // MARK: Acknowledged changes

    /// Applies a change outside a timeline that is durable on return, and whose loss will be noticed.
    func commitAcknowledged(_ change: StoreChange) throws {
        try engine.commit(change, durable: false)
        // What others commit meanwhile may come before this position, and then has to be synced with it.
        let position = engine.position
        try engine.commit(StoreChange(), durable: true)
        try marks?.advance(toPosition: position)
    }

    // MARK: Numbers

    func takeSegmentNumber() -> UInt64 {
        numbers.withLock { numbers in
            defer { numbers.nextSegment += 1 }
            return numbers.nextSegment
        }
    }

    var nextSegmentNumber: UInt64 { numbers.withLock { $0.nextSegment } }

    func takeTimelineNumber() -> UInt32 {
        numbers.withLock { numbers in
            defer { numbers.nextTimeline += 1 }
            return numbers.nextTimeline
        }
    }

    /// Sets the counters past everything in use, after removing segments that a writer put ahead of a manifest that
    /// never came.
    func recoverNumbers() throws {
        var next: UInt64 = 1
        for timeline in timelines {
            if let head = try head(timeline.id) { next = max(next, head.nextSegment) }
        }
        var orphans = StoreChange()
        try engine.scan(.segments, from: StoreKey.segment(next), to: nil) { key, _ in
            orphans.delete(.segments, key: [UInt8](key))
            return true
        }
        if !orphans.operations.isEmpty { try engine.commit(orphans, durable: false) }
        let nextTimeline = (timelines.last?.id ?? 0) + 1
        numbers.withLock { $0 = Numbers(nextSegment: next, nextTimeline: nextTimeline) }
    }
}
