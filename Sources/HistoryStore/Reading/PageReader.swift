import GuestMemory
import Synchronization

/// Reads page versions by location: decodes them along their bases, hashes the result and compares. May be used from any
/// thread.
final class PageReader: @unchecked Sendable {
    private let engine: any StoreEngine
    private let segments: SegmentCache
    private let bases: BasePageCache
    private let idleDecoders = Mutex<[UncheckedDecoder]>([])
    private let timelineName: @Sendable (UInt32) -> String
    /// What it means that something that is referred to is not there.
    private let missing: @Sendable (String) -> HistoryStoreError

    private struct UncheckedDecoder: @unchecked Sendable { let decoder: PageDecoder }

    /// - Parameter cacheByteCount: two thirds for segments, one for decoded bases.
    init(
        engine: any StoreEngine, cacheByteCount: Int, timelineName: @escaping @Sendable (UInt32) -> String,
        missing: @escaping @Sendable (String) -> HistoryStoreError
    ) {
        self.engine = engine
        self.missing = missing
        segments = SegmentCache(byteCountMax: cacheByteCount / 3 * 2)
        bases = BasePageCache(byteCountMax: cacheByteCount / 3)
        self.timelineName = timelineName
    }

    /// - Throws: `HistoryStoreError.damaged` when the segment is missing or malformed, `.collectedMeanwhile`.
    func segment(_ number: UInt64) throws -> Segment {
        try segments.segment(number) { try loadSegment(number) }
    }

    /// Puts a segment that was just read where `segment` finds it.
    func keep(_ segment: Segment) { _ = segments.segment(segment.number) { segment } }

    /// Past the cache: as it is on disk.
    func loadSegment(_ number: UInt64) throws -> Segment {
        let segment = try engine.read(.segments, key: StoreKey.segment(number)) {
            try Segment(number: number, copying: $0)
        }
        guard let segment else { throw missing("segment \(number) is missing") }
        return segment
    }

    func entry(_ location: PageLocation) throws -> Segment.Entry {
        let segment = try segment(location.segment)
        guard location.entry < segment.entries.count else {
            throw HistoryStoreError.damaged(what: "segment \(segment.number) has no entry \(location.entry)")
        }
        let entry = segment.entries[location.entry]
        guard !entry.isGone else {
            throw missing(
                "entry \(location.entry) of segment \(segment.number) was collected, but something refers to it")
        }
        return entry
    }

    /// Forgets what is in memory of segments that were rewritten or removed.
    func forget(_ numbers: [UInt64]) {
        for number in numbers { segments.remove(number) }
    }

    /// Writes the 4096 bytes at `location` and checks their hash.
    ///
    /// - Parameter known: bases the caller holds in memory.
    func read(
        _ location: PageLocation, into page: UnsafeMutableRawPointer,
        known: (PageLocation) -> UnsafeRawPointer? = { _ in nil }
    ) throws {
        guard location.isStored else {
            page.initializeMemory(as: UInt8.self, repeating: 0, count: pageSize)
            return
        }
        let decoder = idleDecoders.withLock { $0.popLast() } ?? UncheckedDecoder(decoder: PageDecoder())
        defer { idleDecoders.withLock { $0.append(decoder) } }
        try decode(location, into: page, decoder.decoder, below: SegmentFormat.versionIndexMax + 1, known)
        let entry = try entry(location)
        guard PageHash(page: page) == entry.hash else {
            throw damaged(location, entry, "does not match its hash")
        }
    }

    /// A base has a lower version index than what is against it, which bounds the recursion.
    private func decode(
        _ location: PageLocation, into page: UnsafeMutableRawPointer, _ decoder: PageDecoder, below limit: Int,
        _ known: (PageLocation) -> UnsafeRawPointer?
    ) throws {
        let segment = try segment(location.segment)
        let entry = try entry(location)
        guard entry.versionIndex < limit else { throw damaged(location, entry, "has a base that is no base") }
        guard entry.kind.isDelta else {
            guard decoder.decode(entry.kind, segment.payload(of: entry), base: nil, into: page) else {
                throw damaged(location, entry, "does not decode")
            }
            return
        }
        try withUnsafeTemporaryAllocation(byteCount: pageSize, alignment: 16) { buffer in
            let scratch = buffer.baseAddress!
            var base = known(entry.base)
            if base == nil {
                if !bases.copy(entry.base, into: scratch) {
                    try decode(entry.base, into: scratch, decoder, below: entry.versionIndex, known)
                    bases.insert(entry.base, scratch)
                }
                base = UnsafeRawPointer(scratch)
            }
            guard decoder.decode(entry.kind, segment.payload(of: entry), base: base, into: page) else {
                throw damaged(location, entry, "does not decode")
            }
        }
    }

    private func damaged(_ location: PageLocation, _ entry: Segment.Entry, _ what: String) -> HistoryStoreError {
        let page = GuestPhysicalPage(entry.page)
        guard let segment = try? segment(location.segment) else { return .damaged(what: "\(page) \(what)") }
        return .damaged(
            what: "\(page) of epoch \(segment.epoch) of timeline '\(timelineName(segment.timeline))' \(what)")
    }
}
