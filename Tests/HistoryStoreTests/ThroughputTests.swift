import Foundation
import GuestMemory
import StoreTraffic
import Testing

@testable import HistoryStore

/// Figures of the whole pipeline, printed. Bounds hold on a machine that is busy with other things too, so only a mistake
/// in kind fails here; speed is compared between revisions on an idle machine.
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
        let cpuBefore = threadSeconds()
        var cpuGuest = 0.0
        for _ in 0..<epochCount {
            let before = threadSeconds()
            guest.run(dirtyPages: 560)
            let input = guest.takeEpoch()
            cpuGuest += threadSeconds() - before
            took += try clock.measure {
                let receipt = try writer.append(input)
                storedBytes += receipt.storedBytes
                pages += receipt.pages
            }
        }
        let cpu = threadSeconds() - cpuBefore - cpuGuest
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
        #expect(bytesPerPage < 300)
        #expect(cpu / Double(pages.total) < 150e-6)
    }

    @Test func pagesAreHashedWithTheProcessorsOwnInstructions() {
        let guest = SyntheticGuest(pageCount: 256, seed: 12)
        let before = threadSeconds()
        var sum: UInt64 = 0
        for round in 0..<40 { for index in 0..<256 { sum &+= PageHash(page: guest.page(index)).low &* UInt64(round) } }
        let each_ns = Int((threadSeconds() - before) / (40 * 256) * 1e9)
        print("store: \(each_ns) ns to hash a page (\(sum & 1))")
        // In software SHA-256 takes about 12 000 ns a page, with SHA-NI about 2 500. A host without them passes over this.
        let flags = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? ""
        guard flags.contains("sha_ni") else {
            print("store: this processor has no SHA instructions; nothing to check")
            return
        }
        #expect(each_ns < 9000)
    }

    private func threadSeconds() -> Double {
        var now = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now)
        return Double(now.tv_sec) + Double(now.tv_nsec) / 1e9
    }
}
