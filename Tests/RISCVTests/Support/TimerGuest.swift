import GuestMemory
import Machine

@testable import RISCV

/// Harts that sleep and wake by CLINT timers, Sstc timers and interrupts to each other, hashing what they see of the
/// time.
enum TimerGuest {
    static func make(seed: UInt64, hartCount: Int, tlb: Int = 256) throws -> Machine {
        var random = SeededGenerator(seed: seed &+ 1000)
        let machine = try Machine(
            configuration: MachineConfiguration(
                memoryByteCount: 2 << 20, hartCount: hartCount, quantum: 40 + random.next() % 300,
                hasBuiltInFirmware: false), options: EngineOptions(tlb: TLBOptions(entryCount: tlb)))
        for h in machine.cluster.harts {
            let program = makeProgram(hart: h.pointee.id, hartCount: hartCount, &random)
            try PageTableGuest.put(machine, program.base, program.bytes)
            machine.cluster.resetToMachine(h, pc: program.base)
        }
        return machine
    }

    private static func makeProgram(hart: Int, hartCount: Int, _ random: inout SeededGenerator) -> Program {
        let clint = Board.clintBase.rawValue
        let base = 0x8000_0000 + UInt64(hart) * 0x4000
        var p = Program(at: base)
        p.li(5, clint)
        p.li(6, clint + 0x4000 + UInt64(hart) * 8)
        p.li(7, clint + UInt64(hart) * 4)
        p.li(8, clint + UInt64((hart + 1) % hartCount) * 4)
        p.li(9, clint + 0xbff8)
        p.li(10, EnvironmentConfiguration.stimecmpEnable)
        p.csrw(CSRNumber.menvcfg, 10)
        p.li(10, UInt64(random.below(200)))
        p.csrw(CSRNumber.stimecmp, 10)
        p.store(8, 10, 6)
        p.li(10, base + 0x1000)
        p.csrw(CSRNumber.mtvec, 10)
        p.li(10, InterruptBit.machineTimer | InterruptBit.machineSoftware | InterruptBit.supervisorTimer)
        p.csrw(CSRNumber.mie, 10)
        p.li(10, MStatus.mie)
        p.csrw(CSRNumber.mstatus, 10)
        let loop = p.here
        p.li(11, UInt64(20 + random.below(60)))
        let work = p.here
        p.addi(11, 11, -1)
        p.xor(12, 12, 11)
        p.load(8, 13, 9)
        p.add(12, 12, 13)
        p.bne(11, 0, to: work)
        if random.chance(percent: 60) { p.wfi() }
        p.jal(0, to: loop)
        while p.here < base + 0x1000 { p.nop() }
        appendHandler(&p, &random)
        return p
    }

    private static func appendHandler(_ p: inout Program, _ random: inout SeededGenerator) {
        p.csrr(20, CSRNumber.mcause)
        p.slli(22, 22, 1)
        p.xor(22, 22, 20)
        for register in [CSRNumber.mcycle, CSRNumber.minstret, CSRNumber.mepc, CSRNumber.mip] {
            p.csrr(23, register)
            p.add(22, 22, 23)
        }
        p.andi(20, 20, 15)
        p.addi(21, 20, -7)
        let notMachineTimer = p.here
        p.nop()
        p.load(8, 25, 9)
        p.addi(25, 25, 5 + random.below(40))
        p.store(8, 25, 6)
        p.addi(25, 0, 1)
        p.store(4, 25, 8)
        p.mret()
        var next = p.here
        p.patch(notMachineTimer) { $0.bne(21, 0, to: next) }
        p.addi(21, 20, -3)
        let notSoftware = p.here
        p.nop()
        p.store(4, 0, 7)
        p.mret()
        next = p.here
        p.patch(notSoftware) { $0.bne(21, 0, to: next) }
        p.csrr(25, CSRNumber.time)
        p.addi(25, 25, 5 + random.below(60))
        p.csrw(CSRNumber.stimecmp, 25)
        p.mret()
    }
}
