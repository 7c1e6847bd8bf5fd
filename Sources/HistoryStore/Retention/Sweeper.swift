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
    /// What no checkpoint needs, but stays: bases of live content that cannot be read, so that collection makes nothing
    /// worse; and bases whose going would take more room than it gives back.
    private let retained: LiveSet
    /// Bytes that what is stored anew has grown by as a base goes. Of bases below the segment looked at.
    private var growth: [PageLocation: Int] = [:]

    /// A batch ends when it has grown to this size or number.
    private static let batchByteCountMax = 4 << 20
    private static let batchSegmentCountMax = 4096
    /// Giving space back costs the same for stretches up to about this size.
    private static let stretchByteCountMin = 16 << 20

    init(_ core: StoreCore, _ live: LiveSet, isPreview: Bool) {
        self.core = core
        self.live = live
        self.isPreview = isPreview
        retained = LiveSet(below: live.end)
    }

    /// - Parameters:
    ///   - stretchStarts: where the stretches begin that the space of segments can be given back in; rising.
    ///   - stretchDone: called with the start of a stretch after its last batch; of small ones not for each.
    mutating func run(
        stretchStarts: [UInt64], progress: (VerifyProgress) -> Void, shouldStop: () -> Bool,
        stretchDone: (_ start: UInt64) throws -> Void
    ) throws -> CollectionReport {
        defer { page.deallocate() }
        var bound = live.end
        var byteCountThen = 0
        for start in stretchStarts.dropFirst().reversed() + [0] where start < bound {
            while bound > start {
                bound = try sweepBatch(from: start, below: bound)
                try commit()
                progress(VerifyProgress(epochsDone: Int(live.end - bound), epochsTotal: Int(live.end)))
                if shouldStop() { return report }
            }
            guard start == 0 || report.byteCountBefore - byteCountThen >= Self.stretchByteCountMin else { continue }
            byteCountThen = report.byteCountBefore
            try stretchDone(start)
        }
        report.isComplete = true
        return report
    }

    /// Looks at segments from `start` and below `bound` until the batch is full. Returns where the next begins.
    private mutating func sweepBatch(from start: UInt64, below bound: UInt64) throws -> UInt64 {
        var sweeper = self
        var next = bound
        var count = 0
        try core.engine.scanDown(.segments, below: StoreKey.segment(bound)) { key, value in
            let number = StoreKey.readBigEndian(UInt64.self, key, at: 0) ?? 0
            guard number >= start else { return false }
            try sweeper.sweep(number, value)
            count += 1
            next = number
            return sweeper.changeByteCount < Self.batchByteCountMax && count < Self.batchSegmentCountMax
        }
        self = sweeper
        let isLast = changeByteCount < Self.batchByteCountMax && count < Self.batchSegmentCountMax
        return isLast ? start : next
    }

    private mutating func sweep(_ number: UInt64, _ bytes: UnsafeRawBufferPointer) throws {
        report.segmentCount += 1
        report.byteCountBefore += bytes.count
        let isNeeded = live.contains(segment: number) || retained.contains(segment: number)
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
        guard segment.content == .pages, let plan = plan(for: segment), let rewritten = try rewrite(segment, plan)
        else { return }
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

    /// Nil when all of it stays after all.
    private mutating func rewrite(_ segment: Segment, _ fates: [Fate]) throws -> [UInt8]? {
        var goneCount = 0
        var isChanged = false
        for (index, entry) in segment.entries.enumerated() {
            if fates[index] == .gone {
                goneCount += 1
                if !entry.isGone {
                    report.removedVersionCount += 1
                    isChanged = true
                    growth[PageLocation(segment: segment.number, entry: index)] = nil
                }
                continue
            }
            if goneCount > 0 { builder.value.addGone(count: goneCount) }
            goneCount = 0
            let location = PageLocation(segment: segment.number, entry: index)
            if fates[index] == .storedAnew, storeAnew(entry, at: location) {
                isChanged = true
            } else {
                _ = builder.value.add(
                    page: entry.page, kind: entry.kind, versionIndex: entry.versionIndex,
                    base: entry.kind.isDelta ? entry.base : nil, hash: entry.hash, payload: segment.payload(of: entry),
                    segment: segment.number)
            }
        }
        if goneCount > 0 { builder.value.addGone(count: goneCount) }
        let bytes = builder.value.finish(
            number: segment.number, timeline: segment.timeline, epoch: segment.epoch,
            originalHash: segment.originalHash ?? segment.recordedHash)
        return isChanged ? bytes : nil
    }

    /// Encodes a version against the nearest of its bases that stays, or whole. False when it cannot be read, or its base
    /// takes less room than it would.
    private mutating func storeAnew(_ entry: Segment.Entry, at location: PageLocation) -> Bool {
        do {
            try core.reader.read(location, into: page)
            let base = try nearestLiveBase(of: entry)
            if let base { try core.reader.read(base, into: page + pageSize) }
            let (kind, payload) = encoder.value.encode(
                page, base: base == nil ? nil : UnsafeRawPointer(page + pageSize))
            guard try isWorth(payload.count - entry.payloadByteCount, without: entry.base) else { return false }
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

    /// Whether a base may go although what is against it grows by so many bytes; if not, it stays.
    private mutating func isWorth(_ byteCount: Int, without base: PageLocation) throws -> Bool {
        let sum = max(growth[base, default: 0] + byteCount, 0)
        guard try sum <= core.reader.entry(base).payloadByteCount else {
            retained.insert(base)
            growth[base] = nil
            return false
        }
        if sum > 0 { growth[base] = sum }
        return true
    }

    private mutating func retainBases(of entry: Segment.Entry) {
        var entry = entry
        while entry.kind.isDelta, !retained.contains(entry.base) {
            retained.insert(entry.base)
            guard let next = try? core.reader.entry(entry.base), next.versionIndex < entry.versionIndex else { return }
            entry = next
        }
    }
}

/// Copyable holders of what is not copyable, for a struct that a closure takes a copy of.
private final class PageEncoderBox { var value = PageEncoder() }
private final class SegmentBuilderBox { var value = SegmentBuilder() }

extension Segment {
    fileprivate var presentCount: Int { entries.reduce(0) { $0 + ($1.isGone ? 0 : 1) } }
}
