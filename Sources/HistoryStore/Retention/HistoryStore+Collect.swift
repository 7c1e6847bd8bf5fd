import GuestMemory

/// What a collection did, or would do.
public struct CollectionReport: Equatable, Sendable {
    public var segmentCount = 0
    public var removedSegmentCount = 0
    public var rewrittenSegmentCount = 0
    /// Page versions that are gone.
    public var removedVersionCount = 0
    /// Versions that were stored anew, as their bases went.
    public var reencodedVersionCount = 0
    /// Bytes of segments before, and of them those that went.
    public var byteCountBefore = 0
    public var freedByteCount = 0
    /// What could not be read, and so was left as it is.
    public var unreadable: [String] = []
    /// Everything was looked at.
    public var isComplete = false
    /// Nothing had been pruned since the last complete collection.
    public var wasNeedless = false

    public init() {}
}

extension HistoryStore {
    /// Removes the page versions and blobs that no checkpoint needs any longer, and gives their space back.
    ///
    /// It may be killed at any point and run again; timelines may be recorded and read meanwhile. It needs little more
    /// room than it has freed, so it works on a full disk.
    ///
    /// - Parameters:
    ///   - progress: epochs marked, then segments swept, of how many.
    ///   - shouldStop: asked often; true ends it early.
    /// - Throws: `HistoryStoreError.readOnly`, `.misuse` when one is under way, `.damaged` when a manifest cannot be read,
    ///   `.diskFull`, `.io`.
    @discardableResult
    public func collectGarbage(
        progress: (VerifyProgress) -> Void = { _ in }, shouldStop: () -> Bool = { false }
    ) throws -> CollectionReport {
        let core = try core
        let indexer = try indexer
        return try core.maintaining {
            let collection = try core.collection()
            if collection.generation == collection.collectedGeneration {
                var report = CollectionReport()
                (report.isComplete, report.wasNeedless) = (true, true)
                return report
            }
            guard let live = try mark(progress: progress, shouldStop: shouldStop) else { return CollectionReport() }
            defer { core.gate.end() }
            let report = try sweep(live, progress: progress, shouldStop: shouldStop)
            guard report.isComplete else { return report }
            for writer in openWriterObjects { writer.forgetBases { !live.contains($0) } }
            try indexer.removeHashes { !live.contains($0) }
            for space in [KeySpace.manifests, .hashes] { try core.engine.reclaim(space, from: nil, to: nil) }
            // Last, so that where giving space back fails or is killed, collecting again does it.
            try core.noteCollected(collection.generation)
            return report
        }
    }

    /// Leaves the gate in its marking phase.
    private func mark(progress: (VerifyProgress) -> Void, shouldStop: () -> Bool) throws -> LiveSet? {
        let core = try core
        let end = core.nextSegmentNumber
        core.gate.beginMarking(below: end)
        // Epochs that were being stored are committed now, or never; later ones claim what they refer to.
        for writer in openWriterObjects { writer.waitForEpoch() }
        do {
            let live = try Marker.mark(core, below: end, progress: progress, shouldStop: shouldStop)
            if live == nil { core.gate.end() }
            return live
        } catch {
            core.gate.end()
            throw error
        }
    }

    private func sweep(
        _ live: LiveSet, progress: (VerifyProgress) -> Void, shouldStop: () -> Bool
    ) throws -> CollectionReport {
        let core = try core
        core.gate.beginSweeping(live)
        let engine = core.engine
        try engine.settle()
        let starts = try engine.divide(.segments).compactMap { key in
            key.withUnsafeBytes { StoreKey.readBigEndian(UInt64.self, $0, at: 0) }
        }
        // What was swept and is not given back lies below.
        var end = live.end
        func giveBack(from start: UInt64) throws {
            try engine.reclaim(.segments, from: StoreKey.segment(start), to: StoreKey.segment(end - 1))
            end = start
        }
        var sweeper = Sweeper(core, live, isPreview: false)
        let report = try sweeper.run(stretchStarts: starts, progress: progress, shouldStop: shouldStop) { start in
            if engine.hasRoomToSettle { try giveBack(from: start) }
        }
        if report.isComplete, end > 0 { try giveBack(from: 0) }
        return report
    }

    /// What collecting would free if only what `kept` names were left of these timelines.
    func previewCollection(kept: [UInt32: KeptEpochs], dropsInputs: Bool) throws -> CollectionReport {
        let core = try core
        let end = try core.nextSegmentNumberOnDisk()
        guard
            let live = try Marker.mark(
                core, below: end, kept: kept, dropsInputs: dropsInputs, progress: { _ in }, shouldStop: { false })
        else { return CollectionReport() }
        var sweeper = Sweeper(core, live, isPreview: true)
        return try sweeper.run(
            stretchStarts: [], progress: { _ in }, shouldStop: { false }, stretchDone: { _ in })
    }
}

extension StoreCore {
    func collection() throws -> Palimpsest_History_V1_CollectionRecord { try Self.collection(engine) }

    static func collection(_ engine: any StoreEngine) throws -> Palimpsest_History_V1_CollectionRecord {
        try engine.read(.records, key: StoreKey.collection) {
            try RecordEnvelope.open(
                Palimpsest_History_V1_CollectionRecord.self, $0, space: .records, key: StoreKey.collection,
                name: "the record of collections")
        } ?? .init()
    }

    /// Notes that there is new garbage.
    func raiseGeneration(in change: inout StoreChange) throws {
        var record = try collection()
        record.generation += 1
        change.put(
            .records, key: StoreKey.collection,
            value: try RecordEnvelope.seal(record, space: .records, key: StoreKey.collection))
    }

    fileprivate func noteCollected(_ generation: UInt64) throws {
        var record = try collection()
        record.collectedGeneration = generation
        var change = StoreChange()
        change.put(
            .records, key: StoreKey.collection,
            value: try RecordEnvelope.seal(record, space: .records, key: StoreKey.collection))
        try engine.commit(change, durable: true)
    }

    /// For a reader: segment numbers from here on were not in use when the heads were written.
    func nextSegmentNumberOnDisk() throws -> UInt64 {
        try timelines.reduce(1) { next, timeline in max(next, try head(timeline.id)?.nextSegment ?? 1) }
    }

    /// Runs the only pruning or collection at a time.
    func maintaining<Result>(_ body: () throws -> Result) throws -> Result {
        guard maintenance.try() else {
            throw HistoryStoreError.misuse("'\(path)' is being pruned or collected already: wait for that to end")
        }
        defer { maintenance.unlock() }
        return try body()
    }
}
