import Testing

@testable import RISCV

/// Interrupts, delegation, counters and WARL fields, in a few lines each; breadth comes from lockstep with QEMU.
@Suite struct TrapTests {
    private static let allInterrupts = InterruptBit.supervisor | InterruptBit.machine
    private static let vector = Bench.base + 0x1000

    private func makeBench(privilege: Privilege, mideleg: UInt64 = 0, status: UInt64 = 0) throws -> Bench {
        let bench = try Bench()
        bench.h.pointee.privilege = privilege
        bench.h.pointee.mstatus = MStatus.xlen | status
        bench.h.pointee.mideleg = mideleg
        bench.h.pointee.mie = Self.allInterrupts
        bench.h.pointee.mtvec = Self.vector | 1
        bench.h.pointee.stvec = Self.vector + 0x1000 | 1
        bench.cluster.stateReplaced(bench.h)
        return bench
    }

    @Test func interruptsComeInTheirOrderThroughTheVector() throws {
        let bench = try makeBench(privilege: .machine, status: MStatus.mie)
        var pending = Self.allInterrupts
        var order: [UInt64] = []
        while pending != 0 {
            bench.h.pointee.mstatus |= MStatus.mie
            bench.h.pointee.interruptLines = pending
            bench.h.pointee.pc = Bench.base
            bench.run(1)
            let number = bench.h.pointee.mcause & 63
            #expect(bench.h.pointee.mcause >> 63 == 1)
            #expect(bench.h.pointee.pc == Self.vector + 4 * number)
            #expect(bench.h.pointee.mepc == Bench.base)
            #expect(bench.h.pointee.mstatus & (MStatus.mie | MStatus.mpie) == MStatus.mpie)
            order.append(number)
            pending &= ~(1 << number)
            if order.count > 6 { break }
        }
        #expect(order == [11, 3, 7, 9, 1, 5])
    }

    @Test func delegatedInterruptsWaitForTheSupervisor() throws {
        func taken(_ privilege: Privilege, _ status: UInt64, _ pending: UInt64) throws -> UInt64? {
            let bench = try makeBench(privilege: privilege, mideleg: InterruptBit.supervisor, status: status)
            var p = Program(at: Bench.base)
            p.nop()
            try bench.load(p)
            bench.h.pointee.interruptLines = pending
            bench.run(1)
            if bench.h.pointee.pc == Bench.base + 4 { return nil }
            return bench.h.pointee.privilege == .machine ? bench.h.pointee.mcause : bench.h.pointee.scause
        }
        let flag: UInt64 = 1 << 63
        let external = InterruptBit.supervisorExternal
        #expect(try taken(.machine, MStatus.mie | MStatus.sie, external) == nil)
        #expect(try taken(.supervisor, 0, external) == nil)
        #expect(try taken(.supervisor, MStatus.sie, external) == flag | 9)
        #expect(try taken(.user, 0, external) == flag | 9)
        // M-mode's own come first and need no MIE below it.
        #expect(try taken(.user, 0, external | InterruptBit.machineTimer) == flag | 7)
        #expect(try taken(.supervisor, 0, InterruptBit.machineSoftware) == flag | 3)
        #expect(try taken(.machine, 0, InterruptBit.machineSoftware) == nil)
    }

    @Test func exceptionsGoWhereMedelegSays() throws {
        for (privilege, delegated) in [(Privilege.user, true), (.supervisor, true), (.machine, false)] {
            let bench = try makeBench(privilege: privilege)
            bench.h.pointee.medeleg = 1 << ExceptionCause.illegalInstruction
            bench.run(1)
            #expect(bench.h.pointee.privilege == (delegated ? .supervisor : .machine))
            // Exceptions go to the base, vectored or not.
            #expect(bench.h.pointee.pc == (delegated ? Self.vector + 0x1000 : Self.vector))
            #expect((bench.h.pointee.mstatus & MStatus.spp != 0) == (privilege == .supervisor))
        }
    }

    @Test func trapsAreStepsButNotInstructions() throws {
        let bench = try makeBench(privilege: .machine)
        var p = Program(at: Bench.base)
        p.csrr(5, CSRNumber.minstret)
        p.nop()
        p.word(0)
        try bench.load(p)
        var handler = Program(at: Self.vector)
        handler.csrr(6, CSRNumber.minstret)
        handler.li(7, 4)
        handler.csrw(CSRNumber.mcountinhibit, 7)
        handler.csrr(8, CSRNumber.minstret)
        handler.csrr(9, CSRNumber.minstret)
        handler.li(10, 1000)
        handler.csrw(CSRNumber.minstret, 10)
        handler.csrw(CSRNumber.mcountinhibit, 0)
        handler.csrr(11, CSRNumber.minstret)
        handler.csrr(12, CSRNumber.minstret)
        try bench.load(handler)
        bench.run(13)
        #expect(bench.x(6) - bench.x(5) == 2)
        #expect(bench.x(8) == bench.x(9))
        #expect(bench.x(12) - bench.x(11) == 1)
        #expect(bench.x(11) == 1000)
    }

    @Test func fieldsKeepWhatTheyCannotBe() throws {
        let bench = try makeBench(privilege: .machine)
        func write(_ number: Int, _ value: UInt64) -> UInt64? {
            #expect(bench.cluster.writeCSR(bench.h, number, value))
            return bench.cluster.readCSR(bench.h, number)
        }
        let c = CSRNumber.self
        #expect(write(c.mstatus, 2 << 11).map { $0 >> 11 & 3 } != 2)
        let legal: UInt64 = 8 << 60 | 5
        #expect(write(c.satp, legal) == legal)
        #expect(write(c.satp, 5 << 60 | 9) == legal)
        #expect(write(c.mepc, 0x8000_0003) == 0x8000_0002)
        #expect(write(c.medeleg, .max) == 0xb3ff)
        #expect(write(c.mideleg, .max) == InterruptBit.supervisor)
        #expect(write(c.mie, .max) == Self.allInterrupts)
        #expect(write(c.mcountinhibit, .max) == 5)
        #expect(write(c.misa, 0).map { $0 >> 62 } == 2)
        #expect(write(c.pmpaddr0, .max) == (1 << 54) - 1)
        #expect(write(c.pmpcfg0, 0x62).map { $0 & 0x60 } == 0)
        for number in [c.cycle, c.mhartid, c.mvendorid, 0x7ff, c.pmpcfg0 + 1] {
            #expect(!bench.cluster.writeCSR(bench.h, number, 0))
        }
        for privilege in [Privilege.user, .supervisor] {
            bench.h.pointee.privilege = privilege
            #expect(bench.cluster.readCSR(bench.h, c.mstatus) == nil)
            #expect(!bench.cluster.writeCSR(bench.h, c.mscratch, 0))
            #expect(bench.cluster.readCSR(bench.h, c.cycle) == nil)
        }
    }

    /// Sstc: with STCE the bit is the comparator's alone; what software left in it must go.
    @Test func stimecmpTakesSTIPOver() throws {
        let bench = try makeBench(privilege: .machine)
        #expect(bench.cluster.writeCSR(bench.h, CSRNumber.mip, InterruptBit.supervisorTimer))
        #expect(bench.h.pendingInterrupts == InterruptBit.supervisorTimer)
        #expect(bench.cluster.writeCSR(bench.h, CSRNumber.menvcfg, EnvironmentConfiguration.stimecmpEnable))
        bench.h.pointee.stimecmp = 10
        bench.cluster.updateTimerLines(bench.h, time_ticks: 9, machineTimer: false)
        #expect(bench.h.pendingInterrupts == 0)
        #expect(bench.cluster.supervisorTimerDeadline_ticks(bench.h, time_ticks: 9) == 10)
        bench.cluster.updateTimerLines(bench.h, time_ticks: 10, machineTimer: false)
        #expect(bench.h.pendingInterrupts == InterruptBit.supervisorTimer)
        #expect(bench.cluster.writeCSR(bench.h, CSRNumber.mip, 0))
        #expect(bench.h.pendingInterrupts == InterruptBit.supervisorTimer)
    }
}
