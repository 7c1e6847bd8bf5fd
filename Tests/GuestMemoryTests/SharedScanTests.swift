import Testing

@testable import GuestMemory

/// A scan shared by threads finds what one thread finds, in the same order (patents.md, requirement 2).
@Suite struct SharedScanTests {
    @Test(arguments: 0..<12)
    func anyNumberOfThreadsFindsTheSame(seed: Int) throws {
        var random = SeededGenerator(seed: UInt64(seed))
        let mebibytes = UInt64(64) << random.below(5)
        let memories = try (1...5).map { _ in try makeMemory(mebibytes: mebibytes) }
        for memory in memories { memory.sharedScanMin_ns = 0 }
        for _ in 0..<6 {
            var written: Set<UInt64> = []
            for _ in 0..<random.below(3000) {
                let page = memories[0].firstPage + random.below(memories[0].pageCount)
                let isStore = random.below(4) > 0
                if isStore { written.insert(page) }
                for memory in memories {
                    if isStore {
                        memory.store(1, GuestPhysicalPage(page).baseAddress)
                    } else {
                        _ = memory.leaf(page)
                    }
                }
            }
            for (index, memory) in memories.enumerated() {
                let found = Array(memory.scanAndClear(threadCountMax: index + 1))
                #expect(found == written.sorted(), "\(index + 1) threads, seed \(seed)")
                #expect(memory.scanAndClear().isEmpty)
            }
        }
    }

    /// Memory need not begin or end with a run of 512 pages.
    @Test func anOddMemory() throws {
        let memory = try GuestMemory(base: GuestPhysicalAddress(0x8012_3000), byteCount: 5 << 20)
        memory.sharedScanMin_ns = 0
        for page in memory.firstPage..<memory.firstPage + memory.pageCount {
            memory.store(1, GuestPhysicalPage(page).baseAddress)
        }
        let found = Array(memory.scanAndClear(threadCountMax: 3))
        #expect(found == Array(memory.firstPage..<memory.firstPage + memory.pageCount))
    }
}
