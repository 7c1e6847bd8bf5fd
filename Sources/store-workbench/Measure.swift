import ArgumentParser
import Foundation
import GuestMemory
import HistoryStore
import StoreTraffic

/// Times what readers ask of a store, in one process that has just opened it.
struct Measure: ParsableCommand {
    @Argument(help: "The store's directory.") var store: String
    @Option var timeline = "main"
    @Option(help: "Questions of each kind.") var samples = 2000
    @Option var seed: UInt64 = 1

    func run() throws {
        let clock = ContinuousClock()
        var store: HistoryStore!
        let opening = try clock.measure { store = try HistoryStore.open(path: self.store, mode: .readOnly) }
        let head = try store.headEpoch(timeline: timeline)
        var generator = SeededGenerator(seed: seed)
        var pages: [GuestPhysicalPage] = []
        try store.pageMap(timeline: timeline, epoch: head).forEach { page, _ in pages.append(page) }
        func page() -> GuestPhysicalPage { pages.randomElement(using: &generator)! }
        func epoch() -> UInt64 { UInt64.random(in: 0...head, using: &generator) }

        let buffer = UnsafeMutableRawPointer.allocate(byteCount: pageSize, alignment: pageSize)
        defer { buffer.deallocate() }
        let atEpoch = try times(clock) { [timeline] in
            let location = try store.location(of: page(), timeline: timeline, epoch: epoch())
            try store.readPage(at: location, into: buffer)
        }
        var entryCounts: [Int] = []
        let histories = try times(clock) { [timeline] in
            entryCounts.append(try store.modifications(of: page(), timeline: timeline, epochs: 0...head).count)
        }
        let maps = try times(clock, count: min(samples, 50)) { [timeline] in
            _ = try store.pageMap(timeline: timeline, epoch: epoch())
        }
        let images = try times(clock, count: 5) { [timeline] in
            let map = try store.pageMap(timeline: timeline, epoch: epoch())
            try store.forEachPage(of: map) { _, _ in }
        }
        try printJSON([
            "head_epoch": head, "pages": pages.count, "open_us": opening.seconds * 1e6,
            "page_at_epoch_p50_us": atEpoch[atEpoch.count / 2],
            "page_at_epoch_p99_us": atEpoch[atEpoch.count * 99 / 100],
            "page_history_p50_us": histories[histories.count / 2],
            "page_history_p99_us": histories[histories.count * 99 / 100],
            "page_history_entries_p50": entryCounts.sorted()[entryCounts.count / 2],
            "page_history_entries_max": entryCounts.max()!,
            "map_p50_us": maps[maps.count / 2], "map_max_us": maps.last!, "image_p50_us": images[images.count / 2],
            "image_max_us": images.last!,
        ])
    }

    /// Microseconds that each of `count` questions took, sorted.
    private func times(_ clock: ContinuousClock, count: Int? = nil, _ ask: () throws -> Void) throws -> [Double] {
        try (0..<(count ?? samples)).map { _ in try clock.measure(ask).seconds * 1e6 }.sorted()
    }
}
