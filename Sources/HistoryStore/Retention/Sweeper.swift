import GuestMemory

/// Takes out of the segments what is not live. Segments go from the newest to the oldest, so that whatever is against a
/// version has been stored anew before the version goes; each batch leaves a store in which everything live can be read, and
/// sweeping again goes on where a kill ended it.
struct Sweeper {
    private let core: StoreCore
    private let live: LiveSet
    /// Only counts.
    private let isPreview: Bool
    private var encoder = PageEncoderBox()
    private var builder = SegmentBuilderBox()
    private let page = UnsafeMutableRawPointer.allocate(byteCount: 2 * pageSize, alignment: pageSize)
    private var report = CollectionReport()
    private var change = StoreChange()
    private var changedSegments: [UInt64] = []
    private var changeByteCount = 0
    /// Of live content that cannot be read: its bases stay, so that collection makes nothing worse.
    private var retained: Set<PageLocation> = []

    /// A batch ends when it has grown to this size or number.
    private static let batchByteCountMax = 4 << 20
    private static let batchSegmentCountMax = 4096

    init(_ core: StoreCore, _ live: LiveSet, isPreview: Bool) {
        self.core = core
        self.live = live
        self.isPreview = isPreview
    }

    /// - Parameter batchDone: called after each batch with the segments it changed; what it returns false to is the last.
    mutating func run(
        progress: (VerifyProgress) -> Void, batchDone: (ClosedRange<UInt64>) throws -> Bool
    ) throws -> CollectionReport {
        defer { page.deallocate() }
        var bound = live.end
        while bound > 1 {
            let next = try sweepBatch(below: bound)
            try commit()
            progress(VerifyProgress(epochsDone: Int(live.end - next), epochsTotal: Int(live.end)))
            let goesOn = try batchDone(next...bound)
            bound = next
            guard goesOn else { return report }
        }
        report.isComplete = true
        return report
    }

    /// Looks at segments below `bound` until the batch is full. Returns where the next begins.
    private mutating func sweepBatch(below bound: UInt64) throws -> UInt64 {
        var sweeper = self
        var next = UInt64(0)
        var count = 0
        try core.engine.scanDown(.segments, below: StoreKey.segment(bound)) { key, value in
            let number = StoreKey.readBigEndian(UInt64.self, key, at: 0) ?? 0
            try sweeper.sweep(number, value)
            count += 1
            next = number
            return sweeper.changeByteCount < Self.batchByteCountMax && count < Self.batchSegmentCountMax
        }
        self = sweeper
        let isLast = changeByteCount < Self.batchByteCountMax && count < Self.batchSegmentCountMax
        return isLast ? 0 : next
    }

    private mutating func sweep(_ number: UInt64, _ bytes: UnsafeRawBufferPointer) throws {
        report.segmentCount += 1
        report.byteCountBefore += bytes.count
        let isNeeded = live.contains(segment: number) || retained.contains { $0.segment == number }
        guard isNeeded else {
            report.removedSegmentCount += 1
            remove(number, bytes)
            return
        }
        let segment: Segment
        do {
            segment = try Segment(number: number, copying: bytes)
        } catch {
            // Nothing is known of what is in it: it stays, for `verify` to name.
            report.unreadable.append("\(error)")
            return
        }
        guard segment.content == .pages, let plan = plan(for: segment) else { return }
        let rewritten = try rewrite(segment, plan)
        report.rewrittenSegmentCount += 1
        report.freedByteCount += bytes.count - rewritten.count
        put(number, rewritten)
    }

    private mutating func remove(_ number: UInt64, _ bytes: UnsafeRawBufferPointer) {
        report.freedByteCount += bytes.count
        report.removedVersionCount += (try? Segment(number: number, copying: bytes).presentCount) ?? 0
        changedSegments.append(number)
        changeByteCount += 32
        if !isPreview { change.delete(.segments, key: StoreKey.segment(number)) }
    }

    private mutating func put(_ number: UInt64, _ bytes: [UInt8]) {
        changedSegments.append(number)
        changeByteCount += bytes.count
        if !isPreview { change.put(.segments, key: StoreKey.segment(number), value: bytes) }
    }

    private mutating func commit() throws {
        if !change.operations.isEmpty {
            try core.engine.commit(change, durable: false)
            core.reader.forget(changedSegments)
        }
        change = StoreChange()
        changedSegments = []
        changeByteCount = 0
    }

    // MARK: One segment

    private enum Fate {
        case gone
        case stays
        /// Its base goes.
        case storedAnew
    }

    /// What becomes of each entry; nil when nothing changes.
    private func plan(for segment: Segment) -> [Fate]? {
        var changes = false
        let fates = segment.entries.enumerated().map { index, entry -> Fate in
            if entry.isGone { return .gone }
            guard isNeeded(PageLocation(segment: segment.number, entry: index)) else {
                changes = true
                return .gone
            }
            guard entry.kind.isDelta, !isNeeded(entry.base) else { return .stays }
            changes = true
            return .storedAnew
        }
        return changes ? fates : nil
    }

    private func isNeeded(_ location: PageLocation) -> Bool { live.contains(location) || retained.contains(location) }

    private mutating func rewrite(_ segment: Segment, _ fates: [Fate]) throws -> [UInt8] {
        var goneCount = 0
        for (index, entry) in segment.entries.enumerated() {
            if fates[index] == .gone {
                goneCount += 1
                if !entry.isGone { report.removedVersionCount += 1 }
                continue
            }
            if goneCount > 0 { builder.value.addGone(count: goneCount) }
            goneCount = 0
            let location = PageLocation(segment: segment.number, entry: index)
            if fates[index] == .stays || !storeAnew(entry, at: location) {
                _ = builder.value.add(
                    page: entry.page, kind: entry.kind, versionIndex: entry.versionIndex,
                    base: entry.kind.isDelta ? entry.base : nil, hash: entry.hash, payload: segment.payload(of: entry),
                    segment: segment.number)
            }
        }
        if goneCount > 0 { builder.value.addGone(count: goneCount) }
        return builder.value.finish(
            number: segment.number, timeline: segment.timeline, epoch: segment.epoch,
            originalHash: segment.originalHash ?? segment.recordedHash)
    }

    /// Encodes a version against the nearest of its bases that stays, or whole. False when it cannot be read.
    private mutating func storeAnew(_ entry: Segment.Entry, at location: PageLocation) -> Bool {
        do {
            try core.reader.read(location, into: page)
            let base = try nearestLiveBase(of: entry)
            if let base { try core.reader.read(base, into: page + pageSize) }
            let (kind, payload) = encoder.value.encode(
                page, base: base == nil ? nil : UnsafeRawPointer(page + pageSize))
            _ = builder.value.add(
                page: entry.page, kind: kind, versionIndex: kind.isDelta ? entry.versionIndex : 0,
                base: kind.isDelta ? base : nil, hash: entry.hash, payload: payload, segment: location.segment)
            report.reencodedVersionCount += 1
            return true
        } catch {
            report.unreadable.append("\(error)")
            retainBases(of: entry)
            return false
        }
    }

    private func nearestLiveBase(of entry: Segment.Entry) throws -> PageLocation? {
        var entry = entry
        while entry.kind.isDelta {
            if isNeeded(entry.base) { return entry.base }
            let next = try core.reader.entry(entry.base)
            guard next.versionIndex < entry.versionIndex else {
                throw HistoryStoreError.damaged(what: "a version's base is no base")
            }
            entry = next
        }
        return nil
    }

    private mutating func retainBases(of entry: Segment.Entry) {
        var entry = entry
        while entry.kind.isDelta, retained.insert(entry.base).inserted,
            let next = try? core.reader.entry(entry.base), next.versionIndex < entry.versionIndex
        { entry = next }
    }
}

/// Copyable holders of what is not copyable, for a struct that a closure takes a copy of.
private final class PageEncoderBox { var value = PageEncoder() }
private final class SegmentBuilderBox { var value = SegmentBuilder() }

extension Segment {
    fileprivate var presentCount: Int { entries.reduce(0) { $0 + ($1.isGone ? 0 : 1) } }
}
