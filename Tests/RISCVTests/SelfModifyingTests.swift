import GuestMemory
import Testing

@testable import RISCV

/// Stores over decoded code are seen by the very next fetch, without FENCE.I, and decoded blocks equal memory at all
/// times.
@Suite struct SelfModifyingTests {
    private static func encoded(_ make: (inout Program) -> Void) -> UInt64 {
        var p = Program(at: Bench.base)
        make(&p)
        return UInt64(p.words[0])
    }

    private static let two = encoded { $0.addi(6, 0, 2) }

    @Test(arguments: [0, 16, 256])
    func theNextInstructionIsTheNewOne(tlb: Int) throws {
        // In the same block, in the same line and in another one.
        for distance in [4, 128] {
            let bench = try Bench(tlb: tlb)
            var p = Program(at: Bench.base)
            p.li(7, Self.two)
            p.li(8, Bench.base)
            let store = p.here
            p.store(4, 7, 8, Int(store - Bench.base) + distance)
            while p.here < store + UInt64(distance) { p.nop() }
            p.addi(6, 0, 1)
            for _ in 0..<10 { p.nop() }
            try bench.load(p)
            bench.run(Int64(p.words.count))
            #expect(bench.h.pointee.pc == p.here)
            #expect(bench.x(6) == 2)
        }
    }

    /// A loop rewrites its own body each time round: every round must execute the newest.
    @Test(arguments: [0, 256])
    func aLoopThatRewritesItselfRunsTheNewestBody(tlb: Int) throws {
        for distance: UInt64 in [0x10, 0x40, 0x800, 0x1000, 0x2000] {
            let bench = try Bench(tlb: tlb)
            let body = Bench.base + 0x100 + distance
            var f = Program(at: body)
            f.addi(6, 6, 0)
            f.jalr(0, 1)
            var p = Program(at: Bench.base)
            p.li(8, body)
            p.li(7, Self.encoded { $0.addi(6, 6, 0) })
            p.li(9, 1 << 20)
            p.li(10, 50)
            let loop = p.here
            p.add(7, 7, 9)
            p.store(4, 7, 8)
            p.jalr(1, 8)
            p.addi(10, 10, -1)
            p.bne(10, 0, to: loop)
            try bench.load(p)
            try bench.load(f)
            bench.run(500)
            // 1 + 2 + ... + 50.
            #expect(bench.x(6) == 1275, "distance \(distance)")
        }
    }

    /// Data beside code: stores to other lines leave the code decoded, and both stay right.
    @Test func dataInACodePageIsOnlyData() throws {
        let bench = try Bench()
        var p = Program(at: Bench.base)
        p.li(8, Bench.base + 0x800)
        let loop = p.here
        p.addi(6, 6, 1)
        p.store(8, 6, 8)
        p.load(8, 7, 8)
        p.add(9, 9, 7)
        p.jal(0, to: loop)
        try bench.load(p)
        bench.run(5 * 100 + 3)
        #expect(bench.x(6) == 100 || bench.x(6) == 101)
        #expect(try bench.peek(Bench.base + 0x800) >= 100)
        let page = try #require(bench.memory.inspectLeaf(GuestPhysicalPage(Bench.base >> 12)))
        #expect(page & NestedFlags.decodedCode != 0)
    }

    /// A four-byte instruction that begins in one page and ends in the next.
    @Test(arguments: [0, 256])
    func bothHalvesOfACrossingInstructionAreWatched(tlb: Int) throws {
        let bench = try Bench(tlb: tlb)
        let start = Bench.base + 0x1ffe
        let word = Self.encoded { $0.addi(6, 0, 1) }
        func put(_ word: UInt64) throws { try bench.load(start, (0..<4).map { UInt8(word >> UInt64($0 * 8) & 0xff) }) }
        try put(word)
        try bench.load(start + 4, [0x82, 0x80])
        // x8: the half to write, x7 its new value.
        var p = Program(at: Bench.base)
        let stop = p.here + 4 * 5
        p.jalr(1, 5)
        p.add(9, 9, 6)
        p.store(2, 7, 8)
        p.jalr(1, 5)
        p.nop()
        try bench.load(p)
        for (offset, value, expected): (UInt64, UInt64, UInt64) in [
            (2, Self.two >> 16, 2), (0, Self.encoded { $0.addi(10, 0, 1) } & 0xffff, 1),
        ] {
            bench.h.pointee.x[5] = start
            bench.h.pointee.x[8] = start + offset
            bench.h.pointee.x[7] = value
            bench.h.pointee.pc = Bench.base
            bench.run(to: stop)
            if offset == 2 { #expect(bench.x(6) == expected) }
        }
        // addi x10, x0, 2: the first half names another register, the second is the one written before.
        #expect(bench.x(10) == 2)
    }

    /// Two virtual pages over one page of code, written through a third.
    @Test func aliasesOfCodeAreWatched() throws {
        let bench = try PagingBench()
        typealias P = PagingBench
        for entry: UInt64 in 0..<3 { try bench.b.poke(P.leaf + entry * 8, P.pages >> 2 | P.all) }
        var f = Program(at: P.pages)
        f.addi(6, 6, 1)
        f.jalr(0, 1)
        try bench.b.load(f)
        let sum = bench.result { p in
            p.li(8, P.window + 0x1000)
            p.li(9, P.window + 0x2000)
            p.li(7, Self.encoded { $0.addi(6, 6, 10) })
            p.li(6, 0)
            p.jalr(1, 5)
            p.jalr(1, 8)
            p.store(4, 7, 9)
            p.jalr(1, 5)
            p.jalr(1, 8)
        }
        #expect(sum == 22)
    }

    /// A page-table entry that is executed: the A that a load's walk sets in it changes the next instruction.
    @Test func aWalkThatOverwritesTheBlockIsSeen() throws {
        let bench = try PagingBench()
        typealias P = PagingBench
        let entry = P.leaf + 0x800
        // As an instruction lb x0, 0x200(x16); with A it is fmadd.s, which FS off forbids.
        try bench.b.poke(entry, P.pages >> 2 | 3)
        bench.b.h.pointee.x[16] = P.pages
        _ = bench.enter(at: entry - 4) { $0.load(8, 6, 7) }
        bench.b.h.pointee.x[7] = P.window + 0x10_0000
        var stop = Program(at: P.trapVector)
        stop.jal(0, to: stop.here)
        try bench.b.load(stop)
        // More than the block's length, so that it is entered as a whole.
        bench.b.run(20)
        #expect(bench.b.x(6) == 100)
        #expect(bench.b.h.pointee.mcause == ExceptionCause.illegalInstruction)
        #expect(bench.b.h.pointee.mepc == entry)
    }
}
