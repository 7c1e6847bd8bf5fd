/// Traps: entry, return, and which interrupt comes next (Privileged Architecture, 3.1.6–3.1.9, 3.3, 4.1).
extension HartCluster {
    private static let interruptFlag: UInt64 = 1 << 63
    /// Priority of interrupts, highest first (Privileged Architecture, 3.1.9).
    private static let interruptPriority: [UInt64] = [11, 3, 7, 9, 1, 5]

    /// Takes the exception that the hart has raised, for the instruction at its pc.
    @inline(never)
    func takeException(_ h: Hart) {
        let cause = h.pointee.exceptionCause
        let delegated = h.pointee.privilege != .machine && (h.pointee.medeleg >> cause) & 1 != 0
        enterTrap(h, cause: cause, value: h.pointee.exceptionValue, toSupervisor: delegated, vectorOffset: 0)
    }

    /// Takes the most urgent enabled interrupt, if there is one. It costs a step.
    func takeInterrupt(_ h: Hart) -> Bool {
        guard let (number, toSupervisor) = pendingInterrupt(h) else { return false }
        h.pointee.budget -= 1
        enterTrap(
            h, cause: Self.interruptFlag | number, value: 0, toSupervisor: toSupervisor, vectorOffset: 4 * number)
        return true
    }

    private func pendingInterrupt(_ h: Hart) -> (number: UInt64, toSupervisor: Bool)? {
        let pending = h.pendingInterrupts & h.pointee.mie
        if pending == 0 { return nil }
        let machineEnabled = h.pointee.privilege != .machine || h.pointee.mstatus & MStatus.mie != 0
        let supervisorEnabled =
            h.pointee.privilege == .user
            || (h.pointee.privilege == .supervisor && h.pointee.mstatus & MStatus.sie != 0)
        let forMachine = machineEnabled ? pending & ~h.pointee.mideleg : 0
        let forSupervisor = supervisorEnabled ? pending & h.pointee.mideleg : 0
        let ready = forMachine != 0 ? forMachine : forSupervisor
        for number in Self.interruptPriority where (ready >> number) & 1 != 0 {
            return (number, forMachine == 0)
        }
        return nil
    }

    private func enterTrap(_ h: Hart, cause: UInt64, value: UInt64, toSupervisor: Bool, vectorOffset: UInt64) {
        h.pointee.trapCount += 1
        let status = h.pointee.mstatus
        let from = UInt64(h.pointee.privilege.rawValue)
        let vector: UInt64
        if toSupervisor {
            h.pointee.scause = cause
            h.pointee.sepc = h.pointee.pc
            h.pointee.stval = value
            var new = status & ~(MStatus.sie | MStatus.spie | MStatus.spp)
            if status & MStatus.sie != 0 { new |= MStatus.spie }
            if from == 1 { new |= MStatus.spp }
            h.pointee.mstatus = new
            h.pointee.privilege = .supervisor
            vector = h.pointee.stvec
        } else {
            h.pointee.mcause = cause
            h.pointee.mepc = h.pointee.pc
            h.pointee.mtval = value
            var new = status & ~(MStatus.mie | MStatus.mpie | MStatus.mpp)
            if status & MStatus.mie != 0 { new |= MStatus.mpie }
            h.pointee.mstatus = new | from << MStatus.mppShift
            h.pointee.privilege = .machine
            vector = h.pointee.mtvec
        }
        h.pointee.pc = (vector & ~3) &+ (vector & 1 != 0 ? vectorOffset : 0)
        h.pointee.selectContexts()
    }

    func returnFromMachine(_ h: Hart) {
        let status = h.pointee.mstatus
        let previous = Privilege(rawValue: UInt8((status >> MStatus.mppShift) & 3)) ?? .user
        var new = status & ~(MStatus.mie | MStatus.mpp) | MStatus.mpie
        if status & MStatus.mpie != 0 { new |= MStatus.mie }
        if previous != .machine { new &= ~MStatus.mprv }
        h.pointee.mstatus = new
        h.pointee.privilege = previous
        h.pointee.pc = h.pointee.mepc
        h.pointee.selectContexts()
    }

    func returnFromSupervisor(_ h: Hart) {
        let status = h.pointee.mstatus
        var new = status & ~(MStatus.sie | MStatus.spp | MStatus.mprv) | MStatus.spie
        if status & MStatus.spie != 0 { new |= MStatus.sie }
        h.pointee.mstatus = new
        h.pointee.privilege = status & MStatus.spp != 0 ? .supervisor : .user
        h.pointee.pc = h.pointee.sepc
        h.pointee.selectContexts()
    }
}

extension Hart {
    /// mip as the guest reads it.
    @inline(__always)
    public var pendingInterrupts: UInt64 { pointee.softwareInterrupts | pointee.interruptLines | pointee.timerLines }

    /// Whether WFI would end now: an enabled interrupt is pending, whatever mstatus says (3.3.3).
    @inline(__always)
    public var hasWakeUp: Bool { pendingInterrupts & pointee.mie != 0 }
}
