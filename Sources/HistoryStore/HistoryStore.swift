import GuestMemory

public final class HistoryStore: @unchecked Sendable {
    public enum Mode: Sendable {
        case readOnly, readWrite, create
    }
    public static func open(path: String, mode: Mode) throws -> HistoryStore { fatalError() }
    public func close() throws { fatalError() }
    /// For a store opened `.readOnly` beside a recorder: see what was recorded since.
    public func refresh() throws { fatalError() }

    public func timelines() throws -> [TimelineInfo] { fatalError() }
    public func timeline(named name: String) throws -> TimelineInfo { fatalError() }
    public func createTimeline(
        name: String, parent: (timeline: String, epoch: UInt64)? = nil, metadata: [UInt8] = [],
        options: WriterOptions = WriterOptions()
    ) throws -> TimelineWriter { fatalError() }
    public func resumeTimeline(name: String, options: WriterOptions = WriterOptions()) throws -> TimelineWriter {
        fatalError()
    }
    public func setTag(name: String, timeline: String, epoch: UInt64, instructions: UInt64 = 0) throws { fatalError() }
    public func tags() throws -> [Tag] { fatalError() }
    public func tag(named name: String) throws -> Tag { fatalError() }
    public func deleteTag(name: String) throws { fatalError() }

    public func headEpoch(timeline: String) throws -> UInt64 { fatalError() }
    public func manifest(timeline: String, epoch: UInt64) throws -> EpochManifest { fatalError() }
    /// In rising order, ancestors' epochs included, until `body` returns false.
    public func forEachManifest(
        timeline: String, in epochs: ClosedRange<UInt64>, _ body: (EpochManifest) throws -> Bool
    ) throws { fatalError() }
    public func pageMap(timeline: String, epoch: UInt64) throws -> PageMap { fatalError() }
    /// Writes 4096 verified bytes; `.absent` and `.zero` read as zeros. Thread-safe.
    public func readPage(at location: PageLocation, into destination: UnsafeMutableRawPointer) throws { fatalError() }
    public func pageHash(at location: PageLocation) throws -> PageHash { fatalError() }
    public func dirtyPages(timeline: String, epoch: UInt64) throws -> [DirtyPageHash] { fatalError() }
    /// Oldest first.
    public func history(
        page: GuestPhysicalPage, timeline: String, epochs: ClosedRange<UInt64>
    ) throws -> [PageVersion] { fatalError() }
    public func stats() throws -> StoreStatistics { fatalError() }
    public func verify(progress: (VerifyProgress) -> Void = { _ in }) throws -> [Finding] { fatalError() }
    public func rebuildIndexes() throws { fatalError() }
    func decode(_ field: KeyPath<Palimpsest_History_V1_EpochRecord, Palimpsest_History_V1_Blob>, of: EpochManifest)
        throws -> [UInt8]
    { fatalError() }
}

public final class TimelineWriter: @unchecked Sendable {
    public let name: String = ""
    /// nil before the first epoch of a timeline of its own.
    public var headEpoch: UInt64? { fatalError() }
    /// From one thread at a time.
    public func append(_ epoch: EpochInput) throws -> EpochReceipt { fatalError() }
    /// Makes every appended epoch durable.
    public func flush() throws { fatalError() }
    public func close() throws { fatalError() }
}

public final class PageMap: @unchecked Sendable {
    /// Pages that are not `.absent`.
    public var pageCount: Int { fatalError() }
    public func location(of page: GuestPhysicalPage) -> PageLocation { fatalError() }
    /// In rising page order.
    public func forEach(_ body: (GuestPhysicalPage, PageLocation) throws -> Void) rethrows { fatalError() }
}
