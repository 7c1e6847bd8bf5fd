/// Finds what every checkpoint needs, from the records alone.
struct Marker {
    private let core: StoreCore
    /// For a preview: what a policy would keep of these timelines' checkpoints.
    private let kept: [UInt32: KeptEpochs]
    private let dropsInputs: Bool
    private let live: LiveSet

    private init(_ core: StoreCore, _ kept: [UInt32: KeptEpochs], _ dropsInputs: Bool, _ live: LiveSet) {
        self.core = core
        self.kept = kept
        self.dropsInputs = dropsInputs
        self.live = live
    }

    /// - Throws: `HistoryStoreError.damaged`: what is needed cannot be known while a record cannot be read.
    static func mark(
        _ core: StoreCore, below end: UInt64, kept: [UInt32: KeptEpochs] = [:], dropsInputs: Bool = false,
        progress: (VerifyProgress) -> Void, shouldStop: () -> Bool
    ) throws -> LiveSet? {
        let live = LiveSet(below: end)
        let marker = Marker(core, kept, dropsInputs, live)
        let stretches = try core.timelines.compactMap { timeline in
            try core.head(timeline.id).map {
                LineageStretch(timeline: timeline, epochs: timeline.firstOwnEpoch...$0.epoch)
            }
        }
        var done = VerifyProgress(epochsDone: 0, epochsTotal: stretches.reduce(0) { $0 + $1.epochs.count })
        for stretch in stretches {
            let completed = try marker.mark(stretch) { epochCount in
                done.epochsDone += epochCount
                progress(done)
                return !shouldStop()
            }
            if !completed { return nil }
        }
        return live
    }

    private func mark(_ stretch: LineageStretch, goesOn: (Int) -> Bool) throws -> Bool {
        // Pages written since the last checkpoint that stays, and where they are now.
        var written: [UInt64: PageLocation] = [:]
        return try core.forEachEpochRecord(stretch) { record, _, _ in
            let stays = record.isCheckpoint && kept[record.timelineID]?.keeps(record.epoch) ?? true
            markBlobs(of: record, stays: stays)
            if stays {
                try markWritten(in: record, &written)
            } else {
                try record.forEachDirtyPage { page, pageClass, location in
                    if pageClass != .unchanged { written[page] = location }
                }
            }
            return goesOn(Int(record.epoch - record.firstEpochCovered + 1))
        }
    }

    private func markWritten(
        in record: Palimpsest_History_V1_EpochRecord, _ written: inout [UInt64: PageLocation]
    ) throws {
        for segment in record.segments { live.insert(segment: segment.number, entryCount: Int(segment.entryCount)) }
        let hasEarlier = !written.isEmpty
        try record.forEachDirtyPage { page, pageClass, location in
            if pageClass == .duplicate { live.insert(location) }
            if hasEarlier, pageClass != .unchanged { written[page] = nil }
        }
        for location in written.values { live.insert(location) }
        written.removeAll()
    }

    private func markBlobs(of record: Palimpsest_History_V1_EpochRecord, stays: Bool) {
        var blobs = record.pruned.states.map(\.state)
        if stays || record.hasPruned { blobs.append(record.machineState) }
        if stays || !dropsInputs {
            blobs += [record.inputs, record.tlbEvents, record.consoleOutput, record.pageMarks]
        }
        for blob in blobs where blob.segment != 0 { live.insert(segment: blob.segment, entryCount: 1) }
    }
}
