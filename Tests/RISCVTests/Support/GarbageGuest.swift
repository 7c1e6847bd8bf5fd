import GuestMemory
import Machine

@testable import RISCV

/// Memory full of random words, many of them instructions: guests that nobody wrote.
enum GarbageGuest {
    static let base: UInt64 = 0x8000_0000
    static let byteCount: UInt64 = 1 << 20

    /// Opcodes with their low seven bits; the other bits are random.
    private static let opcodes: [UInt32] = [
        0x03, 0x07, 0x0f, 0x13, 0x13, 0x13, 0x17, 0x1b, 0x23, 0x27, 0x2f, 0x33, 0x33, 0x37, 0x3b, 0x53, 0x63, 0x63,
        0x67,
        0x6f, 0x73,
    ]

    /// CSRs that make the most trouble.
    private static let registers: [UInt32] = [
        0x100, 0x104, 0x105, 0x141, 0x144, 0x14d, 0x180, 0x300, 0x302, 0x303, 0x304, 0x305, 0x30a, 0x341, 0x344, 0x3a0,
        0x3b0,
        0xb00, 0xb02,
    ]

    /// A machine of such memory. Pointers in the registers lead into RAM, to devices and to nowhere.
    static func make(seed: UInt64, hartCount: Int, tlb: Int = 256) throws -> Machine {
        var random = SeededGenerator(seed: seed &* 31 &+ 7)
        let machine = try Machine(
            configuration: MachineConfiguration(
                memoryByteCount: byteCount, hartCount: hartCount, quantum: 50 + random.next() % 500,
                hasBuiltInFirmware: seed % 3 == 0),
            options: EngineOptions(tlb: TLBOptions(entryCount: tlb)))
        machine.cluster.recordsTLBEvents = true
        let words = (0..<byteCount / 4).map { _ in word(&random) }
        try words.withUnsafeBytes { try machine.memory.load(GuestPhysicalAddress(base), $0) }
        for h in machine.cluster.harts {
            if seed % 3 == 0 {
                machine.cluster.resetToSupervisor(h, pc: place(&random))
            } else {
                machine.cluster.resetToMachine(h, pc: place(&random))
                if random.chance(percent: 70) { h.openPMP() }
            }
            h.pointee.mtvec = place(&random) & ~3 | random.next() & 1
            h.pointee.stvec = place(&random) & ~3
            h.pointee.mstatus |= MStatus.fs
            if random.chance(percent: 50) { h.pointee.satp = 8 << 60 | place(&random) >> 12 }
            for register in 1..<32 {
                h.pointee.x[register] = random.chance(percent: 75) ? place(&random) : edge(&random)
            }
            machine.cluster.stateReplaced(h)
        }
        return machine
    }

    private static func place(_ random: inout SeededGenerator) -> UInt64 { base + random.next() % byteCount & ~1 }

    private static func edge(_ random: inout SeededGenerator) -> UInt64 {
        switch random.below(6) {
        case 0: 0
        case 1: .max
        case 2: base + byteCount &- random.next() % 16
        case 3: Board.clintBase.rawValue + random.next() % 0xc000
        case 4: random.pick([Board.uartBase, Board.plicBase, Board.rtcBase]).rawValue + random.next() % 64
        default: random.next()
        }
    }

    private static func word(_ random: inout SeededGenerator) -> UInt32 {
        let bits = UInt32(truncatingIfNeeded: random.next())
        switch random.below(20) {
        case ..<14: return bits & ~0x7f | random.pick(opcodes)
        case ..<16: return random.pick(registers) << 20 | bits & 0xf_8f80 | UInt32(1 + random.below(3)) << 12 | 0x73
        case 16: return random.pick([0x3020_0073, 0x1020_0073, 0x1050_0073, 0x0000_0073, 0x1200_0073])
        // A page-table entry's low half that points into RAM.
        case 17: return bits & 0x3_fc00 | 0x2000_0000 | random.pick([0xcf, 0x01, 0xdf])
        default: return bits
        }
    }
}
