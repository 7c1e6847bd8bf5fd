import GuestMemory

/// Prunes one timeline's own epochs, in rising order.
struct Pruner {
    private let core: StoreCore
    private var timeline: Palimpsest_History_V1_TimelineRecord
    private let head: UInt64
    private let policy: RetentionPolicy
    private let kept: KeptEpochs
    /// Only counts.
    var isPreview = false

    private var change = StoreChange()
    private var changeByteCount = 0
    /// Epochs whose records have been replaced since what they took up was given back, and the new records' bytes.
    private var replaced: ClosedRange<UInt64>?
    private var replacedByteCount = 0
    private var isFirstBatch = true
    private var pruning: TimelinePruning
    /// Pruned epochs whose machine state a later one may still need: the last few.
    private var waiting: [Waiting] = []
    private var gap: Gap?
    private var lastCheckpoint: UInt64
    private var followsForgotten = false

    private struct Waiting {
        var record: Palimpsest_History_V1_EpochRecord
        var chainHash: [UInt8]
        var checkpoint: UInt64
        var needsState = false
        var isPruned: Bool
    }

    /// Written when it has grown to this size.
    private static let batchByteCountMax = 2 << 20
    /// Where the disk is short of space, what was replaced is given back when it has grown to this size.
    private static let replacedByteCountMax = 16 << 20
    /// A machine state is stored against one of at most so many epochs before.
    private static let stateReach = UInt64(BlobChain.interval - 1)

    init(
        _ core: StoreCore, _ timeline: Palimpsest_History_V1_TimelineRecord, head: UInt64, _ policy: RetentionPolicy,
        _ kept: KeptEpochs
    ) {
        self.core = core
        self.timeline = timeline
        self.head = head
        self.policy = policy
        self.kept = kept
        lastCheckpoint = timeline.hasFork ? timeline.fork.parentEpoch : 0
        pruning = TimelinePruning(timeline: timeline.name, checkpointCount: 0, prunedCount: 0, forgottenCount: 0)
    }

    mutating func run(progress: (VerifyProgress) -> Void, shouldStop: () -> Bool) throws -> TimelinePruning {
        let own = LineageStretch(timeline: timeline, epochs: timeline.firstOwnEpoch...head)
        var done = VerifyProgress(epochsDone: 0, epochsTotal: own.epochs.count)
        var pruner = self
        _ = try core.forEachEpochRecord(own) { record, hash, _ in
            try pruner.visit(record, hash)
            done.epochsDone += Int(record.epoch - record.firstEpochCovered + 1)
            progress(done)
            return !shouldStop()
        }
        try pruner.finish()
        self = pruner
        return pruning
    }

    private mutating func visit(_ record: Palimpsest_History_V1_EpochRecord, _ hash: [UInt8]) throws {
        if record.isCheckpoint { pruning.checkpointCount += 1 }
        let keeps = record.isCheckpoint && keepsCheckpoint(record.epoch)
        if keeps {
            try endGap()
            if !isPreview { noteNeededStates(of: record) }
            lastCheckpoint = record.epoch
            followsForgotten = false
        } else {
            if policy.dropsInputs {
                try addToGap(record, hash)
                // Its checkpoint is gone, but it is to stay: it is reached through everything since the last checkpoint.
                if record.hasPruned, record.pruned.hasLog_p, kept.keeps(record.epoch) { leaveGap() }
            } else if record.isCheckpoint {
                pruning.prunedCount += 1
            } else if record.hasPruned, !record.pruned.hasLog_p {
                followsForgotten = true
                pruning.forgottenCount += record.epoch - record.firstEpochCovered + 1
            }
        }
        guard !isPreview else { return }
        if !policy.dropsInputs { try wait(record, hash, isPruned: record.isCheckpoint && !keeps) }
        if changeByteCount >= Self.batchByteCountMax {
            // All of it, as what has its checkpoint when this is the last batch needs its state, too.
            try putWaiting()
            try commit(durable: false)
        }
    }

    private mutating func wait(
        _ record: Palimpsest_History_V1_EpochRecord, _ hash: [UInt8], isPruned: Bool
    ) throws {
        waiting.append(
            Waiting(
                record: record, chainHash: record.chainHash(sealed: hash), checkpoint: lastCheckpoint,
                isPruned: isPruned))
        if waiting.count > Int(Self.stateReach) { try putOldest() }
    }

    /// The first epoch after forgotten ones is where its followers are executed from.
    private func keepsCheckpoint(_ epoch: UInt64) -> Bool {
        kept.keeps(epoch) || (followsForgotten && !policy.dropsInputs)
    }

    private mutating func finish() throws {
        try endGap()
        try putWaiting()
        try commit(durable: true)
    }

    // MARK: Epochs that keep their log

    /// Machine states that a kept epoch's is stored against, directly or not.
    private mutating func noteNeededStates(of record: Palimpsest_History_V1_EpochRecord) {
        var blob = record.machineState
        while blob.encoding == .zstdAgainstEpoch {
            guard let base = waiting.firstIndex(where: { $0.record.epoch == blob.baseEpoch }) else { return }
            waiting[base].needsState = true
            blob = waiting[base].record.machineState
        }
    }

    /// With their states: what comes after them may have its own stored against these.
    private mutating func putWaiting() throws {
        for index in waiting.indices { waiting[index].needsState = true }
        while !waiting.isEmpty { try putOldest() }
    }

    private mutating func putOldest() throws {
        let oldest = waiting.removeFirst()
        guard oldest.isPruned else { return }
        var record = oldest.record
        record.pruned = .with {
            $0.firstEpoch = record.epoch
            $0.manifestHash = .init(oldest.chainHash)
            $0.hasLog_p = true
            $0.checkpointEpoch = oldest.checkpoint
        }
        for index in record.segments.indices {
            record.segments[index].sha256 = .init()
            record.segments[index].byteCount = 0
        }
        if !oldest.needsState { record.clearMachineState() }
        try put(record)
    }

    // MARK: Epochs that are forgotten

    /// Neighbouring epochs that one record will stand for.
    private struct Gap {
        var record = Palimpsest_History_V1_EpochRecord()
        var keys: [UInt64] = []
        var isChanged = false
        var checkpointCount: UInt64 = 0
        var epochCount: UInt64 = 0
        var locations: [UInt64: PageLocation] = [:]
        var states: [Palimpsest_History_V1_KeptState] = []
    }

    private mutating func addToGap(_ record: Palimpsest_History_V1_EpochRecord, _ hash: [UInt8]) throws {
        var gap = self.gap ?? Gap()
        gap.epochCount += record.epoch - record.firstEpochCovered + 1
        if record.isCheckpoint { gap.checkpointCount += 1 }
        if isPreview {
            self.gap = gap
            return
        }
        if self.gap == nil {
            gap.record.timelineID = record.timelineID
            gap.record.previousManifestHash = record.previousManifestHash
            gap.record.icountFrom = record.icountFrom
            gap.record.pruned.firstEpoch = record.firstEpochCovered
            gap.record.pruned.checkpointEpoch = lastCheckpoint
        }
        gap.isChanged = gap.isChanged || !record.hasPruned || record.pruned.hasLog_p || !gap.keys.isEmpty
        gap.keys.append(record.epoch)
        gap.record.epoch = record.epoch
        gap.record.icountTo = record.icountTo
        gap.record.virtualTimeNs = record.virtualTimeNs
        gap.record.wallTimeNs = record.wallTimeNs
        gap.record.pruned.manifestHash = .init(record.chainHash(sealed: hash))
        try record.forEachDirtyPage { page, pageClass, location in
            if pageClass != .unchanged { gap.locations[page] = location }
        }
        gap.states += record.pruned.states
        if record.hasMachineState {
            gap.states.append(
                .with {
                    $0.epoch = record.epoch
                    $0.state = record.machineState
                })
        }
        gap.states.removeAll { $0.epoch + Self.stateReach <= record.epoch }
        self.gap = gap
    }

    /// What was gathered stays as it is.
    private mutating func leaveGap() { gap = nil }

    private mutating func endGap() throws {
        guard var gap else { return }
        self.gap = nil
        pruning.forgottenCount += gap.epochCount
        pruning.prunedCount += gap.checkpointCount
        guard gap.isChanged else { return }
        var list = PageListWriter()
        for (page, location) in gap.locations.sorted(by: { $0.key < $1.key }) {
            if location == .zero { list.counts.zero += 1 } else { list.counts.duplicates += 1 }
            list.add(page: page, location == .zero ? .zero : .duplicate, location: location)
        }
        gap.record.pages = list.finish()
        gap.record.pruned.states = gap.states
        for key in gap.keys.dropLast() { change.delete(.manifests, key: StoreKey.epoch(timeline.id, key)) }
        changeByteCount += gap.keys.count * 40
        try put(gap.record)
    }

    // MARK: Writing

    private mutating func put(_ record: Palimpsest_History_V1_EpochRecord) throws {
        let key = StoreKey.epoch(timeline.id, record.epoch)
        let sealed = try RecordEnvelope.seal(record, space: .manifests, key: key)
        change.put(.manifests, key: key, value: sealed)
        changeByteCount += sealed.count
        replaced = (replaced?.lowerBound ?? record.firstEpochCovered)...record.epoch
        replacedByteCount += sealed.count
    }

    private mutating func commit(durable: Bool) throws {
        if isPreview || (change.operations.isEmpty && isFirstBatch) { return }
        if isFirstBatch {
            timeline.generation += 1
            let key = StoreKey.timeline(timeline.id)
            change.put(.records, key: key, value: try RecordEnvelope.seal(timeline, space: .records, key: key))
            try core.raiseGeneration(in: &change)
            // With the first epochs that are forgotten goes the index that has them one by one.
            if policy.dropsInputs { change.dropPageHistory(of: timeline.id) }
        }
        try core.engine.commit(change, durable: durable)
        if isFirstBatch { core.noteTimeline(timeline) }
        isFirstBatch = false
        change = StoreChange()
        changeByteCount = 0
        if replacedByteCount >= Self.replacedByteCountMax, core.directory.isShortOfSpace { try giveBack() }
    }

    private mutating func giveBack() throws {
        guard let epochs = replaced, core.engine.hasRoomToSettle else { return }
        try core.engine.reclaim(
            .manifests, from: StoreKey.epoch(timeline.id, epochs.lowerBound),
            to: StoreKey.epoch(timeline.id, epochs.upperBound))
        replaced = nil
        replacedByteCount = 0
    }
}
