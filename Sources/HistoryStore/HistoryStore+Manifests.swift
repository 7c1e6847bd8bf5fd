import GuestMemory

extension HistoryStore {
    /// The manifest of an epoch of a timeline's history, its ancestors' included.
    ///
    /// - Throws: `HistoryStoreError.noSuchTimeline`, `.noSuchEpoch`, `.damaged`.
    public func manifest(timeline: String, epoch: UInt64) throws -> EpochManifest {
        let found = try manifest(timeline: timeline, covering: epoch)
        if found.pruning == .forgotten { throw found.forgottenError }
        return found
    }

    /// As `manifest`, and for a forgotten epoch what stands for it and others.
    ///
    /// - Throws: `HistoryStoreError.noSuchTimeline`, `.noSuchEpoch`, `.damaged`.
    public func manifest(timeline: String, covering epoch: UInt64) throws -> EpochManifest {
        var found: EpochManifest?
        try forEachManifest(timeline: timeline, in: epoch...epoch) {
            found = $0
            return false
        }
        guard let found else { throw HistoryStoreError.noSuchEpoch(timeline: timeline, epoch: epoch) }
        return found
    }

    /// The last epoch at or before `epoch` whose checkpoint is there, and its manifest.
    ///
    /// - Throws: `HistoryStoreError.noSuchTimeline`, `.noSuchEpoch`, `.forgotten` when what lies between was dropped,
    ///   `.damaged`.
    public func checkpoint(timeline: String, atOrBefore epoch: UInt64) throws -> EpochManifest {
        var manifest = try manifest(timeline: timeline, epoch: epoch)
        // Before an epoch that kept its log comes another such, or a checkpoint: `prune` sees to it.
        while manifest.pruning != .none {
            let before = manifest.record.pruned.checkpointEpoch
            guard before < manifest.epoch else {
                throw HistoryStoreError.damaged(
                    what: "no checkpoint is left before epoch \(manifest.epoch) of timeline '\(timeline)'")
            }
            manifest = try self.manifest(timeline: timeline, epoch: before)
        }
        return manifest
    }

    /// Visits the manifests of a timeline's history in rising order, its ancestors' included, until `body` returns
    /// false. Epochs outside the history are passed over. The chain of hashes is checked on the way. Of pruned epochs comes
    /// what is left: see `EpochManifest.pruning`.
    ///
    /// - Throws: `HistoryStoreError.noSuchTimeline`, `.damaged`, and what `body` throws.
    public func forEachManifest(
        timeline: String, in epochs: ClosedRange<UInt64>, _ body: (EpochManifest) throws -> Bool
    ) throws {
        let core = try core
        var previousHash: [UInt8]?
        for stretch in try core.lineage(of: timeline, in: epochs) {
            let goOn = try core.forEachEpochRecord(stretch) { record, hash, byteCount in
                if let previousHash, [UInt8](record.previousManifestHash) != previousHash {
                    throw HistoryStoreError.damaged(
                        what:
                            "epoch \(record.epoch) of timeline '\(stretch.timeline.name)' does not follow the one before"
                    )
                }
                previousHash = record.chainHash(sealed: hash)
                return try body(
                    EpochManifest(
                        record, timeline: stretch.timeline.name, hash: hash, manifestByteCount: byteCount, store: self))
            }
            guard goOn else { return }
        }
    }
}

extension StoreCore {
    /// Visits the records of a stretch, each checked against its hash; a missing one is damage. A record may stand for
    /// several epochs that were pruned; it comes also when some of them lie outside. Returns false when `body` did.
    func forEachEpochRecord(
        _ stretch: LineageStretch,
        _ body: (_ record: Palimpsest_History_V1_EpochRecord, _ hash: [UInt8], _ byteCount: Int) throws -> Bool
    ) throws -> Bool {
        let id = stretch.timeline.id
        let from = StoreKey.epoch(id, stretch.epochs.lowerBound)
        let to = StoreKey.epoch(id, stretch.epochs.upperBound) + [0]
        var expected = stretch.epochs.lowerBound
        var goOn = true
        func missing(_ epoch: UInt64) -> HistoryStoreError {
            .damaged(what: "epoch \(epoch) of timeline '\(stretch.timeline.name)' is missing")
        }
        func visit(_ key: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) throws {
            guard let epoch = StoreKey.readBigEndian(UInt64.self, key, at: 4) else { throw missing(expected) }
            let record = try openEpochRecord(value, stretch.timeline, epoch)
            guard record.firstEpochCovered <= expected, expected <= epoch else { throw missing(expected) }
            expected = epoch + 1
            goOn = try body(record, [UInt8](value.suffix(RecordEnvelope.hashByteCount)), value.count)
        }
        try engine.scan(.manifests, from: from, to: to) { key, value in
            try visit(key, value)
            return goOn
        }
        guard goOn, expected <= stretch.epochs.upperBound else { return goOn }
        // The stretch ends among epochs that one record stands for, whose key is that of their last.
        try engine.scan(.manifests, from: to, to: StoreKey.end(ofPrefix: StoreKey.bigEndian(id))) { key, value in
            try visit(key, value)
            return false
        }
        if goOn, expected <= stretch.epochs.upperBound { throw missing(expected) }
        return goOn
    }

    private func openEpochRecord(
        _ value: UnsafeRawBufferPointer, _ timeline: Palimpsest_History_V1_TimelineRecord, _ epoch: UInt64
    ) throws -> Palimpsest_History_V1_EpochRecord {
        try RecordEnvelope.open(
            Palimpsest_History_V1_EpochRecord.self, value, space: .manifests,
            key: StoreKey.epoch(timeline.id, epoch),
            name: "the manifest of epoch \(epoch) of timeline '\(timeline.name)'")
    }

    /// One own epoch's record, or the one that stands for it.
    func epochRecord(_ timeline: UInt32, _ epoch: UInt64) throws -> Palimpsest_History_V1_EpochRecord {
        let timeline = try self.timeline(timeline)
        if let record = try engine.read(
            .manifests, key: StoreKey.epoch(timeline.id, epoch), { try openEpochRecord($0, timeline, epoch) })
        {
            return record
        }
        var found: Palimpsest_History_V1_EpochRecord?
        _ = try forEachEpochRecord(LineageStretch(timeline: timeline, epochs: epoch...epoch)) { record, _, _ in
            found = record
            return false
        }
        return found!
    }
}

extension EpochManifest {
    init(
        _ record: Palimpsest_History_V1_EpochRecord, timeline: String, hash: [UInt8], manifestByteCount: Int,
        store: HistoryStore
    ) {
        self.timeline = timeline
        epoch = record.epoch
        icountFrom = record.icountFrom
        icountTo = record.icountTo
        virtualTime_ns = record.virtualTimeNs
        wallTime_ns = record.wallTimeNs
        stun_us = record.stunUs
        scan_us = record.scanUs
        copy_us = record.copyUs
        tlbEventCount = record.tlbEventCount
        tlbEventByteCount = [record.tlbEvents, record.pageMarks].reduce(0) {
            $0 + $1.encoded.count + Int($1.segmentByteCount)
        }
        inputCount = record.inputCount
        pages = PageCounts(record.pages)
        capture = CaptureCounts(record.capture)
        storedBytes = record.segmentByteCount + manifestByteCount
        self.hash = record.chainHash(sealed: hash)
        self.record = record
        self.store = store
    }
}

extension EpochManifest {
    var forgottenError: HistoryStoreError {
        .forgotten(timeline: timeline, first: record.firstEpochCovered, last: epoch)
    }
}

extension Palimpsest_History_V1_EpochRecord {
    /// Whether the epoch's checkpoint, its pages and its machine state, is there.
    var isCheckpoint: Bool { !hasPruned }

    /// The first of the epochs that the record stands for.
    var firstEpochCovered: UInt64 { hasPruned ? pruned.firstEpoch : epoch }

    /// What the next manifest names: the record's hash, or the one that its epoch's manifest had before it was pruned.
    func chainHash(sealed: [UInt8]) -> [UInt8] { hasPruned ? [UInt8](pruned.manifestHash) : sealed }

    var blobs: [Palimpsest_History_V1_Blob] { [machineState, inputs, tlbEvents, consoleOutput, pageMarks] }

    /// Bytes of the epoch's segments, those of its blobs included.
    var segmentByteCount: Int {
        segments.reduce(0) { $0 + Int($1.byteCount) } + blobs.reduce(0) { $0 + Int($1.segmentByteCount) }
    }
}
