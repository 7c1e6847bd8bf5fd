import GuestMemory

/// What was exported or imported.
public struct TransferReport: Equatable, Sendable {
    public var timeline: String
    public var firstEpoch: UInt64
    public var lastEpoch: UInt64
    /// Records, checkpoint 0 and pruned epochs included.
    public var epochCount = 0
    public var pageCount = 0
    /// Of the file.
    public var byteCount: UInt64 = 0
    /// Bytes that importing added to the store.
    public var storedByteCount = 0
}

extension HistoryStore {
    /// Hands a stretch of a timeline's history to `sink`, piece by piece, as a file that `importHistory` puts into any
    /// store: checkpoint 0, the checkpoint that the stretch begins with, and every epoch since. Everything that executing
    /// needs is in it.
    ///
    /// A stretch that begins or ends at a pruned checkpoint is widened to the one before or after.
    ///
    /// - Throws: `HistoryStoreError`, and what `sink` throws.
    public func export(
        timeline: String, epochs: ClosedRange<UInt64>, progress: (VerifyProgress) -> Void = { _ in },
        to sink: @escaping (UnsafeRawBufferPointer) throws -> Void
    ) throws -> TransferReport {
        let first = try checkpoint(timeline: timeline, atOrBefore: epochs.lowerBound).epoch
        let last = try checkpoint(timeline: timeline, atOrAfter: epochs.upperBound)
        let exporter = try HistoryExporter(self, timeline: timeline, first: first, last: last, sink)
        return try exporter.run(progress: progress)
    }

    /// The first epoch at or after `epoch` whose checkpoint is there. A timeline's head always is one.
    private func checkpoint(timeline: String, atOrAfter epoch: UInt64) throws -> UInt64 {
        var found: UInt64?
        try forEachManifest(timeline: timeline, in: epoch...headEpoch(timeline: timeline)) {
            if $0.pruning == .none { found = $0.epoch }
            return found == nil
        }
        guard let found else { throw HistoryStoreError.noSuchEpoch(timeline: timeline, epoch: epoch) }
        return found
    }
}

/// Writes a stretch of one timeline, its ancestors' part included, as frames.
final class HistoryExporter {
    private let store: HistoryStore
    private let core: StoreCore
    private let timeline: String
    private let first: UInt64
    private let last: UInt64
    private var writer: ExportWriter
    private var encoder = PageEncoder()
    private var frame = ByteWriter(capacity: 1 << 20)
    private var nextPage: UInt64 = 0
    private var report: TransferReport
    /// Where pages were at the end of the last epoch that was written.
    private let map: PageMap
    /// Written by pruned epochs since the last checkpoint: the importer cannot read these back yet, so that nothing is
    /// stored against them.
    private var unread: Set<UInt64> = []
    private let content = UnsafeMutableRawPointer.allocate(byteCount: 2 * pageSize, alignment: pageSize)

    private static let frameByteCountMax = 1 << 20

    init(
        _ store: HistoryStore, timeline: String, first: UInt64, last: UInt64,
        _ sink: @escaping (UnsafeRawBufferPointer) throws -> Void
    ) throws {
        self.store = store
        core = try store.core
        self.timeline = timeline
        self.first = first
        self.last = last
        map = PageMap(copying: try store.pageMap(timeline: timeline, epoch: 0))
        report = TransferReport(timeline: timeline, firstEpoch: first, lastEpoch: last)
        let counter = ByteCounter()
        writer = try ExportWriter {
            counter.count += UInt64($0.count)
            try sink($0)
        }
        self.counter = counter
    }

    private let counter: ByteCounter
    private final class ByteCounter { var count: UInt64 = 0 }

    deinit { content.deallocate() }

    func run(progress: (VerifyProgress) -> Void) throws -> TransferReport {
        let metadata = try store.timeline(named: timeline).metadata
        try writer.put(
            .header,
            Palimpsest_History_V1_ExportHeader.with {
                $0.timeline = timeline
                $0.metadata = .init(metadata)
                $0.firstEpoch = first
                $0.lastEpoch = last
            })
        try putBase()
        if first > 0 { try putStart() }
        var done = VerifyProgress(epochsDone: 0, epochsTotal: Int(last - first))
        var next = first + 1
        while next <= last {
            // Pruned epochs are looked at together with the checkpoint that ends them.
            let run = try recordsUpToCheckpoint(from: next)
            try put(run)
            next = run.last!.epoch + 1
            done.epochsDone = Int(next - first - 1)
            progress(done)
        }
        try writer.put(
            .end,
            Palimpsest_History_V1_ExportEnd.with {
                $0.epochCount = UInt64(report.epochCount)
                $0.pageCount = UInt64(report.pageCount)
            })
        report.byteCount = counter.count
        return report
    }

    // MARK: Epochs

    private func putBase() throws {
        let manifest = try store.manifest(timeline: timeline, epoch: 0)
        var pages: [PageEntry] = []
        try manifest.record.forEachDirtyPage { page, pageClass, location in
            pages.append(PageEntry(page: page, pageClass: pageClass, location: location))
        }
        // Nothing comes before checkpoint 0.
        unread = Set(pages.map(\.page))
        try put(manifest, pages)
        unread = []
    }

    /// The stretch's first checkpoint: what lies between checkpoint 0 and it comes as one forgotten stretch.
    private func putStart() throws {
        let manifest = try store.manifest(timeline: timeline, epoch: first)
        let there = try store.pageMap(timeline: timeline, epoch: first)
        var own: [PageEntry] = []
        var ownPages: Set<UInt64> = []
        try manifest.record.forEachDirtyPage { page, pageClass, location in
            own.append(PageEntry(page: page, pageClass: pageClass, location: location))
            if pageClass != .unchanged { ownPages.insert(page) }
        }
        if first > 1 {
            var before: [PageEntry] = []
            there.forEach { page, location in
                guard !ownPages.contains(page.number), location != map.location(of: page) else { return }
                let pageClass: PageClass = location == .zero ? .zero : .duplicate
                before.append(PageEntry(page: page.number, pageClass: pageClass, location: location))
            }
            let gap = try gapManifest(before: manifest)
            try put(gap, before)
        }
        try put(manifest, own)
        unread = []
    }

    /// Something to stand for the epochs between checkpoint 0 and the first one.
    private func gapManifest(before manifest: EpochManifest) throws -> EpochManifest {
        let base = try store.manifest(timeline: timeline, epoch: 0)
        let record = Palimpsest_History_V1_EpochRecord.with {
            $0.epoch = manifest.epoch - 1
            $0.icountFrom = base.icountTo
            $0.icountTo = manifest.icountFrom
            $0.virtualTimeNs = base.virtualTime_ns
            $0.wallTimeNs = base.wallTime_ns
            $0.pruned.firstEpoch = 1
        }
        return EpochManifest(record, timeline: timeline, hash: [], manifestByteCount: 0, store: store)
    }

    private func recordsUpToCheckpoint(from epoch: UInt64) throws -> [EpochManifest] {
        var run: [EpochManifest] = []
        try store.forEachManifest(timeline: timeline, in: epoch...last) {
            run.append($0)
            return $0.pruning != .none
        }
        return run
    }

    private func put(_ run: [EpochManifest]) throws {
        // Who of the run wrote a page last: only that content is still there.
        var lastWriter: [UInt64: UInt64] = [:]
        for manifest in run {
            try manifest.record.forEachDirtyPage { page, pageClass, _ in
                if pageClass != .unchanged { lastWriter[page] = manifest.epoch }
            }
        }
        for manifest in run {
            var pages: [PageEntry] = []
            try manifest.record.forEachDirtyPage { page, pageClass, location in
                var entry = PageEntry(page: page, pageClass: pageClass, location: location)
                entry.isKnown = manifest.pruning == .none || lastWriter[page] == manifest.epoch
                // A forgotten stretch has no dirty set to keep.
                if entry.isKnown || manifest.pruning != .forgotten { pages.append(entry) }
            }
            try put(manifest, pages)
        }
        unread = []
    }

    private func put(_ manifest: EpochManifest, _ pages: [PageEntry]) throws {
        var log = Palimpsest_History_V1_ExportLog()
        if manifest.pruning != .forgotten {
            log.inputs = .init(try manifest.inputs())
            log.inputCount = manifest.inputCount
            log.tlbEvents = .init(try manifest.tlbEvents())
            log.tlbEventCount = manifest.tlbEventCount
            log.consoleOutput = .init(try manifest.consoleOutput())
            log.pageMarks = .init(PageMarks.encode(try manifest.pageMarks()))
            log.capture = manifest.record.capture
        }
        if manifest.pruning == .none { log.machineState = .init(try manifest.machineState()) }
        let plain = try log.serializedBytes() as [UInt8]
        var epoch = Palimpsest_History_V1_ExportEpoch()
        epoch.epoch = manifest.epoch
        epoch.icountFrom = manifest.icountFrom
        epoch.icountTo = manifest.icountTo
        epoch.virtualTimeNs = manifest.virtualTime_ns
        epoch.wallTimeNs = manifest.wallTime_ns
        epoch.stunUs = manifest.stun_us
        epoch.scanUs = manifest.scan_us
        epoch.copyUs = manifest.copy_us
        if manifest.pruning != .none {
            epoch.pruned.firstEpoch = manifest.firstEpoch
            epoch.pruned.hasLog_p = manifest.pruning == .checkpoint
        }
        epoch.pageCount = UInt64(pages.count)
        epoch.log = .init(Zstd.compress(plain))
        epoch.logByteCount = UInt64(plain.count)
        try writer.put(.epoch, epoch)
        for entry in pages { try put(entry) }
        try endFrame()
        // What this epoch wrote is the base of what the next one writes, once it has been stored.
        for entry in pages where entry.pageClass != .unchanged && entry.isKnown { map.set(entry.page, entry.location) }
        if manifest.pruning != .none { unread.formUnion(pages.map(\.page)) }
        report.epochCount += 1
        report.pageCount += pages.count
    }

    // MARK: Pages

    private struct PageEntry {
        var page: UInt64
        var pageClass: PageClass
        var location: PageLocation
        /// Whether its content is still there.
        var isKnown = true
    }

    private func put(_ entry: PageEntry) throws {
        frame.appendVarint(entry.page - nextPage)
        nextPage = entry.page + 1
        if !entry.isKnown {
            frame.append(ExportedPage.written.rawValue)
        } else if entry.pageClass == .unchanged {
            frame.append(ExportedPage.unchanged.rawValue)
        } else if entry.pageClass == .zero {
            frame.append(ExportedPage.zero.rawValue)
        } else {
            try putContent(entry)
        }
        if frame.count >= Self.frameByteCountMax { try endFrame() }
    }

    private func putContent(_ entry: PageEntry) throws {
        try core.reader.read(entry.location, into: content)
        var base: UnsafeRawPointer?
        if !unread.contains(entry.page) {
            try core.reader.read(map.location(of: GuestPhysicalPage(entry.page)), into: content + pageSize)
            base = UnsafeRawPointer(content + pageSize)
        }
        let (kind, payload) = encoder.encode(content, base: base)
        frame.append(kind.rawValue)
        frame.appendVarint(UInt64(payload.count))
        frame.append(payload)
        frame.appendHash(try core.reader.entry(entry.location).hash)
    }

    private func endFrame() throws {
        guard frame.count > 0 else { return }
        try writer.put(.pages, frame.buffer)
        frame.removeAll()
        nextPage = 0
    }
}
