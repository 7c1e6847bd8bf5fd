import Dispatch
import GuestMemory
import Synchronization

extension Verifier {
    /// The first pass: every segment, oldest first. What is stored against something damaged is damaged too; as bases are
    /// older, one pass finds all of it.
    func checkSegments() throws {
        let total = Int(present.end)
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
            if !isSound {
                damaged.insert(location)
            } else if entry.kind.isDelta {
                checkBase(of: entry, at: location, segment)
            }
        }
    }

    private func checkBase(of entry: Segment.Entry, at location: PageLocation, _ segment: Segment) {
        let isThere = present.contains(entry.base)
        guard !isThere || damaged.contains(entry.base) else { return }
        damaged.insert(location)
        let why = isThere ? "is damaged" : "is missing"
        note(
            name(of: segment.timeline), segment.epoch,
            "\(GuestPhysicalPage(entry.page)): the version it is stored against (\(entry.base)) \(why)")
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
        let job = PageCheck(core, chosen: chosenEpochs(), suspects: Set(damaged.map(\.segment)))
        let ranges = PageCheck.ranges(below: present.end)
        let next = Atomic(0)
        let stop = Atomic(false)
        let workerCount = max(options.jobCount, 1)
        DispatchQueue.concurrentPerform(iterations: workerCount) { _ in
            while !stop.load(ordering: .relaxed) {
                let index = next.add(1, ordering: .relaxed).oldValue
                guard index < ranges.count else { return }
                job.check(ranges[index])
            }
        }
        let result = job.result
        report.findings += result.findings
        damaged.subtract(result.sound)
        damaged.formUnion(result.damaged)
        report.pageCount += result.pageCount
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

/// Decodes and hashes page versions. Used from several threads.
private final class PageCheck: Sendable {
    struct Result {
        var findings: [Finding] = []
        var damaged: Set<PageLocation> = []
        /// Of suspected segments, what is as it was stored.
        var sound: Set<PageLocation> = []
        var pageCount = 0
    }

    private let core: StoreCore
    private let chosen: @Sendable (UInt32, UInt64) -> Bool
    private let suspects: Set<UInt64>
    private let found = Mutex(Result())

    init(_ core: StoreCore, chosen: @escaping @Sendable (UInt32, UInt64) -> Bool, suspects: Set<UInt64>) {
        self.core = core
        self.chosen = chosen
        self.suspects = suspects
    }

    var result: Result { found.withLock { $0 } }

    /// Runs of segment numbers.
    static func ranges(below end: UInt64) -> [Range<UInt64>] {
        stride(from: 1, to: end, by: 64).map { $0..<min($0 + 64, end) }
    }

    func check(_ numbers: Range<UInt64>) {
        let page = UnsafeMutableRawPointer.allocate(byteCount: pageSize, alignment: pageSize)
        defer { page.deallocate() }
        var result = Result()
        do {
            try core.engine.scan(
                .segments, from: StoreKey.segment(numbers.lowerBound), to: StoreKey.segment(numbers.upperBound)
            ) { key, value in
                guard let number = StoreKey.readBigEndian(UInt64.self, key, at: 0),
                    let segment = try? Segment(number: number, copying: value), segment.content == .pages,
                    suspects.contains(number) || chosen(segment.timeline, segment.epoch)
                else { return true }
                check(segment, page, &result)
                return true
            }
        } catch {
            result.findings.append(Finding(timeline: nil, epoch: nil, what: Verifier.text(error)))
        }
        let own = result
        found.withLock {
            $0.findings += own.findings
            $0.damaged.formUnion(own.damaged)
            $0.sound.formUnion(own.sound)
            $0.pageCount += own.pageCount
        }
    }

    private func check(_ segment: Segment, _ page: UnsafeMutableRawPointer, _ result: inout Result) {
        core.reader.keep(segment)
        let isSuspect = suspects.contains(segment.number)
        for (index, entry) in segment.entries.enumerated() where !entry.isGone {
            let location = PageLocation(segment: segment.number, entry: index)
            result.pageCount += 1
            do {
                try core.reader.read(location, into: page)
                if isSuspect { result.sound.insert(location) }
            } catch {
                result.damaged.insert(location)
                let timeline = (try? core.timeline(segment.timeline).name) ?? "number \(segment.timeline)"
                result.findings.append(
                    Finding(timeline: timeline, epoch: segment.epoch, what: Verifier.text(error)))
            }
        }
    }
}
