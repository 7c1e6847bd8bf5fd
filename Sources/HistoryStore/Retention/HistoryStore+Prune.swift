import GuestMemory

extension HistoryStore {
    /// Takes away the checkpoints that a policy does not keep. What happened in their epochs is kept, so that they can be
    /// executed again from the checkpoint before, unless the policy drops it. Space is given back by `collectGarbage`.
    ///
    /// Each step is a batch that leaves a valid history; after a kill, pruning again finishes. Timelines may be recorded
    /// meanwhile.
    ///
    /// - Parameters:
    ///   - timeline: one timeline's own epochs; nil for all timelines.
    ///   - progress: epochs looked at, of how many.
    ///   - shouldStop: asked between steps; true ends it early.
    /// - Throws: `HistoryStoreError.misuse`, `.noSuchTimeline`, `.readOnly`, `.damaged`, `.diskFull`, `.io`.
    @discardableResult
    public func prune(
        _ policy: RetentionPolicy, timeline: String? = nil, progress: (VerifyProgress) -> Void = { _ in },
        shouldStop: () -> Bool = { false }
    ) throws -> PruneReport {
        try policy.check()
        let core = try core
        let indexer = try indexer
        return try core.maintaining {
            if policy.dropsInputs { try indexEverything() }
            try syncEverything()
            var report = PruneReport(timelines: [])
            for record in try prunable(timeline) {
                guard let head = try core.head(record.id) else { continue }
                let kept = try KeptEpochs(record, head: head.epoch, policy, self)
                var pruner = Pruner(core, try core.timeline(record.id), head: head.epoch, policy, kept)
                let pruning =
                    try policy.dropsInputs
                    ? indexer.remaking(record) { try pruner.run(progress: progress, shouldStop: shouldStop) }
                    : pruner.run(progress: progress, shouldStop: shouldStop)
                report.timelines.append(pruning)
            }
            lastMap = nil
            return report
        }
    }

    /// What `prune` with this policy would take away, and what collecting would then give back.
    ///
    /// - Throws: as `prune`.
    public func previewPrune(
        _ policy: RetentionPolicy, timeline: String? = nil, progress: (VerifyProgress) -> Void = { _ in }
    ) throws -> PruneReport {
        try policy.check()
        let core = try core
        let records = try prunable(timeline)
        var kept: [UInt32: KeptEpochs] = [:]
        var report = PruneReport(timelines: [])
        for record in records {
            guard let head = try core.head(record.id) else { continue }
            let keeping = try KeptEpochs(record, head: head.epoch, policy, self)
            kept[record.id] = keeping
            var pruner = Pruner(core, record, head: head.epoch, policy, keeping)
            pruner.isPreview = true
            report.timelines.append(try pruner.run(progress: progress, shouldStop: { false }))
        }
        report.collection = try previewCollection(kept: kept, dropsInputs: policy.dropsInputs)
        return report
    }

    private func prunable(_ name: String?) throws -> [Palimpsest_History_V1_TimelineRecord] {
        let core = try core
        return try name.map { [try core.timeline(named: $0)] } ?? core.timelines
    }

    /// What is acknowledged is durable and marked before anything is taken away, so that no mark is left behind on a
    /// checkpoint that goes.
    private func syncEverything() throws {
        let core = try core
        var heads: [(id: UInt32, epoch: UInt64, hash: [UInt8])] = []
        for timeline in core.timelines {
            if let head = try core.head(timeline.id) {
                heads.append((timeline.id, head.epoch, [UInt8](head.manifestHash)))
            }
        }
        try core.engine.commit(StoreChange(), durable: true)
        for head in heads {
            try core.marks?.advance(timeline: head.id, epoch: head.epoch, manifestHash: head.hash)
        }
    }

    /// Brings the indexes up to every head.
    private func indexEverything() throws {
        for writer in openWriterObjects { writer.handOverIndexBatch() }
        try indexer.finish()
    }
}
