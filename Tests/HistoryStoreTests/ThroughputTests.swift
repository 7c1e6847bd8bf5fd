import Foundation
import GuestMemory
import Testing

@testable import HistoryStore

/// Figures of the whole pipeline, printed. Bounds are far below what an idle machine does, so that only a mistake in
/// kind fails here; `tools/bench` compares revisions.
@Suite(.serialized) struct ThroughputTests {
    @Test func syncedEpochsPerSecondAndBytesPerDirtyPage() throws {
        let directory = TemporaryDirectory()
        let store = try HistoryStore.open(path: directory.path, mode: .create)
        let guest = SyntheticGuest(pageCount: 30_000, seed: 11)
        let writer = try store.createTimeline(name: "main")
        let clock = ContinuousClock()
        let base = try clock.measure { _ = try writer.append(guest.takeEpoch()) }
        var took = Duration.zero
        var pages = PageCounts()
        var storedBytes = 0
        let epochCount = 300
        let cpuBefore = processSeconds()
        var cpuGuest = 0.0
        for _ in 0..<epochCount {
            let before = processSeconds()
            guest.run(dirtyPages: 560)
            let input = guest.takeEpoch()
            cpuGuest += processSeconds() - before
            took += try clock.measure {
                let receipt = try writer.append(input)
                storedBytes += receipt.storedBytes
                pages += receipt.pages
            }
        }
        let cpu = processSeconds() - cpuBefore - cpuGuest
        let seconds = Double(took.components.attoseconds) / 1e18 + Double(took.components.seconds)
        let rate = Double(epochCount) / seconds
        let bytesPerPage = Double(storedBytes) / Double(pages.total)
        print(
            """
            store: base image \(base); \(Int(rate)) synced epochs/s of \(pages.total / epochCount) dirty pages; \
            \(Int(cpu / Double(pages.total) * 1e9)) ns CPU and \(Int(bytesPerPage)) bytes a dirty page; \(pages)
            """)
        var mapTime = Duration.zero
        let reader = try HistoryStore.open(path: directory.path, mode: .readOnly)
        for epoch in stride(from: UInt64(10), to: 300, by: 53) {
            mapTime = max(mapTime, try clock.measure { _ = try reader.mapAndItsAge(timeline: "main", epoch: epoch) })
        }
        let map = try reader.pageMap(timeline: "main", epoch: 299)
        let buffer = UnsafeMutableRawPointer.allocate(byteCount: pageSize, alignment: pageSize)
        defer { buffer.deallocate() }
        let all = try clock.measure { try map.forEach { try reader.readPage(at: $1, into: buffer) } }
        print("store: slowest page map \(mapTime) for \(map.pageCount) pages; reading all of them \(all)")
        try store.close()
        let reopened = try HistoryStore.open(path: directory.path, mode: .readOnly)
        print("store: \(try reopened.stats())")
        #expect(rate > 40)
        #expect(bytesPerPage < 400)
        #expect(mapTime < .milliseconds(50))
    }

    private func processSeconds() -> Double {
        var now = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now)
        return Double(now.tv_sec) + Double(now.tv_nsec) / 1e9
    }
}
