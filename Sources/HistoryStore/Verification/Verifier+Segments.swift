import Dispatch
import GuestMemory
import Synchronization

extension Verifier {
    /// The first pass: every segment, oldest first. What is stored against something damaged is damaged too; as bases are
    /// older, one pass finds all of it.
    func checkSegments() {
        let total = Int(present.end)
        check(nil, nil) { try checkSegments(total) }
    }

    private func checkSegments(_ total: Int) throws {
        try core.engine.scan(.segments, from: [], to: nil) { key, value in
            guard let number = StoreKey.readBigEndian(UInt64.self, key, at: 0), number > 0 else { return true }
            checkSegment(number, value)
            report.segmentCount += 1
            if report.segmentCount % 64 == 0 {
                progress(VerifyProgress(unit: .segments, epochsDone: Int(number), epochsTotal: total))
                report.wasInterrupted = shouldStop()
            }
            return !report.wasInterrupted
        }
    }

    private func checkSegment(_ number: UInt64, _ bytes: UnsafeRawBufferPointer) {
        let segment: Segment
        do {
            segment = try Segment(number: number, copying: bytes)
        } catch {
            // What it held is not known: everything that refers to it finds it missing.
            damagedBlobs.insert(number)
            return note(nil, nil, Self.text(error))
        }
        let timeline = name(of: segment.timeline)
        let isSound = segment.matchesItsHash() && isWhatTheManifestSays(segment)
        if !isSound { note(timeline, segment.epoch, "segment \(number) does not match its hash") }
        if segment.content == .blob {
            present.insert(segment: number, entryCount: 1)
            if !isSound { damagedBlobs.insert(number) }
            return
        }
        for (index, entry) in segment.entries.enumerated() where !entry.isGone {
            let location = PageLocation(segment: number, entry: index)
            present.insert(location)
            pageNumbers.insert(entry.page)
            if !isSound {
                damaged.insert(location)
            } else if entry.kind.isDelta {
                checkBase(of: entry, at: location, segment)
            }
        }
    }

    /// Of what is stored against a suspect the second pass says more.
    private func checkBase(of entry: Segment.Entry, at location: PageLocation, _ segment: Segment) {
        let isThere = present.contains(entry.base)
        guard !isThere || damaged.contains(entry.base) else { return }
        damaged.insert(location)
        if isThere { return }
        note(
            name(of: segment.timeline), segment.epoch,
            "\(GuestPhysicalPage(entry.page)): the version it is stored against (\(entry.base)) is missing")
    }

    /// Whether the manifest of the epoch that a segment was written for names its hash. The segments of pruned epochs are
    /// not named by a hash any longer.
    private func isWhatTheManifestSays(_ segment: Segment) -> Bool {
        if lastRecord?.epoch != segment.epoch || lastRecord?.timelineID != segment.timeline {
            lastRecord = try? core.epochRecord(segment.timeline, segment.epoch)
        }
        // A record that cannot be read is found by the walk over the timelines.
        guard let record = lastRecord, record.isCheckpoint else { return true }
        if segment.content == .blob {
            let hash = record.blobs.first { $0.segment == segment.number }?.segmentSha256
            return hash.map { segment.isOriginally([UInt8]($0)) } ?? true
        }
        guard let reference = record.segments.first(where: { $0.number == segment.number }) else { return true }
        return segment.isOriginally([UInt8](reference.sha256)) && segment.entries.count == Int(reference.entryCount)
    }

    // MARK: Contents

    /// The second pass: decodes the page versions of the chosen epochs, and those that the first pass suspects: of a damaged
    /// segment most pages may be sound. On several threads.
    func checkPages() {
        let suspects = Set(damaged.map(\.segment))
        let result =
            options.data == .all
            ? ChainCheck.run(
                core, suspects: suspects, pages: pageNumbers.count, end: present.end, jobCount: options.jobCount,
                cacheByteCount: store.cacheByteCount, progress: progress, shouldStop: shouldStop)
            : checkChosen(suspects)
        report.findings += result.findings
        damaged.subtract(result.sound)
        damaged.formUnion(result.damaged)
        report.pageCount += result.pageCount
        report.wasInterrupted = result.wasInterrupted
    }

    private func checkChosen(_ suspects: Set<UInt64>) -> PageCheck.Result {
        let job = PageCheck(core, chosen: chosenEpochs(), suspects: suspects)
        let ranges = PageCheck.ranges(below: present.end)
        let next = Atomic(0)
        DispatchQueue.concurrentPerform(iterations: max(options.jobCount, 1)) { _ in
            while true {
                let index = next.add(1, ordering: .relaxed).oldValue
                guard index < ranges.count else { return }
                job.check(ranges[index])
            }
        }
        return job.result
    }

    private func chosenEpochs() -> @Sendable (UInt32, UInt64) -> Bool {
        switch options.data {
        case .none: return { _, _ in false }
        case .all: return { _, _ in true }
        case .part(let part, let count): return { _, epoch in epoch % count == part - 1 }
        case .percent(let percent, let seed):
            return { timeline, epoch in
                var mixed = (seed ^ epoch &* 0x9e37_79b9_7f4a_7c15) &+ UInt64(timeline)
                mixed = (mixed ^ mixed >> 30) &* 0xbf58_476d_1ce4_e5b9
                return Double(mixed >> 11) / Double(1 << 53) * 100 < percent
            }
        case .since(let name, let first):
            let id = try? core.timeline(named: name).id
            return { timeline, epoch in timeline == id && epoch >= first }
        }
    }

    static func text(_ error: any Error) -> String {
        if case HistoryStoreError.damaged(let what) = error { return what }
        return "\(error)"
    }
}
