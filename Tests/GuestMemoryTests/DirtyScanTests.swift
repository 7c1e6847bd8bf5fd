import Testing

@testable import GuestMemory

/// SplitMix64.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64
    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }

    mutating func below(_ bound: UInt64) -> UInt64 { next() % bound }
}

let memoryBase = GuestPhysicalAddress(0x8000_0000)

func makeMemory(mebibytes: UInt64) throws -> GuestMemory {
    try GuestMemory(base: memoryBase, byteCount: mebibytes << 20)
}

extension GuestMemory {
    /// What a hart's store that misses the TLB does to the nested page table.
    func store(_ value: UInt8, _ address: GuestPhysicalAddress) {
        let leaf = leaf(address.page.number)!
        leaf.pointee |= NestedFlags.dirty
        (Self.hostAddress(leaf.pointee) + address.offsetInPage).storeBytes(of: value, as: UInt8.self)
    }

    /// Tables that a scan would go into: those below an entry with A. The scan's cost is 512 entries for each.
    var tableCountToScan: Int { tableCount(table.root, level: 3) }

    private func tableCount(_ table: UnsafeMutablePointer<UInt64>, level: Int) -> Int {
        guard level > 0 else { return 1 }
        var count = 1
        for index in 0..<NestedPageTable.entriesPerTable where table[index] & NestedFlags.accessed != 0 {
            count += tableCount(NestedPageTable.table(table[index]), level: level - 1)
        }
        return count
    }
}

/// The dirty scan (patents.md, requirements 1 and 3).
@Suite struct DirtyScanTests {
    @Test(arguments: 0..<20)
    func findsExactlyWhatWasWritten(seed: Int) throws {
        var random = SeededGenerator(seed: UInt64(seed))
        let memory = try makeMemory(mebibytes: 64 << random.below(4))
        for _ in 0..<8 {
            var written: Set<UInt64> = []
            // Pages near each other and far apart, many accesses that only read.
            let middle = random.below(memory.pageCount)
            for _ in 0..<random.below(400) {
                let spread = random.below(2) == 0 ? memory.pageCount : 700
                let page = memory.firstPage + (middle + random.below(spread)) % memory.pageCount
                if random.below(3) == 0 {
                    memory.store(1, GuestPhysicalPage(page).baseAddress + random.below(4096))
                    written.insert(page)
                } else {
                    #expect(memory.leaf(page) != nil)
                }
            }
            #expect(Array(memory.scanAndClear()) == written.sorted())
        }
    }

    @Test func aSecondScanFindsNothing() throws {
        let memory = try makeMemory(mebibytes: 16)
        for page: UInt64 in [0, 1, 511, 512, 4095] { memory.store(7, memoryBase + page * 4096) }
        #expect(memory.scanAndClear().count == 5)
        #expect(memory.scanAndClear().isEmpty)
        #expect(memory.tableCountToScan == 1)
        // The contents stay, and a page may become dirty again.
        #expect(try memory.read(memoryBase + 511 * 4096, count: 1) == [7])
        memory.store(8, memoryBase + 511 * 4096)
        #expect(Array(memory.scanAndClear()) == [memory.firstPage + 511])
    }

    /// A on every level: what was not touched is not visited, whatever was touched in earlier epochs.
    @Test func subtreesThatWereNotTouchedAreSkipped() throws {
        let memory = try makeMemory(mebibytes: 4096)
        for run in 0..<memory.pageCount / 512 { memory.store(1, memoryBase + run << 21) }
        #expect(memory.tableCountToScan > 2048)
        #expect(memory.scanAndClear().count == 2048)
        #expect(memory.tableCountToScan == 1)
        memory.store(2, memoryBase + 3 << 30)
        // One table a level.
        #expect(memory.tableCountToScan == 4)
        #expect(memory.scanAndClear().count == 1)
    }

    /// The cost follows the touched set, not the memory's size.
    @Test func sizeOfMemoryDoesNotMatter() throws {
        let counts = try [256, 4096].map { mebibytes in
            let memory = try makeMemory(mebibytes: UInt64(mebibytes))
            for page: UInt64 in 0..<1000 { memory.store(1, memoryBase + page * 4096) }
            let count = memory.tableCountToScan
            #expect(memory.scanAndClear().count == 1000)
            return count
        }
        #expect(counts[0] == counts[1])
        #expect(counts[0] <= 5)
    }

    /// The shortcut that saves walks must not outlive a scan: it would leave upper A clear and hide dirty pages.
    @Test func accessAfterAScanMarksEveryLevelAgain() throws {
        let memory = try makeMemory(mebibytes: 16)
        for epoch in 0..<3 {
            memory.store(UInt8(epoch), memoryBase + 0x5000)
            memory.store(UInt8(epoch), memoryBase + 0x6000)
            #expect(Array(memory.scanAndClear()) == [memory.firstPage + 5, memory.firstPage + 6])
        }
    }

    @Test func loadingAnImageMakesItsPagesDirty() throws {
        let memory = try makeMemory(mebibytes: 16)
        let bytes = (0..<10_000).map { UInt8(truncatingIfNeeded: $0 &* 7) }
        try bytes.withUnsafeBytes { try memory.load(memoryBase + 0xff0, $0) }
        #expect(try memory.read(memoryBase + 0xff0, count: bytes.count) == bytes)
        #expect(Array(memory.scanAndClear()) == (0..<4).map { memory.firstPage + $0 })
    }
}
