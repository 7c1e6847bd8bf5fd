import GuestMemory
import RISCV

/// Saving and loading everything but memory.
extension Machine {
    public func save() -> MachineState {
        MachineState(
            icount: icount, skipped_ns: cluster.skipped_ns, currentHart: currentHart, quantumLeft: quantumLeft,
            harts: cluster.harts.indices.map { snapshot(of: $0) }, devices: devices.save(), power: power,
            tablePages: TablePageList(cluster.tablePages))
    }

    private func snapshot(of index: Int) -> HartSnapshot {
        let s = cluster.harts[index].pointee
        return HartSnapshot(
            x: (0..<32).map { s.x[$0] }, f: (0..<32).map { s.f[$0] }, pc: s.pc, privilege: s.privilege,
            isWaiting: s.isWaiting, isStopped: s.isStopped, isSuspended: isSuspended[index],
            registers: [
                s.mstatus, s.medeleg, s.mideleg, s.mie, s.softwareInterrupts, s.mtvec, s.mscratch, s.mepc, s.mcause,
                s.mtval, s.mcounteren, s.mcountinhibit, s.menvcfg, s.stvec, s.sscratch, s.sepc, s.scause, s.stval,
                s.scounteren, s.senvcfg, s.satp, s.stimecmp, s.fcsr,
            ],
            pmpConfiguration: [s.pmpConfiguration.0, s.pmpConfiguration.1],
            pmpAddress: (0..<HartState.pmpEntryCount).map { s.pmpAddress[$0] }, stepCount: s.stepCount,
            trapCount: s.trapCount, cycleOffset: s.cycleOffset, instructionOffset: s.instructionOffset,
            reservation: s.reservation)
    }

    /// Makes this machine one that was saved. Memory is the caller's business. Cached translations are dropped.
    /// - Throws: `MachineStateError`; the machine is then fit only to be dropped.
    public func load(_ state: MachineState) throws {
        guard state.harts.count == cluster.hartCount else {
            throw MachineStateError.doesNotFit("\(state.harts.count) harts instead of \(cluster.hartCount)")
        }
        guard state.currentHart < cluster.hartCount, state.quantumLeft <= configuration.quantum else {
            throw MachineStateError.malformed("the scheduler's turn is impossible")
        }
        icount = state.icount
        cluster.icountAtSliceStart = icount
        cluster.skipped_ns = state.skipped_ns
        currentHart = state.currentHart
        quantumLeft = state.quantumLeft
        power = state.power
        for (index, hart) in state.harts.enumerated() { try load(hart, into: index) }
        do { try devices.load(state.devices) } catch { throw MachineStateError.malformed("\(error)") }
        cluster.clockOffset_ticks = devices.clint.mtimeOffset_ticks
        deriveLines()
        cluster.flushTranslations()
        let tablePages = state.tablePages?.pages ?? [:]
        guard tablePages.keys.allSatisfy({ memory.contains(page: $0) }) else {
            throw MachineStateError.doesNotFit("a page table lies outside its memory")
        }
        cluster.replaceTablePages(tablePages)
    }

    private func load(_ saved: HartSnapshot, into index: Int) throws {
        guard saved.x.count == 32, saved.f.count == 32, saved.registers.count == HartSnapshot.registerNames.count,
            saved.pmpConfiguration.count == 2, saved.pmpAddress.count == HartState.pmpEntryCount
        else { throw MachineStateError.malformed("hart \(index) lacks registers") }
        let h = cluster.harts[index]
        for register in 0..<32 {
            h.pointee.x[register] = register == 0 ? 0 : saved.x[register]
            h.pointee.f[register] = saved.f[register]
        }
        h.pointee.pc = saved.pc
        h.pointee.privilege = saved.privilege
        h.pointee.isWaiting = saved.isWaiting
        h.pointee.isStopped = saved.isStopped
        isSuspended[index] = saved.isSuspended
        loadRegisters(saved.registers, h)
        h.pointee.pmpConfiguration = (saved.pmpConfiguration[0], saved.pmpConfiguration[1])
        for entry in 0..<HartState.pmpEntryCount { h.pointee.pmpAddress[entry] = saved.pmpAddress[entry] }
        h.pointee.stepCount = saved.stepCount
        h.pointee.trapCount = saved.trapCount
        h.pointee.cycleOffset = saved.cycleOffset
        h.pointee.instructionOffset = saved.instructionOffset
        h.pointee.reservation = saved.reservation
        cluster.stateReplaced(h)
    }

    /// The other half of the list in `snapshot(of:)`.
    private func loadRegisters(_ r: [UInt64], _ h: Hart) {
        (h.pointee.mstatus, h.pointee.medeleg, h.pointee.mideleg, h.pointee.mie) = (r[0], r[1], r[2], r[3])
        (h.pointee.softwareInterrupts, h.pointee.mtvec, h.pointee.mscratch) = (r[4], r[5], r[6])
        (h.pointee.mepc, h.pointee.mcause, h.pointee.mtval, h.pointee.mcounteren) = (r[7], r[8], r[9], r[10])
        (h.pointee.mcountinhibit, h.pointee.menvcfg, h.pointee.stvec) = (r[11], r[12], r[13])
        (h.pointee.sscratch, h.pointee.sepc, h.pointee.scause, h.pointee.stval) = (r[14], r[15], r[16], r[17])
        (h.pointee.scounteren, h.pointee.senvcfg, h.pointee.satp) = (r[18], r[19], r[20])
        (h.pointee.stimecmp, h.pointee.fcsr) = (r[21], r[22])
    }

    /// The wires into the harts follow from the devices' state.
    private func deriveLines() {
        for (index, h) in cluster.harts.enumerated() {
            var lines: UInt64 = 0
            let contexts = devices.plic.pendingContexts
            if (contexts >> UInt64(Board.machineContext(hart: index))) & 1 != 0 {
                lines |= InterruptBit.machineExternal
            }
            if (contexts >> UInt64(Board.supervisorContext(hart: index))) & 1 != 0 {
                lines |= InterruptBit.supervisorExternal
            }
            if devices.clint.isSoftwareInterruptPending(hart: index) { lines |= InterruptBit.machineSoftware }
            h.pointee.interruptLines = lines
        }
    }
}
