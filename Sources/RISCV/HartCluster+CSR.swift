/// Reading and writing control and status registers (Privileged Architecture, chapters 2–4; Zicsr; Zicntr; Sstc).
extension HartCluster {
    private static let misa: UInt64 = (2 << 62) | 0x14112d
    /// Every cause but the ECALL from M and the reserved ones.
    private static let delegableExceptions: UInt64 = 0xb3ff
    private static let ticks_ns: UInt64 = 100

    /// - Returns: nil where the register does not exist for this hart in this mode (illegal instruction).
    func readCSR(_ h: Hart, _ number: Int) -> UInt64? {
        let required = (number >> 8) & 3
        guard Int(h.pointee.privilege.rawValue) >= required else { return nil }
        switch number {
        case CSRNumber.fflags, CSRNumber.frm, CSRNumber.fcsr: return readFloatCSR(h, number)
        case CSRNumber.cycle...CSRNumber.hpmcounter31: return readUserCounter(h, number)
        case CSRNumber.sstatus: return statusWithSD(h) & MStatus.supervisorReadable
        case CSRNumber.sie: return h.pointee.mie & h.pointee.mideleg
        case CSRNumber.stvec: return h.pointee.stvec
        case CSRNumber.scounteren: return h.pointee.scounteren
        case CSRNumber.senvcfg: return h.pointee.senvcfg
        case CSRNumber.sscratch: return h.pointee.sscratch
        case CSRNumber.sepc: return h.pointee.sepc
        case CSRNumber.scause: return h.pointee.scause
        case CSRNumber.stval: return h.pointee.stval
        case CSRNumber.sip: return h.pendingInterrupts & h.pointee.mideleg
        case CSRNumber.stimecmp: return mayUseStimecmp(h) ? h.pointee.stimecmp : nil
        case CSRNumber.satp: return mayUseSatp(h) ? h.pointee.satp : nil
        default: return readMachineCSR(h, number)
        }
    }

    private func readMachineCSR(_ h: Hart, _ number: Int) -> UInt64? {
        switch number {
        case CSRNumber.mstatus: return statusWithSD(h)
        case CSRNumber.misa: return Self.misa
        case CSRNumber.medeleg: return h.pointee.medeleg
        case CSRNumber.mideleg: return h.pointee.mideleg
        case CSRNumber.mie: return h.pointee.mie
        case CSRNumber.mtvec: return h.pointee.mtvec
        case CSRNumber.mcounteren: return h.pointee.mcounteren
        case CSRNumber.menvcfg: return h.pointee.menvcfg
        case CSRNumber.mcountinhibit: return h.pointee.mcountinhibit
        case CSRNumber.mscratch: return h.pointee.mscratch
        case CSRNumber.mepc: return h.pointee.mepc
        case CSRNumber.mcause: return h.pointee.mcause
        case CSRNumber.mtval: return h.pointee.mtval
        case CSRNumber.mip: return h.pendingInterrupts
        case CSRNumber.mcycle: return cycleCount(h)
        case CSRNumber.minstret: return instructionCount(h)
        case CSRNumber.mhartid: return UInt64(h.pointee.id)
        case CSRNumber.mvendorid, CSRNumber.marchid, CSRNumber.mimpid, CSRNumber.mconfigptr: return 0
        // Counters 3–31 count nothing; no trigger exists (type 0).
        case CSRNumber.mhpmcounter3...CSRNumber.mhpmcounter31, CSRNumber.mhpmevent3...CSRNumber.mhpmevent31,
            CSRNumber.tselect...CSRNumber.tdata3:
            return 0
        case CSRNumber.pmpcfg0: return h.pointee.pmpConfiguration.0
        case CSRNumber.pmpcfg2: return h.pointee.pmpConfiguration.1
        case CSRNumber.pmpcfg0...CSRNumber.pmpcfg14 where number & 1 == 0: return 0
        case CSRNumber.pmpaddr0...CSRNumber.pmpaddr63:
            let index = number - CSRNumber.pmpaddr0
            return index < PMP.entryCount ? h.pointee.pmpAddress[index] : 0
        default: return nil
        }
    }

    private func readFloatCSR(_ h: Hart, _ number: Int) -> UInt64? {
        guard h.pointee.mstatus & MStatus.fs != 0 else { return nil }
        switch number {
        case CSRNumber.fflags: return h.pointee.fcsr & 0x1f
        case CSRNumber.frm: return h.pointee.fcsr >> 5
        default: return h.pointee.fcsr
        }
    }

    private func readUserCounter(_ h: Hart, _ number: Int) -> UInt64? {
        let bit = UInt64(1) << UInt64(number - CSRNumber.cycle)
        if h.pointee.privilege != .machine && h.pointee.mcounteren & bit == 0 { return nil }
        if h.pointee.privilege == .user && h.pointee.scounteren & bit == 0 { return nil }
        switch number {
        case CSRNumber.cycle: return cycleCount(h)
        case CSRNumber.time: return currentTime_ticks(h)
        case CSRNumber.instret: return instructionCount(h)
        default: return 0
        }
    }

    private func statusWithSD(_ h: Hart) -> UInt64 {
        let status = h.pointee.mstatus
        return status & MStatus.fs == MStatus.fs ? status | MStatus.sd : status
    }

    private func mayUseStimecmp(_ h: Hart) -> Bool {
        if h.pointee.privilege == .machine { return true }
        return h.pointee.menvcfg & EnvironmentConfiguration.stimecmpEnable != 0 && h.pointee.mcounteren & 2 != 0
    }

    private func mayUseSatp(_ h: Hart) -> Bool {
        h.pointee.privilege == .machine || h.pointee.mstatus & MStatus.tvm == 0
    }

    /// The clock that the guest reads: 10 MHz, a function of icount and the recorded skips.
    public func currentTime_ticks(_ h: Hart) -> UInt64 { virtualTime_ns(h) / Self.ticks_ns &+ clockOffset_ticks }

    // MARK: Counters

    private func hartSteps(_ h: Hart) -> UInt64 { h.pointee.stepCount + UInt64(stepsInSlice(h)) }

    /// One cycle is one nanosecond of virtual time.
    private func cycleCount(_ h: Hart) -> UInt64 {
        let running = h.pointee.mcountinhibit & 1 == 0 ? virtualTime_ns(h) : 0
        return running &+ h.pointee.cycleOffset
    }

    private func instructionCount(_ h: Hart) -> UInt64 {
        let running = h.pointee.mcountinhibit & 4 == 0 ? hartSteps(h) &- h.pointee.trapCount : 0
        return running &+ h.pointee.instructionOffset
    }

    /// A written counter reads as written by the next instruction, so the writing one does not count itself.
    private func setCycleCount(_ h: Hart, _ value: UInt64) {
        let running = h.pointee.mcountinhibit & 1 == 0 ? virtualTime_ns(h) &+ 1 : 0
        h.pointee.cycleOffset = value &- running
    }

    private func setInstructionCount(_ h: Hart, _ value: UInt64) {
        let running = h.pointee.mcountinhibit & 4 == 0 ? hartSteps(h) &- h.pointee.trapCount &+ 1 : 0
        h.pointee.instructionOffset = value &- running
    }

    private func setCountInhibit(_ h: Hart, _ value: UInt64) {
        let cycles = cycleCount(h)
        let instructions = instructionCount(h)
        h.pointee.mcountinhibit = value & 5
        setCycleCount(h, cycles)
        setInstructionCount(h, instructions)
    }

    // MARK: Writing

    /// - Returns: false where the register does not exist or is read-only (illegal instruction).
    func writeCSR(_ h: Hart, _ number: Int, _ value: UInt64) -> Bool {
        guard Int(h.pointee.privilege.rawValue) >= (number >> 8) & 3, number >> 10 != 3 else { return false }
        switch number {
        case CSRNumber.fflags, CSRNumber.frm, CSRNumber.fcsr: return writeFloatCSR(h, number, value)
        case CSRNumber.sstatus:
            writeStatus(h, value, mask: MStatus.supervisorWritable)
        case CSRNumber.sie: h.pointee.mie = replacing(h.pointee.mie, value, mask: h.pointee.mideleg)
        case CSRNumber.stvec: h.pointee.stvec = Self.legalVector(value, h.pointee.stvec)
        case CSRNumber.scounteren: h.pointee.scounteren = value & 0xffff_ffff
        case CSRNumber.senvcfg: h.pointee.senvcfg = value & EnvironmentConfiguration.fiom
        case CSRNumber.sscratch: h.pointee.sscratch = value
        case CSRNumber.sepc: h.pointee.sepc = value & ~1
        case CSRNumber.scause: h.pointee.scause = value
        case CSRNumber.stval: h.pointee.stval = value
        case CSRNumber.sip:
            let mask = h.pointee.mideleg & InterruptBit.supervisorSoftware
            h.pointee.softwareInterrupts = replacing(h.pointee.softwareInterrupts, value, mask: mask)
        case CSRNumber.stimecmp:
            guard mayUseStimecmp(h) else { return false }
            h.pointee.stimecmp = value
            timerChanged(h)
        case CSRNumber.satp:
            guard mayUseSatp(h) else { return false }
            writeSatp(h, value)
        default: return writeMachineCSR(h, number, value)
        }
        return true
    }

    private func writeMachineCSR(_ h: Hart, _ number: Int, _ value: UInt64) -> Bool {
        switch number {
        case CSRNumber.mstatus: writeStatus(h, value, mask: MStatus.writable)
        case CSRNumber.misa: break
        case CSRNumber.medeleg: h.pointee.medeleg = value & Self.delegableExceptions
        case CSRNumber.mideleg: h.pointee.mideleg = value & InterruptBit.supervisor
        case CSRNumber.mie: h.pointee.mie = value & (InterruptBit.supervisor | InterruptBit.machine)
        case CSRNumber.mtvec: h.pointee.mtvec = Self.legalVector(value, h.pointee.mtvec)
        case CSRNumber.mcounteren: h.pointee.mcounteren = value & 0xffff_ffff
        case CSRNumber.menvcfg:
            h.pointee.menvcfg = value & (EnvironmentConfiguration.fiom | EnvironmentConfiguration.stimecmpEnable)
            // STIP is stimecmp's alone from here on: a bit that software left could never be cleared.
            if h.pointee.menvcfg & EnvironmentConfiguration.stimecmpEnable != 0 {
                h.pointee.softwareInterrupts &= ~InterruptBit.supervisorTimer
            }
            timerChanged(h)
        case CSRNumber.mcountinhibit: setCountInhibit(h, value)
        case CSRNumber.mscratch: h.pointee.mscratch = value
        case CSRNumber.mepc: h.pointee.mepc = value & ~1
        case CSRNumber.mcause: h.pointee.mcause = value
        case CSRNumber.mtval: h.pointee.mtval = value
        case CSRNumber.mip: writeInterruptPending(h, value)
        case CSRNumber.mcycle: setCycleCount(h, value)
        case CSRNumber.minstret: setInstructionCount(h, value)
        case CSRNumber.mhpmcounter3...CSRNumber.mhpmcounter31, CSRNumber.mhpmevent3...CSRNumber.mhpmevent31,
            CSRNumber.tselect...CSRNumber.tdata3:
            break
        case CSRNumber.pmpcfg0...CSRNumber.pmpcfg14 where number & 1 == 0:
            if number <= CSRNumber.pmpcfg2 {
                h.writePMPConfiguration(word: (number - CSRNumber.pmpcfg0) / 2, value)
                flushTranslations()
            }
        case CSRNumber.pmpaddr0...CSRNumber.pmpaddr63:
            let index = number - CSRNumber.pmpaddr0
            if index < PMP.entryCount {
                h.writePMPAddress(index, value)
                flushTranslations()
            }
        default: return false
        }
        return true
    }

    private func replacing(_ old: UInt64, _ new: UInt64, mask: UInt64) -> UInt64 { old & ~mask | new & mask }

    /// Modes 2 and 3 are reserved: the register keeps its mode (WARL).
    private static func legalVector(_ value: UInt64, _ old: UInt64) -> UInt64 {
        value & 2 == 0 ? value : value & ~3 | old & 3
    }

    private func writeFloatCSR(_ h: Hart, _ number: Int, _ value: UInt64) -> Bool {
        guard h.pointee.mstatus & MStatus.fs != 0 else { return false }
        h.pointee.mstatus |= MStatus.fs
        switch number {
        case CSRNumber.fflags: h.pointee.fcsr = h.pointee.fcsr & ~0x1f | value & 0x1f
        case CSRNumber.frm: h.pointee.fcsr = h.pointee.fcsr & 0x1f | (value & 7) << 5
        default: h.pointee.fcsr = value & 0xff
        }
        return true
    }

    private func writeStatus(_ h: Hart, _ value: UInt64, mask: UInt64) {
        let old = h.pointee.mstatus
        var new = replacing(old, value, mask: mask)
        // MPP is WARL: 2 is no privilege.
        if new & MStatus.mpp == 2 << MStatus.mppShift { new = new & ~MStatus.mpp | old & MStatus.mpp }
        h.pointee.mstatus = new
        if (old ^ new) & MStatus.mxr != 0 { flushRights(h) }
        if (old ^ new) & (MStatus.sum | MStatus.mprv | MStatus.mpp) != 0 { h.pointee.selectContexts() }
    }

    /// MXR changes what may be loaded.
    private func flushRights(_ h: Hart) {
        for index in TLBContext.supervisor...TLBContext.user { _ = h.pointee.contexts[index].flush() }
    }

    private func writeInterruptPending(_ h: Hart, _ value: UInt64) {
        var mask = InterruptBit.supervisor
        // With Sstc, STIP follows stimecmp and nothing else.
        if h.pointee.menvcfg & EnvironmentConfiguration.stimecmpEnable != 0 { mask &= ~InterruptBit.supervisorTimer }
        h.pointee.softwareInterrupts = replacing(h.pointee.softwareInterrupts, value, mask: mask)
    }

    /// Bare, Sv39 and Sv48; a write that names another mode has no effect (4.1.11).
    private func writeSatp(_ h: Hart, _ value: UInt64) {
        let mode = value >> 60
        guard mode == 0 || mode == 8 || mode == 9, value != h.pointee.satp else { return }
        let old = h.pointee.satp
        h.pointee.satp = value
        rootChanged(h, old: old, by: h)
    }

    /// A timer register changed: the slice's length was computed from it.
    private func timerChanged(_ h: Hart) { h.pointee.mustLeaveSlice = true }
}
