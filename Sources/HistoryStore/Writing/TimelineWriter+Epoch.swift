import Crypto
import GuestMemory

/// An epoch while it is being stored.
struct EpochInProgress: ~Copyable {
    var pageList = PageListWriter()
    var record = Palimpsest_History_V1_EpochRecord()
    /// Finished segments that have not been handed to the engine.
    var segments: [(number: UInt64, bytes: [UInt8])] = []
    var segmentBytes = 0
    var indexEntries: [IndexEntry] = []
    /// Content stored in this epoch: hash → index in the input, and location. Not readable from the store yet.
    var storedHere: [PageHash: (input: Int, location: PageLocation)] = [:]
    var segmentNumber: UInt64 = 0
    var segmentEntryCount = 0
    var baseLoadsLeft = 0
    var pageChanges: [PageChange] = []
}

extension TimelineWriter {
    /// Segments of an epoch beyond this size go to the engine ahead of the commit, so that a base image needs little
    /// memory. Until the manifest is there nothing refers to them.
    private static let heldSegmentBytesMax = 8 << 20

    func store(_ input: EpochInput) throws -> EpochReceipt {
        var epoch = EpochInProgress()
        epoch.baseLoadsLeft = Self.baseLoadsPerEpochMax
        epoch.indexEntries.reserveCapacity(input.pages.count)
        epoch.storedHere.reserveCapacity(input.pages.count)
        for (index, dirty) in input.pages.enumerated() {
            if input.pruning?.unknownPages.contains(index) == true {
                noteUnknown(dirty.page, &epoch)
                continue
            }
            try add(dirty, index, input, to: &epoch)
            if builder.isFull { try closeSegment(of: input, &epoch) }
        }
        if builder.entryCount > 0 { try closeSegment(of: input, &epoch) }
        return try commit(input, &epoch)
    }

    private func closeSegment(of input: EpochInput, _ epoch: inout EpochInProgress) throws {
        let entryCount = builder.entryCount
        let bytes = builder.finish(number: epoch.segmentNumber, timeline: record.id, epoch: input.epoch)
        epoch.record.segments.append(
            .with {
                $0.number = epoch.segmentNumber
                $0.entryCount = UInt32(entryCount)
                $0.byteCount = UInt32(bytes.count)
                $0.sha256 = .init(bytes.suffix(SegmentFormat.hashByteCount))
            })
        epoch.segments.append((epoch.segmentNumber, bytes))
        epoch.segmentBytes += bytes.count
        epoch.segmentNumber = 0
        guard epoch.segments.reduce(0, { $0 + $1.bytes.count }) > Self.heldSegmentBytesMax else { return }
        for segment in epoch.segments {
            try core.engine.putSegment(key: StoreKey.segment(segment.number), bytes: segment.bytes)
        }
        epoch.segments.removeAll()
    }

    private func commit(_ input: EpochInput, _ epoch: inout EpochInProgress) throws -> EpochReceipt {
        let counts = epoch.pageList.counts
        fillRecord(input, &epoch)
        let key = StoreKey.epoch(record.id, input.epoch)
        let manifest = try RecordEnvelope.seal(epoch.record, space: .manifests, key: key)
        let hash = RecordEnvelope.hash(of: manifest)

        var change = heldChange
        heldChange = StoreChange()
        for segment in epoch.segments {
            change.put(.segments, key: StoreKey.segment(segment.number), value: segment.bytes)
        }
        change.put(.manifests, key: key, value: manifest)
        if input.pruning != nil { return hold(change, input, epoch, manifest) }
        let mapBytes = try addMapIfDue(input.epoch, dirtyPageCount: input.pages.count, to: &change)
        try addHead(input, hash, to: &change)

        let synced = syncIsDue
        try core.engine.commit(change, durable: synced)
        // The epoch is there from here on, whether or not its mark can be made.
        if isNew { core.noteTimeline(record) }
        isNew = false
        start.headEpoch = input.epoch
        lastCheckpoint = input.epoch
        start.manifestHash = hash
        for held in heldIndexEntries { index(held.epoch, held.entries, held.marks) }
        heldIndexEntries = []
        index(input.epoch, epoch.indexEntries, input.pageMarks)
        try noteCommit(input.epoch, hash: hash, synced: synced)
        let storedBytes = epoch.segmentBytes + manifest.count + mapBytes
        core.writeCounter.add(storedBytes)
        return EpochReceipt(
            epoch: input.epoch, storedBytes: storedBytes, pages: counts,
            durable: synced, pageChanges: epoch.pageChanges)
    }

    /// Keeps a pruned epoch until the next checkpoint: a timeline ends at one.
    private func hold(
        _ change: StoreChange, _ input: EpochInput, _ epoch: borrowing EpochInProgress, _ manifest: [UInt8]
    ) -> EpochReceipt {
        heldChange = change
        start.headEpoch = input.epoch
        start.manifestHash = [UInt8](epoch.record.pruned.manifestHash)
        start.mapSchedule.skip(dirtyPages: input.pages.count)
        heldIndexEntries.append((input.epoch, epoch.indexEntries, input.pageMarks))
        let storedBytes = epoch.segmentBytes + manifest.count
        core.writeCounter.add(storedBytes)
        return EpochReceipt(
            epoch: input.epoch, storedBytes: storedBytes, pages: PageCounts(epoch.record.pages), durable: false)
    }

    private func noteUnknown(_ page: GuestPhysicalPage, _ epoch: inout EpochInProgress) {
        epoch.pageList.add(page: page.number, .unchanged, location: .absent)
        epoch.pageList.counts.unchanged += 1
        epoch.indexEntries.append(
            IndexEntry(page: page.number, pageClass: .unchanged, location: .absent, hash: nil))
    }

    private func fillRecord(_ input: EpochInput, _ epoch: inout EpochInProgress) {
        var state = BlobCoding.encode(input.machineState, base: stateChain.base)
        if input.pruning == nil {
            stateChain.add(
                epoch: input.epoch, bytes: input.machineState, isDelta: state.encoding == .zstdAgainstEpoch)
        }
        var inputs = BlobCoding.encode(input.inputs, base: nil)
        var tlbEvents = BlobCoding.encode(input.tlbEvents, base: nil)
        var console = BlobCoding.encode(input.consoleOutput, base: nil)
        var marks = BlobCoding.encode(PageMarks.encode(input.pageMarks), base: nil)
        for moved in [
            moveOut(&state, input, &epoch), moveOut(&inputs, input, &epoch), moveOut(&tlbEvents, input, &epoch),
            moveOut(&console, input, &epoch), moveOut(&marks, input, &epoch),
        ] { epoch.segmentBytes += moved }
        let list = PageListWriter()
        let pages = exchange(&epoch.pageList, with: list).finish()
        epoch.record.timelineID = record.id
        epoch.record.epoch = input.epoch
        epoch.record.previousManifestHash = .init(start.manifestHash)
        epoch.record.icountFrom = input.icountFrom
        epoch.record.icountTo = input.icountTo
        epoch.record.virtualTimeNs = input.virtualTime_ns
        epoch.record.wallTimeNs = input.wallTime_ns
        epoch.record.stunUs = input.stun_us
        epoch.record.scanUs = input.scan_us
        epoch.record.copyUs = input.copy_us
        epoch.record.pages = pages
        epoch.record.machineState = state
        epoch.record.inputs = inputs
        epoch.record.tlbEvents = tlbEvents
        epoch.record.consoleOutput = console
        if !input.pageMarks.isEmpty { epoch.record.pageMarks = marks }
        epoch.record.tlbEventCount = input.tlbEventCount
        epoch.record.inputCount = input.inputCount
        epoch.record.capture = .init(input.capture)
        if let pruning = input.pruning { markPruned(&epoch.record, pruning) }
    }

    private func markPruned(_ record: inout Palimpsest_History_V1_EpochRecord, _ pruning: PrunedInput) {
        record.clearMachineState()
        record.pruned.firstEpoch = pruning.firstEpoch
        record.pruned.hasLog_p = pruning.hasLog
        record.pruned.checkpointEpoch = lastCheckpoint
        // The manifest that it had is not known; the chain goes on over what stands for it.
        let content = (try? record.serializedBytes() as [UInt8]) ?? []
        record.pruned.manifestHash = .init(SHA256.hash(data: content))
    }

    /// Gives a long blob a segment of its own. Returns that segment's bytes.
    private func moveOut(
        _ blob: inout Palimpsest_History_V1_Blob, _ input: EpochInput, _ epoch: inout EpochInProgress
    ) -> Int {
        guard blob.encoded.count > BlobCoding.inlineByteCountMax else { return 0 }
        let number = core.takeSegmentNumber()
        let bytes = SegmentBuilder.blob(
            [UInt8](blob.encoded), number: number, timeline: record.id, epoch: input.epoch)
        blob.encoded = .init()
        blob.segment = number
        blob.segmentSha256 = .init(bytes.suffix(SegmentFormat.hashByteCount))
        blob.segmentByteCount = UInt32(bytes.count)
        epoch.segments.append((number, bytes))
        return bytes.count
    }

    private func addMapIfDue(_ epoch: UInt64, dirtyPageCount: Int, to change: inout StoreChange) throws -> Int {
        guard start.mapSchedule.isDue(dirtyPages: dirtyPageCount, presentPages: start.map.pageCount) else {
            return 0
        }
        let key = StoreKey.map(record.id, epoch)
        let map = try RecordEnvelope.seal(start.map.encoded(), space: .maps, key: key)
        change.put(.maps, key: key, value: map)
        return map.count
    }

    private func addHead(_ input: EpochInput, _ hash: [UInt8], to change: inout StoreChange) throws {
        if isNew {
            record.createdWallTimeNs = input.wallTime_ns
            let key = StoreKey.timeline(record.id)
            change.put(.records, key: key, value: try RecordEnvelope.seal(record, space: .records, key: key))
        }
        let head = Palimpsest_History_V1_HeadRecord.with {
            $0.epoch = input.epoch
            $0.manifestHash = .init(hash)
            $0.nextSegment = core.nextSegmentNumber
        }
        let key = StoreKey.head(record.id)
        change.put(.records, key: key, value: try RecordEnvelope.seal(head, space: .records, key: key))
    }

    private func index(_ epoch: UInt64, _ entries: [IndexEntry], _ marks: [PageMark]) {
        if !indexBatch.accepts(epoch) { submitIndexBatch() }
        core.recentHashes.add(entries, batch: indexBatch.id)
        indexBatch.epochs.append((epoch, entries))
        if !marks.isEmpty { indexBatch.marks.append((epoch, marks)) }
        indexBatch.entryCount += entries.count + marks.count
        if indexBatch.isFull { submitIndexBatch() }
    }
}

/// Puts a new value in a place and gives back the old one.
private func exchange<Value: ~Copyable>(_ place: inout Value, with value: consuming Value) -> Value {
    let old = place
    place = value
    return old
}

extension Palimpsest_History_V1_CaptureCounts {
    init(_ counts: CaptureCounts) {
        self.init()
        hotPageCount = UInt64(counts.hotPages)
        deferredPageCount = UInt64(counts.deferredPages)
        differencePageCount = UInt64(counts.differencePages)
        protectFaultCount = UInt64(counts.protectFaults)
        copiedBeforeWriteCount = UInt64(counts.copiedBeforeWrite)
        sentByteCount = UInt64(counts.sentBytes)
    }
}

extension CaptureCounts {
    init(_ record: Palimpsest_History_V1_CaptureCounts) {
        hotPages = Int(clamping: record.hotPageCount)
        deferredPages = Int(clamping: record.deferredPageCount)
        differencePages = Int(clamping: record.differencePageCount)
        protectFaults = Int(clamping: record.protectFaultCount)
        copiedBeforeWrite = Int(clamping: record.copiedBeforeWriteCount)
        sentBytes = Int(clamping: record.sentByteCount)
    }
}
