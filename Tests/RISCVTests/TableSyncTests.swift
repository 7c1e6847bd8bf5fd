import GuestMemory
import Testing

@testable import RISCV

/// Page-table entries edited at every level without SFENCE.VMA: the next access sees the new mapping (patents.md,
/// requirements 20 to 29). Every run checks all invariants after each step.
@Suite struct TableSyncTests {
    static let sizes = [0, 1, 16, 256, 4096]
    typealias P = PagingBench

    private static func pte(_ physical: UInt64, _ flags: UInt64 = PagingBench.all) -> UInt64 { physical >> 2 | flags }

    /// Loads through the window, edits with `edit` (x7 the entry's address, x8 the new value), loads again.
    private func afterEdit(
        tlb: Int, entry: UInt64, value: UInt64, _ edit: (inout Program) -> Void = { $0.store(8, 8, 7) }
    ) throws -> UInt64 {
        let bench = try PagingBench(tlb: tlb)
        return bench.result { p in
            p.load(8, 9, 5)
            p.store(8, 9, 5)
            p.li(7, entry)
            p.li(8, value)
            edit(&p)
            p.load(8, 6, 5)
        }
    }

    @Test(arguments: sizes)
    func editsAtEveryLevelAreSeen(tlb: Int) throws {
        #expect(try afterEdit(tlb: tlb, entry: P.leaf, value: Self.pte(P.pages + 0x3000)) == 103)
        // Split and merge: a superpage takes the table's place.
        #expect(try afterEdit(tlb: tlb, entry: P.middle, value: Self.pte(0x8020_0000)) == 100)
        #expect(try afterEdit(tlb: tlb, entry: P.root + 8, value: Self.pte(0x8000_0000)) & 0xffff_ffff == 0x0002_b483)
    }

    @Test(arguments: sizes)
    func everyKindOfStoreIsSeen(tlb: Int) throws {
        let new = Self.pte(P.pages + 0x3000)
        let old = Self.pte(P.pages)
        func check(_ value: UInt64 = new, entry: UInt64 = P.leaf, _ edit: (inout Program) -> Void) throws {
            #expect(try afterEdit(tlb: tlb, entry: entry, value: value, edit) == 103)
        }
        try check { $0.store(4, 8, 7) }
        try check(new >> 8) { $0.store(1, 8, 7, 1) }
        try check { $0.atomic(1, 8, 0, 7, 8) }
        try check(new &- old) { $0.atomic(0, 4, 0, 7, 8) }
        try check {
            $0.atomic(2, 8, 0, 7, 0)
            $0.atomic(3, 8, 0, 7, 8)
        }
        try check {
            $0.li(10, MStatus.fs)
            $0.csrs(CSRNumber.sstatus, 10)
            $0.floatFromInteger(1, 8)
            $0.floatStore(1, 7)
        }
        // Misaligned, over the entry and the one before.
        try check(new << 32, entry: P.leaf - 4) { $0.store(8, 8, 7) }
        // Through an alias of the table in the window itself.
        try check {
            $0.li(10, P.leaf + 8)
            $0.li(11, Self.pte(P.leaf))
            $0.store(8, 11, 10)
            $0.li(10, P.window + 0x1000)
            $0.store(8, 0, 10, 64)
            $0.store(8, 8, 10)
        }
    }

    @Test(arguments: sizes)
    func aMisalignedStoreReachesBothEntries(tlb: Int) throws {
        let bench = try PagingBench(tlb: tlb)
        // Swaps pages 2 and 3 in the halves that lie together: high half of entry 2, low half of entry 3.
        let sum = bench.result { p in
            p.li(7, P.window + 0x3000)
            p.load(8, 6, 7)
            p.li(7, P.leaf + 20)
            p.li(8, Self.pte(P.pages + 0x4000) << 32)
            p.store(8, 8, 7)
            p.li(7, P.window + 0x3000)
            p.load(8, 6, 7)
        }
        #expect(sum == 104)
    }

    @Test(arguments: sizes)
    func storesAcrossPagesReachTheTable(tlb: Int) throws {
        let bench = try PagingBench(tlb: tlb)
        // The last four bytes of the page before the leaf table and the first four of its entry 0.
        #expect(
            bench.result { p in
                p.load(8, 9, 5)
                p.li(7, P.leaf - 4)
                p.li(8, Self.pte(P.pages + 0x5000) << 32)
                p.store(8, 8, 7)
                p.load(8, 6, 5)
            } == 105)
    }

    @Test(arguments: sizes)
    func storesByAnotherHartAreSeen(tlb: Int) throws {
        let bench = try PagingBench(harts: 2, tlb: tlb)
        #expect(bench.result { $0.load(8, 6, 5) } == 100)
        let end = bench.enter(at: Bench.base + 0x4000, hart: 1) { p in
            p.li(7, P.leaf)
            p.li(8, Self.pte(P.pages + 0x6000))
            p.store(8, 8, 7)
        }
        bench.b.run((Int64(end) - Int64(Bench.base + 0x4000)) / 4, hart: 1)
        #expect(bench.result { $0.load(8, 6, 5) } == 106)
        #expect(bench.b.synchronisations.map(\.hart) == [1])
    }

    @Test(arguments: sizes)
    func writesFromOutsideAreSeen(tlb: Int) throws {
        let bench = try PagingBench(tlb: tlb)
        #expect(bench.result { $0.load(8, 6, 5) } == 100)
        let table = [Self.pte(P.pages + 0x7000), Self.pte(P.pages), Self.pte(P.pages), 0]
        let isWritten = table.withUnsafeBytes {
            bench.b.cluster.writeFromOutside(bench.b.h, GuestPhysicalAddress(P.leaf), $0)
        }
        #expect(isWritten)
        #expect(bench.result { $0.load(8, 6, 5) } == 107)
        // One event for each entry that changed.
        #expect(bench.b.synchronisations.count == 4)
    }

    @Test func eventsTellWhatChanged() throws {
        let bench = try PagingBench()
        _ = bench.result { p in
            p.load(8, 9, 5)
            p.li(7, P.leaf)
            p.li(8, Self.pte(P.pages + 0x3000))
            p.store(8, 8, 7)
            p.store(8, 8, 7)
            p.li(7, P.middle + 8)
            p.store(8, 8, 7)
        }
        let events = bench.b.synchronisations
        // The second store changed nothing.
        try #require(events.count == 2)
        #expect(events[0].entryAddress == GuestPhysicalAddress(P.leaf))
        #expect(events[0].levels == 1)
        #expect(events[0].oldValue == Self.pte(P.pages))
        #expect(events[0].newValue == Self.pte(P.pages + 0x3000))
        #expect(events[0].droppedCount == 1)
        #expect(events[1].entryAddress == GuestPhysicalAddress(P.middle + 8))
        #expect(events[1].levels == 2)
        #expect(events[1].oldValue == 0)
        #expect(events[1].droppedCount == 0)
        #expect(events[0].icount < events[1].icount)
    }

    /// Requirement 26: the walk's own A and D need no synchronisation, and the page becomes dirty once (6).
    @Test(arguments: sizes)
    func accessedAndDirtyAreSetOnceAndCanBeCleared(tlb: Int) throws {
        let bench = try PagingBench(tlb: tlb)
        try bench.b.poke(P.leaf, Self.pte(P.pages, 0x0f))
        _ = bench.b.memory.scanAndClear()
        bench.b.cluster.flushTranslations()
        #expect(bench.result { $0.load(8, 6, 5) } == 100)
        #expect(try bench.b.peek(P.leaf) & 0xff == 0x4f)
        _ = bench.result { $0.store(8, 6, 5) }
        #expect(try bench.b.peek(P.leaf) & 0xff == 0xcf)
        #expect(bench.b.synchronisations.isEmpty)
        #expect(bench.b.memory.scanAndClear().contains(P.leaf >> 12))
        bench.b.cluster.flushTranslations()
        _ = bench.result { $0.store(8, 6, 5) }
        #expect(!bench.b.memory.scanAndClear().contains(P.leaf >> 12))
        bench.b.cluster.flushTranslations()
        // The guest takes both back: the next store sets them again.
        _ = bench.result { p in
            p.load(8, 9, 5)
            p.store(8, 9, 5)
            p.li(7, P.leaf)
            p.li(8, ~0xc0)
            p.atomic(12, 8, 0, 7, 8)
        }
        #expect(try bench.b.peek(P.leaf) & 0xff == 0x0f)
        _ = bench.result { $0.store(8, 6, 5) }
        #expect(try bench.b.peek(P.leaf) & 0xff == 0xcf)
    }

    /// Requirement 27: two address spaces share a table.
    @Test(arguments: sizes)
    func aTableSharedByTwoRootsIsFollowedInBoth(tlb: Int) throws {
        let bench = try PagingBench(harts: 2, tlb: tlb)
        let second: UInt64 = 0x8010_3000
        try bench.b.poke(second + 8, P.middle >> 2 | 1)
        try bench.b.poke(second + 16, 0x8000_0000 >> 2 | P.all)
        bench.b.cluster.harts[1].pointee.satp = 8 << 60 | 7 << 44 | second >> 12
        bench.b.cluster.stateReplaced(bench.b.cluster.harts[1])
        for expected: UInt64 in [100, 104] {
            #expect(bench.result { $0.load(8, 6, 5) } == expected)
            _ = bench.enter(at: Bench.base + 0x4000, hart: 1) { $0.load(8, 6, 5) }
            bench.b.run(1, hart: 1)
            #expect(bench.b.cluster.harts[1].pointee.x[6] == expected)
            _ = bench.result { p in
                p.li(7, P.leaf)
                p.li(8, Self.pte(P.pages + 0x4000))
                p.store(8, 8, 7)
            }
        }
    }

    /// The store that edits the entry through which it is made uses the old translation, and nothing later does.
    @Test(arguments: sizes)
    func aTableThatMapsItselfCanMoveItself(tlb: Int) throws {
        let bench = try PagingBench(tlb: tlb)
        try bench.b.poke(P.leaf, Self.pte(P.leaf))
        #expect(
            bench.result { p in
                p.load(8, 9, 5, 8)
                p.li(8, Self.pte(P.pages + 0x2000))
                p.store(8, 8, 5)
                p.load(8, 6, 5)
            } == 102)
        #expect(try bench.b.peek(P.leaf) == Self.pte(P.pages + 0x2000))
    }

    @Test func fetchesFollowTheTable() throws {
        for tlb in Self.sizes {
            let bench = try PagingBench(tlb: tlb)
            for page: UInt64 in 0..<2 {
                var f = Program(at: P.pages + page * 0x1000)
                f.addi(6, 0, Int(page) + 40)
                f.jalr(0, 1)
                try bench.b.load(f)
            }
            #expect(
                bench.result { p in
                    p.jalr(1, 5)
                    p.jalr(1, 5)
                    p.li(7, P.leaf)
                    p.li(8, Self.pte(P.pages + 0x1000))
                    p.store(8, 8, 7)
                    p.jalr(1, 5)
                } == 41, "\(tlb) entries")
        }
    }
}
