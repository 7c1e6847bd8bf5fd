import Testing

@testable import GuestMemory

/// Frames, sources, inspection and bounds.
@Suite struct GuestMemoryTests {
    struct Unreadable: Error {}

    @Test func framesComeOnDemand() throws {
        let memory = try makeMemory(mebibytes: 1024)
        #expect(memory.presentPages().isEmpty)
        #expect(memory.peek(GuestPhysicalPage(memory.firstPage + 9)) == nil)
        memory.store(3, memoryBase + 9 * 4096 + 17)
        #expect(memory.presentPages() == [GuestPhysicalPage(memory.firstPage + 9)])
        #expect(memory.isPresent(GuestPhysicalPage(memory.firstPage + 9)))
        #expect(!memory.isPresent(GuestPhysicalPage(memory.firstPage + 10)))
        let page = try #require(memory.peek(GuestPhysicalPage(memory.firstPage + 9)))
        #expect(page.load(fromByteOffset: 17, as: UInt8.self) == 3)
        #expect(page.load(fromByteOffset: 18, as: UInt8.self) == 0)
    }

    @Test func aSourceIsAskedOnceForAPage() throws {
        let memory = try makeMemory(mebibytes: 16)
        var asked: [UInt64] = []
        memory.source = { page, frame in
            asked.append(page.number)
            frame.storeBytes(of: page.number, as: UInt64.self)
        }
        let page = memory.firstPage + 100
        #expect(memory.peek(GuestPhysicalPage(page))?.load(as: UInt64.self) == page)
        #expect(try memory.read(GuestPhysicalPage(page).baseAddress, count: 1) == [UInt8(truncatingIfNeeded: page)])
        let leaf = try #require(memory.leaf(page))
        #expect(GuestMemory.hostAddress(leaf.pointee).load(as: UInt64.self) == page)
        #expect(asked == [page])
        #expect(memory.fetchFailure == nil)
    }

    @Test func aFailingSourceIsRemembered() throws {
        let memory = try makeMemory(mebibytes: 16)
        memory.source = { _, _ in throw Unreadable() }
        #expect(memory.leaf(memory.firstPage) != nil)
        #expect(memory.fetchFailure is Unreadable)
    }

    /// Inspection is no access: neither the page nor any table above it is marked, fetched or not.
    @Test func peekingLeavesNoMark() throws {
        let memory = try makeMemory(mebibytes: 64)
        memory.store(1, memoryBase)
        _ = memory.scanAndClear()
        memory.source = { _, frame in frame.storeBytes(of: 5, as: UInt8.self) }
        _ = memory.peek(GuestPhysicalPage(memory.firstPage))
        _ = memory.peek(GuestPhysicalPage(memory.firstPage + 9000))
        _ = try memory.read(memoryBase + 4096 * 5000, count: 9000)
        #expect(memory.tableCountToScan == 1)
        let entry = try #require(memory.inspectLeaf(GuestPhysicalPage(memory.firstPage + 9000)))
        #expect(entry & (NestedFlags.accessed | NestedFlags.dirty) == 0)
        #expect(memory.scanAndClear().isEmpty)
    }

    @Test func readingAndLoadingCrossPages() throws {
        let memory = try makeMemory(mebibytes: 16)
        var random = SeededGenerator(seed: 3)
        var model = [UInt8](repeating: 0, count: 1 << 16)
        for _ in 0..<300 {
            let offset = random.below(60_000)
            let bytes = (0..<random.below(5000)).map { _ in UInt8(truncatingIfNeeded: random.next()) }
            try bytes.withUnsafeBytes { try memory.load(memoryBase + offset, $0) }
            model.replaceSubrange(Int(offset)..<Int(offset) + bytes.count, with: bytes)
            let from = random.below(40_000)
            let count = Int(random.below(20_000))
            #expect(try memory.read(memoryBase + from, count: count) == Array(model[Int(from)..<Int(from) + count]))
        }
    }

    @Test func nothingOutsideIsReached() throws {
        let memory = try makeMemory(mebibytes: 16)
        let end = memoryBase + 16 << 20
        #expect(memory.leaf(memory.firstPage - 1) == nil)
        #expect(memory.leaf(memory.firstPage + memory.pageCount) == nil)
        #expect(memory.leaf(.max) == nil)
        #expect(memory.leaf(memory.firstPage + memory.pageCount - 1) != nil)
        #expect(memory.peek(GuestPhysicalPage(.max)) == nil)
        #expect(memory.inspectLeaf(GuestPhysicalPage(0)) == nil)
        for (address, count) in [
            (GuestPhysicalAddress(0), 1), (memoryBase + .max, 1), (GuestPhysicalAddress(end.rawValue - 1), 2), (end, 1),
            (GuestPhysicalAddress(.max), 8), (memoryBase, -1), (memoryBase, .max),
        ] {
            #expect(throws: GuestMemoryError.self) { try memory.read(address, count: count) }
            #expect(!memory.contains(address, count: count))
        }
        #expect(try memory.read(end, count: 0) == [])
        #expect(try memory.read(GuestPhysicalAddress(end.rawValue - 2), count: 2) == [0, 0])
        #expect(throws: GuestMemoryError.self) {
            try [UInt8](repeating: 1, count: 10).withUnsafeBytes {
                try memory.load(GuestPhysicalAddress(end.rawValue - 9), $0)
            }
        }
        #expect(memory.scanAndClear().isEmpty)
    }

    @Test(arguments: [0, 4096, (1 << 20) + 1, (1 << 40) + 4096] as [UInt64])
    func impossibleSizesAreRefused(byteCount: UInt64) {
        #expect(throws: GuestMemoryError.self) { try GuestMemory(base: memoryBase, byteCount: byteCount) }
    }

    /// T and its levels survive scans and leave the rest of the leaf alone (requirement 20).
    @Test func tableLevelsAreKept() throws {
        let memory = try makeMemory(mebibytes: 16)
        let pages = [3, 700, 4].map { memory.firstPage + $0 }
        for page in pages { memory.setTableLevels(page: page, levels: 1) }
        memory.setTableLevels(page: pages[1], levels: 5)
        #expect(pages.map { memory.tableLevels(page: $0) } == [1, 5, 1])
        #expect(memory.presentPages().isEmpty)
        memory.markDirty(try #require(memory.leaf(pages[0])))
        #expect(Array(memory.scanAndClear()) == [pages[0]])
        #expect(pages.allSatisfy { memory.isTablePage(GuestPhysicalPage($0)) })
        #expect(!memory.isTablePage(GuestPhysicalPage(memory.firstPage)))
        #expect(!memory.isTablePage(GuestPhysicalPage(0)))
        memory.setTableLevels(page: pages[0], levels: 0)
        let entry = try #require(memory.inspectLeaf(GuestPhysicalPage(pages[0])))
        #expect(entry & (NestedFlags.tablePage | NestedFlags.tableLevels) == 0)
        #expect(entry & NestedFlags.write != 0)
    }
}
