import Foundation
import GuestMemory

/// What the manifests say that the indexer has not reached, by page: read once, extended as the timeline grows. May be used
/// from any thread.
final class UnindexedTail: @unchecked Sendable {
    /// Consecutive own epochs of a timeline.
    private struct Line {
        let first: UInt64
        var next: UInt64
        var postings: [UInt64: [PagePosting]] = [:]
        var marks: [UInt64: [PageMarkEpoch]] = [:]
    }

    private let lock = NSLock()
    private var lines: [UInt32: Line] = [:]

    /// A longer tail is not kept: the indexes are being made anew.
    private static let epochCountMax = UInt64(4 * Indexer.batchEpochsMax)

    /// The postings of a page in a stretch that no index reaches, oldest first.
    func postings(of page: UInt64, in stretch: LineageStretch, _ core: StoreCore) throws -> [PagePosting] {
        try select(stretch, core, \.postings[page]) { $0.epoch }
    }

    /// The marks of a page in such a stretch, oldest first.
    func marks(of page: UInt64, in stretch: LineageStretch, _ core: StoreCore) throws -> [PageMarkEpoch] {
        try select(stretch, core, \.marks[page]) { $0.epoch }
    }

    private func select<Item>(
        _ stretch: LineageStretch, _ core: StoreCore, _ items: KeyPath<Line, [Item]?>, epoch: (Item) -> UInt64
    ) throws -> [Item] {
        try lock.withLock {
            let line = try line(over: stretch, core)
            return (line[keyPath: items] ?? []).filter { stretch.epochs.contains(epoch($0)) }
        }
    }

    private func line(over stretch: LineageStretch, _ core: StoreCore) throws -> Line {
        let id = stretch.timeline.id
        let indexed = try core.indexedThrough(stretch.timeline)
        // The index may have grown since the caller saw where it ends: the caller still asks for all from there on.
        let first = min(indexed.map { $0 + 1 } ?? stretch.timeline.firstOwnEpoch, stretch.epochs.lowerBound)
        var line = lines[id] ?? Line(first: first, next: first)
        // The index has grown since: what it has now need not be kept.
        if line.first != first { line = Line(first: first, next: first) }
        if stretch.epochs.upperBound >= line.next {
            try extend(&line, through: stretch.epochs.upperBound, stretch.timeline, core)
        }
        lines[id] = line.next - line.first <= Self.epochCountMax ? line : nil
        return line
    }

    private func extend(
        _ line: inout Line, through last: UInt64, _ timeline: Palimpsest_History_V1_TimelineRecord, _ core: StoreCore
    ) throws {
        let missing = LineageStretch(timeline: timeline, epochs: line.next...last)
        var (postings, marks) = (line.postings, line.marks)
        _ = try core.forEachEpochRecord(missing) { record, _, _ in
            try record.forEachDirtyPage { page, pageClass, location in
                postings[page, default: []].append(
                    PagePosting(epoch: record.epoch, pageClass: pageClass, location: location))
            }
            for mark in try core.pageMarks(of: record) {
                marks[mark.page, default: []].append(PageMarkEpoch(epoch: record.epoch, detail: mark.detail))
            }
            return true
        }
        (line.postings, line.marks, line.next) = (postings, marks, last + 1)
    }
}
