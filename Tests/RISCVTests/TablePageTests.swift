import GuestMemory
import Machine
import Testing

@testable import RISCV

/// Which pages have T, and why (patents.md, requirements 20, 21, 25). Every run checks the register of table pages against
/// memory, counted anew.
@Suite struct TablePageTests {
    typealias P = PagingBench

    private static func pointer(_ table: UInt64) -> UInt64 { table >> 2 | 1 }

    private func levels(_ bench: PagingBench, _ table: UInt64) -> UInt64 {
        bench.b.memory.tableLevels(page: table >> 12)
    }

    /// Stores `values` in S-mode.
    private func store(_ bench: PagingBench, _ values: [(address: UInt64, value: UInt64)]) {
        _ = bench.result { p in
            for (address, value) in values {
                p.li(7, address)
                p.li(8, value)
                p.store(8, 8, 7)
            }
        }
        bench.b.checkInvariants()
    }

    @Test func aTableIsFollowedAsSoonAsItIsLinked() throws {
        let bench = try PagingBench()
        let new = P.pages + 0x10_0000
        _ = bench.result { $0.load(8, 6, 5) }
        #expect([P.root, P.middle, P.leaf].map { levels(bench, $0) } == [4, 2, 1])
        store(bench, [(P.middle + 8, Self.pointer(new)), (new, P.pages >> 2 | P.all), (new + 8, 0x1234_5678)])
        #expect(levels(bench, new) == 1)
        // No walk has read it, and each of its entries is an event.
        #expect(bench.b.synchronisations.suffix(2).map(\.entryAddress.rawValue) == [new, new + 8])
        store(bench, [(P.middle + 8, 0), (new + 16, 77)])
        #expect(levels(bench, new) == 0)
        #expect(bench.b.synchronisations.last?.entryAddress.rawValue == P.middle + 8)
    }

    /// What hangs on a table comes and goes with it.
    @Test func aWholeBranchComesAndGoes() throws {
        let bench = try PagingBench()
        _ = bench.result { $0.load(8, 6, 5) }
        let (middle, first, second) = (P.pages + 0x10_0000, P.pages + 0x10_1000, P.pages + 0x10_2000)
        store(bench, [(middle, Self.pointer(first)), (middle + 8, Self.pointer(second))])
        #expect([middle, first, second].map { levels(bench, $0) } == [0, 0, 0])
        store(bench, [(P.root, Self.pointer(middle))])
        #expect([middle, first, second].map { levels(bench, $0) } == [2, 1, 1])
        let kinds = bench.b.cluster.tlbEvents.suffix(6).map(\.kind)
        #expect(kinds == [.entry, .follow, .found, .found, .follow, .follow])
        store(bench, [(P.root, 0)])
        #expect([middle, first, second].map { levels(bench, $0) } == [0, 0, 0])
    }

    /// A table that two entries point to stays one until both are gone.
    @Test func aSharedTableStaysAsLongAsItIsLinked() throws {
        let bench = try PagingBench()
        store(bench, [(P.middle + 8, Self.pointer(P.leaf)), (P.middle + 16, Self.pointer(P.leaf))])
        for (entry, left) in [(P.middle, 1), (P.middle + 16, 1), (P.middle + 8, 0)] as [(UInt64, UInt64)] {
            store(bench, [(entry, 0)])
            #expect(levels(bench, P.leaf) == left)
        }
    }

    /// A root that maps itself is a table at three levels.
    @Test func aTableThatMapsItself() throws {
        let bench = try PagingBench()
        store(bench, [(P.root + 8 * 511, Self.pointer(P.root))])
        #expect(levels(bench, P.root) == 7)
        #expect(levels(bench, P.middle) == 3)
        store(bench, [(P.root + 8 * 511, 0)])
        #expect(levels(bench, P.root) == 4)
        #expect(levels(bench, P.middle) == 2)
    }

    /// A process's root is freed and used for data: the first value that no table holds ends it, and what hung on it alone.
    @Test func aRootThatBecomesDataIsForgotten() throws {
        let bench = try PagingBench()
        let (old, hung) = (P.pages + 0x10_0000, P.pages + 0x10_1000)
        try bench.b.poke(old + 8, Self.pointer(hung))
        try bench.b.poke(old + 16, 0x8000_0000 >> 2 | P.all)
        _ = bench.result { p in
            for root in [old, P.root] {
                p.li(7, 8 << 60 | root >> 12)
                p.csrw(CSRNumber.satp, 7)
            }
        }
        #expect(levels(bench, old) == 4 && levels(bench, hung) == 2)
        store(bench, [(old + 64, 0), (old + 72, Self.pointer(P.leaf))])
        #expect(levels(bench, old) == 4)
        store(bench, [(old + 80, 0x6f6c_6c65_6820)])
        #expect(levels(bench, old) == 0 && levels(bench, hung) == 0)
        #expect(levels(bench, P.root) == 4)
        // The root in use may hold what it likes.
        store(bench, [(P.root + 80, 0x6f6c_6c65_6820)])
        #expect(levels(bench, P.root) == 4)
    }

    /// Every root has its own tables; ASIDs make no difference.
    @Test func aRootWithTwoASIDsIsFollowedOnce() throws {
        let bench = try PagingBench()
        _ = bench.result { p in
            for asid: UInt64 in [3, 4, 3] {
                p.li(7, 8 << 60 | asid << 44 | P.root >> 12)
                p.csrw(CSRNumber.satp, 7)
                p.load(8, 6, 5)
            }
        }
        let events = bench.b.cluster.tlbEvents
        #expect(events.filter { $0.kind == .root }.map { $0.newValue >> 44 & 0xffff } == [3, 4, 3])
        #expect(events.filter { $0.kind == .follow }.count == 3)
    }

    /// A hostile store that links a forest costs a bounded number of looks at tables, and asks for a pause; walks find the rest.
    @Test func aForestIsFollowedInParts() throws {
        let bench = try PagingBench()
        let top = P.pages + 0x10_0000
        let middles = (1...200).map { top + UInt64($0) * 0x1000 }
        for (index, middle) in middles.enumerated() {
            try bench.b.poke(top + UInt64(index) * 8, Self.pointer(middle))
            try bench.b.poke(middle, Self.pointer(P.leaf))
        }
        try bench.b.poke(top + 8 * 510, 0x8000_0000 >> 2 | P.all)
        #expect(!bench.b.cluster.hasLaggedBehind)
        store(bench, [(P.middle + 8, Self.pointer(top))])
        #expect(levels(bench, top) == 1)
        store(bench, [(P.root, Self.pointer(top))])
        #expect(levels(bench, top) == 3)
        #expect(bench.b.cluster.hasLaggedBehind == false)
        // As a root of Sv48 the forest is three levels high.
        let h = bench.b.h
        h.pointee.satp = 9 << 60 | top >> 12
        bench.b.cluster.stateReplaced(h)
        bench.b.cluster.followRoot(of: h, by: h)
        #expect(bench.b.cluster.hasLaggedBehind)
        let followed = middles.count { bench.b.memory.tableLevels(page: $0 >> 12) & 4 != 0 }
        #expect((1..<200).contains(followed))
        bench.b.checkInvariants()
    }

    /// A reset replaces memory and every register: the events say so.
    @Test func aResetEndsEveryTable() throws {
        let bench = try PagingBench(harts: 2)
        _ = bench.result { $0.load(8, 6, 5) }
        bench.b.cluster.tlbEvents = []
        bench.b.cluster.noteReset()
        let events = bench.b.cluster.tlbEvents
        #expect(events.map(\.kind) == [.unfollow, .unfollow, .unfollow, .root, .root])
        #expect(events.prefix(3).map(\.entryAddress.rawValue) == [P.root, P.middle, P.leaf])
        #expect(events.suffix(2).map(\.hart) == [0, 1] && events.suffix(2).allSatisfy { $0.newValue == 0 })
        #expect(bench.b.cluster.tablePages.isEmpty)
    }

    /// What a checkpoint that was forged says about links is not trusted to be true.
    @Test func forgedLinkCountsAreHarmless() throws {
        let bench = try PagingBench()
        bench.b.cluster.testAssertsInvariants = false
        _ = bench.result { $0.load(8, 6, 5) }
        bench.b.cluster.flushTranslations()
        var forged = bench.b.cluster.tablePages
        for page in forged.keys { forged[page]!.linkCounts = SIMD4(.max, 0, .max, 0) }
        bench.b.cluster.replaceTablePages(forged)
        let end = bench.enter { p in
            p.li(7, P.middle + 8)
            p.li(8, Self.pointer(P.leaf))
            p.store(8, 8, 7)
            p.store(8, 0, 7)
            p.li(7, P.root + 8)
            p.store(8, 0, 7)
            p.li(8, Self.pointer(P.middle))
            p.store(8, 8, 7)
            p.load(8, 6, 5)
        }
        var steps = 0
        while bench.b.h.pointee.pc != end, steps < 100 {
            steps += 1
            _ = bench.b.cluster.run(bench.b.h, budget: 1)
        }
        #expect(bench.b.x(6) == 100)
    }

    /// A hart that another one starts: the change of its root belongs to the ECALL, wherever slices begin.
    @Test func aStartedHartsRootChangesWithTheCall() throws {
        let machine = try Machine(configuration: MachineConfiguration(memoryByteCount: 16 << 20, hartCount: 2))
        machine.cluster.recordsTLBEvents = true
        var p = Program(at: Bench.base)
        for _ in 0..<20 { p.nop() }
        p.li(10, 1)
        p.li(11, Bench.base + 0x8000)
        p.li(16, 0)
        p.li(17, 0x48_534d)
        let call = p.here
        p.ecall()
        p.jal(0, to: p.here)
        try p.bytes.withUnsafeBytes { try machine.memory.load(GuestPhysicalAddress(p.base), $0) }
        for h in machine.cluster.harts { machine.cluster.resetToSupervisor(h, pc: p.base) }
        machine.cluster.harts[1].pointee.isStopped = true
        machine.cluster.harts[1].pointee.satp = 8 << 60 | P.root >> 12
        _ = try machine.run(until: 100)
        let event = try #require(machine.takeTLBEvents().first { $0.kind == .root })
        #expect(event.hart == 1 && event.pc == call && event.icount == (call - p.base) / 4)
        #expect(event.oldValue == 8 << 60 | P.root >> 12 && event.newValue == 0)
    }

    /// Requirements 5 and 27: the firmware writes what it read from the console into a page table.
    @Test(arguments: [0, 256]) func aFirmwareCallThatWritesATableIsSeen(tlb: Int) throws {
        let machine = try Machine(
            configuration: MachineConfiguration(memoryByteCount: 16 << 20),
            options: EngineOptions(tlb: TLBOptions(entryCount: tlb)))
        machine.cluster.recordsTLBEvents = true
        func poke(_ address: UInt64, _ value: UInt64) throws {
            try withUnsafeBytes(of: value.littleEndian) { try machine.memory.load(GuestPhysicalAddress(address), $0) }
        }
        try poke(P.root + 8, Self.pointer(P.middle))
        try poke(P.root + 16, 0x8000_0000 >> 2 | P.all)
        try poke(P.middle, Self.pointer(P.leaf))
        for page: UInt64 in 0..<2 {
            try poke(P.leaf + page * 8, (P.pages + page << 12) >> 2 | P.all)
            try poke(P.pages + page << 12, 100 + page)
        }
        var p = Program(at: Bench.base)
        p.li(5, P.window)
        p.load(8, 20, 5)
        p.li(10, 8)
        p.li(11, P.leaf)
        p.li(12, 0)
        p.li(16, 1)
        p.li(17, 0x4442_434e)
        p.ecall()
        p.load(8, 21, 5)
        p.jal(0, to: p.here)
        try p.bytes.withUnsafeBytes { try machine.memory.load(GuestPhysicalAddress(p.base), $0) }
        let h = machine.cluster.harts[0]
        machine.cluster.resetToSupervisor(h, pc: p.base)
        h.pointee.satp = 8 << 60 | P.root >> 12
        machine.cluster.stateReplaced(h)
        let entry = (P.pages + 0x1000) >> 2 | P.all
        // What the port has taken the firmware does not see.
        while machine.devices.uart.canReceive { _ = machine.devices.uart.receive(0) }
        machine.queueInput(withUnsafeBytes(of: entry.littleEndian) { Array($0) })
        _ = try machine.run(until: 200)
        #expect(h.pointee.x[20] == 100)
        #expect(h.pointee.x[21] == 101)
        let event = machine.takeTLBEvents().last { $0.kind == .entry }
        #expect(event?.newValue == entry && event?.pc == p.here - 12)
    }
}
