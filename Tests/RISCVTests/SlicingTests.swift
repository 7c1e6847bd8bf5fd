import GuestMemory
import Machine
import Testing

@testable import RISCV

/// Where a run is cut is invisible: one run and many short ones come to the same machine, registers, clock, scheduler
/// and devices included (docs/architecture.md, invariant 5 rests on it).
@Suite struct SlicingTests {
    private struct Result: Equatable {
        var digest: MachineDigest
        var state: [UInt8]
        var events: [TLBEvent]
        var trapCounts: [UInt64]
    }

    /// Runs to `end`, stopping at each of `stops`.
    private func run(_ machine: Machine, to end: UInt64, stops: [UInt64]) throws -> Result {
        for stop in stops + [end] {
            let from = machine.icount
            let reason = try machine.run(until: stop)
            #expect(machine.icount <= stop, "the run went past \(stop)")
            if reason == .icountReached { #expect(machine.icount == max(stop, from)) }
        }
        try machine.cluster.checkInvariants()
        return Result(
            digest: try machine.digest(), state: machine.save().encoded(), events: machine.takeTLBEvents(),
            trapCounts: machine.cluster.harts.map { $0.pointee.trapCount })
    }

    private func check(seed: UInt64, end: UInt64, make: () throws -> Machine) throws {
        var random = SeededGenerator(seed: seed &+ 17)
        let whole = try run(make(), to: end, stops: [])
        let many = (0..<200).map { _ in random.next() % end }.sorted()
        #expect(try run(make(), to: end, stops: many) == whole, "seed \(seed), 200 pieces")
        // Step by step over a stretch, so that every instruction ends a slice once.
        let from = random.next() % (end / 2)
        let steps = (from..<from + 1500).filter { $0 < end }
        #expect(try run(make(), to: end, stops: steps) == whole, "seed \(seed), step by step")
    }

    @Test(arguments: Effort.seeds(16, full: 1000))
    func pagingGuests(seed: UInt64) throws {
        try check(seed: seed, end: 10_000) {
            let hartCount = Int(seed % 4) + 1
            let machine = try Machine(
                configuration: MachineConfiguration(
                    memoryByteCount: 4 << 20, hartCount: hartCount, quantum: 30 + seed % 170, hasBuiltInFirmware: false)
            )
            machine.cluster.recordsTLBEvents = true
            var guest = PageTableGuest(seed: seed &+ 5000, hartCount: hartCount)
            try guest.place(in: machine)
            return machine
        }
    }

    @Test(arguments: Effort.seeds(16, full: 1000))
    func sleepingGuests(seed: UInt64) throws {
        try check(seed: seed, end: 60_000) { try TimerGuest.make(seed: seed, hartCount: Int(seed % 4) + 1) }
        let machine = try TimerGuest.make(seed: seed, hartCount: Int(seed % 4) + 1)
        _ = try machine.run(until: 60_000)
        // The guests must do what they are for.
        #expect(machine.cluster.harts.allSatisfy { $0.pointee.trapCount > 10 })
    }

    /// Firmware sets mtime close to its end: MTIP falls when it turns over, at one instruction, however the run is cut.
    @Test func theClockTurnsOver() throws {
        func make() throws -> Machine {
            let machine = try Machine(
                configuration: MachineConfiguration(memoryByteCount: 1 << 20, hartCount: 1, hasBuiltInFirmware: false))
            var p = Program(at: 0x8000_0000)
            p.li(5, Board.clintBase.rawValue)
            p.li(6, Board.clintBase.rawValue + 0xbff8)
            p.li(7, UInt64(bitPattern: -30))
            p.li(8, Board.clintBase.rawValue + 0x4000)
            p.li(9, 20)
            p.store(8, 9, 8)
            p.store(8, 7, 6)
            let loop = p.here
            p.csrr(10, CSRNumber.mip)
            p.slli(11, 11, 1)
            p.xor(11, 11, 10)
            p.add(12, 12, 10)
            p.jal(0, to: loop)
            try PageTableGuest.put(machine, p.base, p.bytes)
            machine.cluster.resetToMachine(machine.cluster.harts[0], pc: p.base)
            return machine
        }
        for seed: UInt64 in 0..<4 { try check(seed: seed, end: 8000, make: make) }
        let machine = try make()
        let h = machine.cluster.harts[0]
        var levels: [UInt64] = []
        for stop: UInt64 in [1000, 4000, 7000] {
            _ = try machine.run(until: stop)
            levels.append(h.pendingInterrupts)
        }
        #expect(levels == [InterruptBit.machineTimer, 0, InterruptBit.machineTimer])
    }

    @Test(arguments: Effort.seeds(16, full: 1000))
    func garbage(seed: UInt64) throws {
        try check(seed: seed, end: 20_000) { try GarbageGuest.make(seed: seed &+ 300, hartCount: Int(seed % 4) + 1) }
    }

    /// A slice that ends with a block must not fetch what comes next: the fault there belongs to the next step.
    @Test(arguments: [0, 256])
    func aSliceEndsBeforeTheNextFetch(tlb: Int) throws {
        for isLinked in [false, true] {
            let bench = try PagingBench(tlb: tlb)
            typealias P = PagingBench
            try bench.b.poke(P.leaf + 8, (P.pages + 0x1000) >> 2 | 0x0f)
            // One jump into a page whose entry lacks A, one beyond all pages.
            _ = bench.enter { p in
                if isLinked { p.jal(0, to: Bench.base + 0x2000) } else { p.jalr(0, 5) }
            }
            bench.b.h.pointee.x[5] = P.window + 0x1000
            #expect(bench.b.run(1) == 1)
            #expect(bench.b.h.pointee.trapCount == 0)
            #expect(try bench.b.peek(P.leaf + 8) & PTE.accessed == 0)
            bench.b.h.pointee.pc = 0x1234_5678
            #expect(bench.b.run(1) == 1)
            #expect(bench.b.h.pointee.trapCount == 1)
            #expect(bench.b.h.pointee.pc == P.trapVector)
        }
    }
}
