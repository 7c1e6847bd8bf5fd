import GuestMemory
import Machine
import RISCV

/// Our machine, bare, as the subject of a comparison.
struct MachineSubject {
    let machine: Machine

    /// A machine whose RAM begins with `bytes` and whose harts start in M-mode at its first byte.
    init(
        bytes: [UInt8], megabytes: Int, harts: Int = 1, tohost: UInt64? = nil, options: EngineOptions = EngineOptions()
    ) throws {
        let configuration = MachineConfiguration(
            memoryByteCount: UInt64(megabytes) << 20, hartCount: harts, hasBuiltInFirmware: false,
            hostInterfaceAddress: tohost)
        machine = try Machine(configuration: configuration, options: options)
        try bytes.withUnsafeBytes { try machine.memory.load(GuestPhysicalAddress(ImageLayout.ram), $0) }
        for hart in machine.cluster.harts { machine.cluster.resetToMachine(hart, pc: ImageLayout.ram) }
    }

    /// One step: an instruction retired or a trap taken.
    func step() throws { _ = try machine.run(until: machine.icount + 1) }

    var state: ArchitecturalState {
        let hart = machine.cluster.harts[0]
        let h = hart.pointee
        var state = ArchitecturalState()
        state.pc = h.pc
        let isDirty = h.mstatus & 3 << 13 == 3 << 13
        state.csrs = [
            UInt64(h.id), h.mstatus | (isDirty ? 1 << 63 : 0), hart.pendingInterrupts, h.mie, h.mideleg, h.medeleg,
            h.mtvec,
            h.stvec, h.mepc, h.sepc, h.mcause, h.scause, h.mtval, h.stval, h.mscratch, h.sscratch, h.satp,
        ]
        state.x = Array(UnsafeBufferPointer(start: h.x, count: 32))
        state.f = Array(UnsafeBufferPointer(start: h.f, count: 32))
        return state
    }

    func memory(byteCount: Int) throws -> [UInt8] {
        try machine.memory.read(GuestPhysicalAddress(ImageLayout.ram), count: byteCount)
    }
}
