import GuestMemory
import SwiftProtobuf

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

extension HistoryStore {
    /// Checks an exported file from beginning to end.
    ///
    /// - Returns: what is in it.
    /// - Throws: `HistoryStoreError.badExport` naming what is wrong; `.io`.
    public static func checkExport(_ path: String, progress: (UInt64) -> Void = { _ in }) throws -> TransferReport {
        let reader = try ExportReader(path: path)
        var report: TransferReport?
        var isAtEnd = false
        while !isAtEnd {
            try reader.next { kind, payload in
                switch kind {
                case .header:
                    let header = try decode(Palimpsest_History_V1_ExportHeader.self, payload, path)
                    guard report == nil else {
                        throw HistoryStoreError.badExport(path: path, what: "has two beginnings")
                    }
                    report = TransferReport(
                        timeline: header.timeline, firstEpoch: header.firstEpoch, lastEpoch: header.lastEpoch)
                case .epoch: report?.epochCount += 1
                case .pages: break
                case .end:
                    let end = try decode(Palimpsest_History_V1_ExportEnd.self, payload, path)
                    guard let known = report, end.epochCount == UInt64(known.epochCount), known.epochCount > 0 else {
                        throw HistoryStoreError.badExport(path: path, what: "has not as many epochs as it says")
                    }
                    report?.pageCount = Int(clamping: end.pageCount)
                    isAtEnd = true
                }
            }
            progress(reader.byteCount)
        }
        try reader.checkEnd()
        guard var report else { throw HistoryStoreError.badExport(path: path, what: "has no beginning") }
        report.byteCount = reader.byteCount
        return report
    }

    /// Puts an exported file into this store as a new timeline. The whole file is checked first; each page is hashed and
    /// compared as it is stored, and content that is here already is shared.
    ///
    /// - Parameter name: the timeline's name; nil for the one it had.
    /// - Throws: `HistoryStoreError.badExport`, `.timelineExists`, `.readOnly`, `.diskFull`, `.io`. The timeline is then
    ///   valid up to the last epoch that was stored.
    public func importHistory(
        _ path: String, as name: String? = nil, progress: (VerifyProgress) -> Void = { _ in },
        shouldStop: () -> Bool = { false }
    ) throws -> TransferReport {
        var report = try Self.checkExport(path)
        report.timeline = name ?? report.timeline
        let importer = try HistoryImporter(self, path, report)
        return try importer.run(progress: progress, shouldStop: shouldStop)
    }

    fileprivate static func decode<Record: Message>(
        _ type: Record.Type, _ payload: UnsafeRawBufferPointer, _ path: String
    ) throws -> Record {
        do {
            return try Record(serializedBytes: [UInt8](payload))
        } catch {
            throw HistoryStoreError.badExport(path: path, what: "has a part that cannot be decoded (\(error))")
        }
    }
}

/// Reads the frames of a checked file and appends its epochs to a new timeline.
private final class HistoryImporter {
    private let store: HistoryStore
    private let path: String
    private let reader: ExportReader
    private var report: TransferReport
    private var writer: TimelineWriter?
    private let decoder = PageDecoder()
    private var arena = PageArena()
    private let base = UnsafeMutableRawPointer.allocate(byteCount: pageSize, alignment: pageSize)

    private var epoch: Palimpsest_History_V1_ExportEpoch?
    private var pages: [DirtyPage] = []
    private var unknownPages: Set<Int> = []

    init(_ store: HistoryStore, _ path: String, _ report: TransferReport) throws {
        self.store = store
        self.path = path
        self.report = report
        reader = try ExportReader(path: path)
    }

    deinit { base.deallocate() }

    func run(progress: (VerifyProgress) -> Void, shouldStop: () -> Bool) throws -> TransferReport {
        var done = VerifyProgress(epochsDone: 0, epochsTotal: report.epochCount)
        var isAtEnd = false
        while !isAtEnd {
            // The frame is copied out: what is done with it changes this struct.
            let (kind, payload) = try reader.next { ($0, [UInt8]($1)) }
            switch kind {
            case .header: try begin(payload)
            case .epoch:
                try append()
                done.epochsDone += 1
                progress(done)
                if shouldStop() { break }
                epoch = try payload.withUnsafeBytes {
                    try HistoryStore.decode(Palimpsest_History_V1_ExportEpoch.self, $0, path)
                }
            case .pages: try payload.withUnsafeBytes { try addPages($0) }
            case .end:
                try append()
                isAtEnd = true
            }
            if shouldStop() { isAtEnd = true }
        }
        try writer?.close()
        return report
    }

    private func begin(_ payload: [UInt8]) throws {
        let header = try payload.withUnsafeBytes {
            try HistoryStore.decode(Palimpsest_History_V1_ExportHeader.self, $0, path)
        }
        writer = try store.createTimeline(
            name: report.timeline, metadata: [UInt8](header.metadata), options: WriterOptions(durability: .off))
    }

    // MARK: Pages

    private func addPages(_ bytes: UnsafeRawBufferPointer) throws {
        var reader = ByteReader(bytes)
        var nextPage: UInt64 = 0
        while !reader.isAtEnd {
            guard let gap = reader.readVarint(), let tag = reader.readByte(), let form = ExportedPage(rawValue: tag),
                gap < 1 << 52
            else { throw malformed }
            let page = nextPage + gap
            nextPage = page + 1
            let content = arena.next()
            switch form {
            case .written:
                unknownPages.insert(pages.count)
                fallthrough
            case .zero: content.initializeMemory(as: UInt8.self, repeating: 0, count: pageSize)
            case .unchanged: try readBase(page, into: content)
            case .raw, .zstd, .zstdDelta, .patch:
                guard let kind = form.payloadKind, let length = reader.readVarint(), length <= UInt64(pageSize),
                    let payload = reader.readBytes(Int(length)), let hash = reader.readBytes(PageHash.byteCount)
                else { throw malformed }
                if kind.isDelta { try readBase(page, into: base) }
                guard decoder.decode(kind, payload, base: kind.isDelta ? UnsafeRawPointer(base) : nil, into: content),
                    PageHash(page: content) == PageHash(bytes: hash.baseAddress!)
                else { throw malformed }
            }
            pages.append(DirtyPage(page: GuestPhysicalPage(page), content: content))
        }
    }

    private func readBase(_ page: UInt64, into content: UnsafeMutableRawPointer) throws {
        guard let writer else { throw malformed }
        try writer.readPage(GuestPhysicalPage(page), into: content)
    }

    private var malformed: HistoryStoreError {
        .badExport(path: path, what: "has a page that is not what its hash says")
    }

    // MARK: Epochs

    /// Stores the epoch that was read last.
    private func append() throws {
        guard let epoch, let writer else { return }
        self.epoch = nil
        guard epoch.pageCount == UInt64(pages.count) else { throw malformed }
        let plain = [UInt8](epoch.log).withUnsafeBytes {
            Zstd.decompress($0, byteCount: Int(clamping: epoch.logByteCount))
        }
        guard let plain else { throw malformed }
        let log = try plain.withUnsafeBytes { try HistoryStore.decode(Palimpsest_History_V1_ExportLog.self, $0, path) }
        guard let marks = PageMarks.decode([UInt8](log.pageMarks)) else { throw malformed }
        var input = EpochInput(
            epoch: epoch.epoch, icountFrom: epoch.icountFrom, icountTo: epoch.icountTo,
            virtualTime_ns: epoch.virtualTimeNs, wallTime_ns: epoch.wallTimeNs, stun_us: epoch.stunUs,
            scan_us: epoch.scanUs, copy_us: epoch.copyUs, pages: pages, machineState: [UInt8](log.machineState),
            inputs: [UInt8](log.inputs), inputCount: log.inputCount, tlbEvents: [UInt8](log.tlbEvents),
            tlbEventCount: log.tlbEventCount, pageMarks: marks, consoleOutput: [UInt8](log.consoleOutput))
        input.capture = CaptureCounts(log.capture)
        if epoch.hasPruned {
            input.pruning = PrunedInput(
                firstEpoch: epoch.pruned.firstEpoch, hasLog: epoch.pruned.hasLog_p, unknownPages: unknownPages)
        }
        report.storedByteCount += try writer.append(input).storedBytes
        pages.removeAll(keepingCapacity: true)
        unknownPages.removeAll()
        arena.reset()
    }
}

/// Room for one epoch's pages, whose addresses stay.
private struct PageArena: ~Copyable {
    private static let pagesPerSlab = 1024
    private var slabs: [UnsafeMutableRawPointer] = []
    private var used = 0

    deinit { for slab in slabs { slab.deallocate() } }

    mutating func next() -> UnsafeMutableRawPointer {
        let slab = used / Self.pagesPerSlab
        if slab == slabs.count {
            slabs.append(.allocate(byteCount: Self.pagesPerSlab * pageSize, alignment: pageSize))
        }
        defer { used += 1 }
        return slabs[slab] + used % Self.pagesPerSlab * pageSize
    }

    mutating func reset() {
        // A base image's room is not kept for the epochs after it.
        while slabs.count > 4 { slabs.removeLast().deallocate() }
        used = 0
    }
}
