import Foundation
import GuestMemory
import StoreTraffic

@testable import HistoryStore

/// A directory of its own for a test, removed at the end.
final class TemporaryDirectory {
    let path: String
    init() {
        path = NSTemporaryDirectory() + "palimpsest-store-" + UUID().uuidString
    }
    deinit { try? FileManager.default.removeItem(atPath: path) }
}

/// What a store must give back: every page of every epoch.
struct RecordedMemory {
    var pages: [[GuestPhysicalPage: PageHash]] = []
    var dirtySets: [[DirtyPageHash]] = []

    mutating func note(_ input: EpochInput) {
        var memory = pages.last ?? [:]
        var dirty: [DirtyPageHash] = []
        for page in input.pages {
            let hash = PageHash(page: page.content)
            memory[page.page] = hash
            dirty.append(DirtyPageHash(page: page.page, hash: hash))
        }
        pages.append(memory)
        dirtySets.append(dirty)
    }

    /// Pages of `epoch` for which the store does not give back what was recorded.
    func mismatches(
        in store: HistoryStore, timeline: String, epoch: Int, offset: Int = 0
    ) throws -> [GuestPhysicalPage] {
        let map = try store.pageMap(timeline: timeline, epoch: UInt64(epoch + offset))
        let buffer = UnsafeMutableRawPointer.allocate(byteCount: pageSize, alignment: pageSize)
        defer { buffer.deallocate() }
        return try pages[epoch].filter { page, hash in
            try store.readPage(at: map.location(of: page), into: buffer)
            return PageHash(page: buffer) != hash
        }.map(\.key)
    }
}

/// One timeline, "main", of a guest that can be computed anew.
enum MainHistory {
    static func record(
        _ epochs: ClosedRange<UInt64>, _ guest: ReproducibleGuest, to writer: TimelineWriter
    ) throws {
        for epoch in epochs { try guest.append(EpochAttempt(timeline: "main", epoch: epoch), to: writer) }
    }

    static func compare(_ store: HistoryStore, through head: UInt64) -> HistoryComparison {
        var comparison = HistoryComparison(ReproducibleGuest.Shape())
        comparison.acknowledgedAttempt = { EpochAttempt(timeline: $0, epoch: $1) }
        comparison.compare(store, timeline: "main", through: head)
        return comparison
    }
}
