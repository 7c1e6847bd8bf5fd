import GuestMemory
import Machine
import Testing

@testable import RISCV

/// Guests that do everything wrong: the host never crashes, and icount always moves on or the run says why not.
@Suite struct HostileGuestTests {
    private func makeMachine(_ pc: UInt64, harts: Int = 1, _ make: (inout Program) -> Void = { _ in }) throws -> Machine
    {
        let machine = try Machine(
            configuration: MachineConfiguration(memoryByteCount: 2 << 20, hartCount: harts, hasBuiltInFirmware: false))
        var p = Program(at: 0x8000_0000)
        make(&p)
        try PageTableGuest.put(machine, p.base, p.bytes)
        for h in machine.cluster.harts {
            machine.cluster.resetToMachine(h, pc: pc)
            h.openPMP()
            machine.cluster.stateReplaced(h)
        }
        return machine
    }

    @Test(arguments: Effort.seeds(8, full: 2000))
    func garbageNeverCrashesTheHost(seed: UInt64) throws {
        let machine = try GarbageGuest.make(seed: seed, hartCount: Int(seed % 8) + 1)
        var last = machine.icount
        for piece: UInt64 in 1...20 {
            let reason = try machine.run(until: piece * 50_000)
            try machine.cluster.checkInvariants()
            guard reason == .icountReached else { break }
            #expect(machine.icount == piece * 50_000)
            #expect(machine.icount > last)
            last = machine.icount
        }
    }

    /// From nowhere to nowhere: each trap is a step, and each slice ends where it should.
    @Test(
        arguments: [
            0, 2, 0x1000, 0x10_0000, 0x0200_0000, 0x0c00_0000, 0x1000_0000, 0x7fff_fffe, 0x8020_0000, 1 << 38, 1 << 55,
            1 << 63, .max - 1, 0xffff_ffff_ffff_f000,
        ] as [UInt64], [0, 0x1000_0000, 0x8020_0000, 0xffff_ffff_ffff_fffc] as [UInt64])
    func jumpsIntoNowhereAreTraps(pc: UInt64, vector: UInt64) throws {
        for stop: UInt64 in [1, 7, 10_000, 10_001, 25_000] {
            let machine = try makeMachine(pc, harts: 2)
            for h in machine.cluster.harts { h.pointee.mtvec = vector }
            #expect(try machine.run(until: stop) == .icountReached)
            #expect(machine.icount == stop)
            #expect(machine.cluster.harts.map(\.pointee.trapCount).reduce(0, +) == stop)
        }
    }

    @Test func illegalInstructionsEverywhere() throws {
        let machine = try makeMachine(0x8000_0000)
        machine.cluster.harts[0].pointee.mtvec = 0x8000_0000
        #expect(try machine.run(until: 100_000) == .icountReached)
        #expect(machine.cluster.harts[0].pointee.trapCount == 100_000)
    }

    @Test func waitingForNothingIsReported() throws {
        let machine = try makeMachine(0x8000_0000, harts: 3) { $0.wfi() }
        #expect(try machine.run(until: 1000) == .waitingForInput)
        #expect(machine.icount == 3)
        #expect(try machine.run(until: 1000) == .waitingForInput)
        #expect(machine.icount == 3)
    }

    /// A timer that never comes must not turn the clock over.
    @Test(arguments: [.max - 1, .max / 100, 1 << 60, 1 << 63] as [UInt64])
    func aTimerBeyondTheEndOfTimeIsNever(ticks: UInt64) throws {
        let machine = try makeMachine(0x8000_0000) { p in
            p.li(5, EnvironmentConfiguration.stimecmpEnable)
            p.csrw(CSRNumber.menvcfg, 5)
            p.li(5, ticks)
            p.csrw(CSRNumber.stimecmp, 5)
            p.li(5, InterruptBit.supervisorTimer)
            p.csrw(CSRNumber.mie, 5)
            p.wfi()
        }
        #expect(try machine.run(until: 1000) == .waitingForInput)
        #expect(machine.virtualTime_ns < 1 << 62)
    }

    /// Loads and stores of every size and misalignment at every device, and beside them.
    @Test(arguments: [Board.powerBase, Board.rtcBase, Board.clintBase, Board.plicBase, Board.uartBase])
    func devicesSurviveEveryAccess(base: GuestPhysicalAddress) throws {
        var random = SeededGenerator(seed: base.rawValue)
        for round in 0..<20 {
            let machine = try makeMachine(0x8000_0000, harts: 2) { p in
                p.li(6, random.next())
                for _ in 0..<150 {
                    let reach = random.pick([16, 0x100, 0x1000, 0x1_0000, 0x40_0000])
                    p.li(5, base.rawValue + random.next() % UInt64(reach) &- UInt64(random.below(9)))
                    let size = random.pick([1, 2, 4, 8])
                    switch random.below(4) {
                    case 0: p.atomic(random.pick([0, 1, 2, 3]), random.pick([4, 8]), 7, 5, 6)
                    case 1: p.load(size, 7, 5)
                    default: p.store(size, random.pick([0, 6, 7]), 5)
                    }
                }
                let end = p.here
                p.jal(0, to: end)
            }
            var handler = Program(at: 0x8001_0000)
            handler.csrr(31, CSRNumber.mepc)
            handler.addi(31, 31, 4)
            handler.csrw(CSRNumber.mepc, 31)
            handler.mret()
            try PageTableGuest.put(machine, handler.base, handler.bytes)
            for h in machine.cluster.harts { h.pointee.mtvec = handler.base }
            let reason = try machine.run(until: 30_000)
            #expect(reason == .ended || machine.icount == 30_000, "round \(round)")
            // What is left of the devices can be saved and loaded.
            let state = machine.save()
            #expect(try MachineState(encoded: state.encoded()).encoded() == state.encoded())
            try machine.load(state)
        }
    }

    /// satp that leads out of RAM, and a root in RAM's last page.
    @Test func rootsAnywhere() throws {
        for root: UInt64 in [0, 1, 0x10000, 0x7ffff, 0x80200, 0xfff_ffff_ffff] {
            for mode: UInt64 in [8, 9] {
                let machine = try makeMachine(0x8000_0000)
                let h = machine.cluster.harts[0]
                h.pointee.privilege = .supervisor
                h.pointee.satp = mode << 60 | root
                machine.cluster.stateReplaced(h)
                #expect(try machine.run(until: 5000) == .icountReached)
                #expect(h.pointee.mcause == ExceptionCause.fetchAccess)
            }
        }
        let last: UInt64 = 0x801f_f000
        let high: UInt64 = 0xffff_ffff_c000_0000
        let machine = try makeMachine(high) { p in
            p.li(5, high + (last - 0x8000_0000) + 0xff8)
            p.load(8, 6, 5)
            p.store(8, 6, 5)
            let end = p.here
            p.jal(0, to: end)
        }
        try PageTableGuest.put(machine, last + 0xff8, withUnsafeBytes(of: UInt64(0x2000_0000 | 0x0f)) { Array($0) })
        let h = machine.cluster.harts[0]
        h.pointee.privilege = .supervisor
        h.pointee.satp = 8 << 60 | last >> 12
        machine.cluster.stateReplaced(h)
        #expect(try machine.run(until: 1000) == .icountReached)
        #expect(h.pointee.trapCount == 0)
        #expect(h.pointee.x[6] == 0x2000_004f)
        try machine.cluster.checkInvariants()
    }

    /// Code in more pages than the cache of decoded code keeps.
    @Test func executingEveryPageIsBounded() throws {
        let bench = try Bench(byteCount: 128 << 20)
        var p = Program(at: Bench.base)
        p.li(5, Bench.base + 0x2000)
        p.li(6, 0x1000)
        p.li(7, Bench.base + 128 << 20)
        let loop = p.here
        p.jalr(1, 5)
        p.add(5, 5, 6)
        p.bltu(5, 7, to: loop)
        let end = p.here
        p.jal(0, to: end)
        try bench.load(p)
        let pages = (128 << 20) / 4096
        for page in 2..<pages { try bench.load(Bench.base + UInt64(page) * 4096, [0x82, 0x80]) }
        for _ in 0..<2 {
            bench.h.pointee.pc = Bench.base
            _ = bench.cluster.run(bench.h, budget: Int64(pages) * 4 + 100)
            #expect(bench.h.pointee.pc == end)
            #expect(bench.cluster.code.liveNumbers.count <= 16_384)
        }
        bench.checkInvariants()
        #expect(bench.cluster.code.clearCount >= 2)
    }
}
