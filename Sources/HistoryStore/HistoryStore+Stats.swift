import GuestMemory

extension HistoryStore {
    /// Counts everything, by a walk over all manifests and, unless told otherwise, all segments.
    ///
    /// - Throws: `HistoryStoreError.damaged`.
    public func stats(
        includingSegments: Bool = true, progress: (VerifyProgress) -> Void = { _ in }
    ) throws -> StoreStatistics {
        let core = try core
        var statistics = StoreStatistics()
        for timeline in core.timelines {
            guard let head = try core.head(timeline.id) else { continue }
            let own = LineageStretch(timeline: timeline, epochs: timeline.firstOwnEpoch...head.epoch)
            var row = TimelineStatistics(timeline: timeline.name)
            _ = try core.forEachEpochRecord(own) { record, _, byteCount in
                row.add(record, manifestByteCount: byteCount)
                if record.epoch > 0, record.firstEpochCovered == record.epoch { statistics.stuns_us.add(record.stunUs) }
                return true
            }
            statistics.timelines.append(row)
            statistics.total += row
        }
        if includingSegments {
            let versions = try core.versionStatistics(progress)
            statistics.versions = versions
            // Records of pruned epochs do not say it any longer.
            statistics.total.segmentBytes = versions.segmentBytes
        }
        statistics.segmentFileBytes = try core.engine.fileByteCount(.segments)
        statistics.manifestFileBytes = try core.engine.fileByteCount(.manifests)
        statistics.mapFileBytes = try core.engine.fileByteCount(.maps)
        statistics.indexFileBytes = try core.engine.fileByteCount(.history) + core.engine.fileByteCount(.hashes)
        statistics.directoryBytes = core.directory.occupiedBytes()
        statistics.reserveBytes = core.directory.reserveByteCount
        let writes = try core.writes()
        if writes.storedByteCount > 0, writes.deviceByteCount > 0 {
            statistics.writeAmplification = Double(writes.deviceByteCount) / Double(writes.storedByteCount)
        }
        let collection = try core.collection()
        statistics.uncollectedGenerations =
            collection.generation
            - min(
                collection.collectedGeneration, collection.generation)
        return statistics
    }
}

extension StoreCore {
    fileprivate func versionStatistics(_ progress: (VerifyProgress) -> Void) throws -> VersionStatistics {
        var statistics = VersionStatistics()
        var count = 0
        let total = try timelines.reduce(1) { total, timeline in
            max(total, Int(try head(timeline.id)?.nextSegment ?? 1))
        }
        try engine.scan(.segments, from: [], to: nil) { key, value in
            let number = StoreKey.readBigEndian(UInt64.self, key, at: 0) ?? 0
            statistics.segmentBytes += value.count
            for entry in try Segment(number: number, copying: value).entries { statistics.add(entry) }
            count += 1
            if count % 64 == 0 {
                progress(VerifyProgress(unit: .segments, epochsDone: Int(number), epochsTotal: total))
            }
            return true
        }
        return statistics
    }
}

extension VersionStatistics {
    fileprivate mutating func add(_ entry: Segment.Entry) {
        guard !entry.isGone else {
            gone += 1
            return
        }
        let byteCount = entry.tableByteCount + entry.payloadByteCount
        if entry.kind.isDelta {
            deltas += 1
            deltaBytes += byteCount
        } else {
            keyframes += 1
            keyframeBytes += byteCount
        }
        depths[min(entry.versionIndex.nonzeroBitCount, depths.count - 1)] += 1
    }
}

extension TimelineStatistics {
    fileprivate mutating func add(_ record: Palimpsest_History_V1_EpochRecord, manifestByteCount: Int) {
        epochs += record.epoch - record.firstEpochCovered + 1
        if record.isCheckpoint { checkpoints += 1 }
        if record.hasPruned, !record.pruned.hasLog_p { forgotten += record.epoch - record.firstEpochCovered + 1 }
        pages += PageCounts(record.pages)
        segmentBytes += record.segmentByteCount
        manifestBytes += manifestByteCount
        stateBytes += record.machineState.storedByteCount
        inputBytes += record.inputs.storedByteCount
        tlbEventBytes += record.tlbEvents.storedByteCount + record.pageMarks.storedByteCount
        consoleBytes += record.consoleOutput.storedByteCount
        capture += CaptureCounts(record.capture)
        scan_us &+= record.scanUs
        copy_us &+= record.copyUs
    }

    fileprivate static func += (sum: inout TimelineStatistics, other: TimelineStatistics) {
        sum.epochs += other.epochs
        sum.checkpoints += other.checkpoints
        sum.forgotten += other.forgotten
        sum.pages += other.pages
        sum.segmentBytes += other.segmentBytes
        sum.manifestBytes += other.manifestBytes
        sum.stateBytes += other.stateBytes
        sum.inputBytes += other.inputBytes
        sum.tlbEventBytes += other.tlbEventBytes
        sum.consoleBytes += other.consoleBytes
        sum.capture += other.capture
        sum.scan_us &+= other.scan_us
        sum.copy_us &+= other.copy_us
    }
}

extension Palimpsest_History_V1_Blob {
    fileprivate var storedByteCount: Int { encoded.count + Int(segmentByteCount) }
}

extension PageCounts {
    static func += (sum: inout PageCounts, other: PageCounts) {
        sum.keyframes += other.keyframes
        sum.deltas += other.deltas
        sum.zero += other.zero
        sum.duplicates += other.duplicates
        sum.unchanged += other.unchanged
    }
}
