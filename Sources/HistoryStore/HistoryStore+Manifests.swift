import GuestMemory

extension HistoryStore {
    /// The manifest of an epoch of a timeline's history, its ancestors' included.
    ///
    /// - Throws: `HistoryStoreError.noSuchTimeline`, `.noSuchEpoch`, `.damaged`.
    public func manifest(timeline: String, epoch: UInt64) throws -> EpochManifest {
        var found: EpochManifest?
        try forEachManifest(timeline: timeline, in: epoch...epoch) {
            found = $0
            return false
        }
        guard let found else { throw HistoryStoreError.noSuchEpoch(timeline: timeline, epoch: epoch) }
        return found
    }

    /// Visits the manifests of a timeline's history in rising order, its ancestors' included, until `body` returns
    /// false. Epochs outside the history are passed over. The chain of hashes is checked on the way.
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
                previousHash = hash
                return try body(
                    EpochManifest(
                        record, timeline: stretch.timeline.name, hash: hash, manifestByteCount: byteCount, store: self))
            }
            guard goOn else { return }
        }
    }
}

extension StoreCore {
    /// Visits the records of a stretch, each checked against its hash; a missing one is damage. Returns false when
    /// `body` did.
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
        try engine.scan(.manifests, from: from, to: to) { key, value in
            guard StoreKey.readBigEndian(UInt64.self, key, at: 4) == expected else { throw missing(expected) }
            let record = try openEpochRecord(value, stretch.timeline, expected)
            expected += 1
            goOn = try body(record, [UInt8](value.suffix(RecordEnvelope.hashByteCount)), value.count)
            return goOn
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

    /// One own epoch's record.
    func epochRecord(_ timeline: UInt32, _ epoch: UInt64) throws -> Palimpsest_History_V1_EpochRecord {
        let timeline = try self.timeline(timeline)
        let record = try engine.read(.manifests, key: StoreKey.epoch(timeline.id, epoch)) {
            try openEpochRecord($0, timeline, epoch)
        }
        guard let record else {
            throw HistoryStoreError.damaged(what: "epoch \(epoch) of timeline '\(timeline.name)' is missing")
        }
        return record
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
        self.hash = hash
        self.record = record
        self.store = store
    }
}

extension Palimpsest_History_V1_EpochRecord {
    /// Bytes of the epoch's segments, those of its blobs included.
    var segmentByteCount: Int {
        let blobs = [machineState, inputs, tlbEvents, consoleOutput, pageMarks]
        return segments.reduce(0) { $0 + Int($1.byteCount) } + blobs.reduce(0) { $0 + Int($1.segmentByteCount) }
    }
}
