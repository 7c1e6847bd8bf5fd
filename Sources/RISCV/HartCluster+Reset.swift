import GuestMemory

/// How harts begin.
extension HartCluster {
    /// As built-in firmware hands a hart over (SBI 2.0, HSM): S-mode at `pc`, satp 0, interrupts off, everything a
    /// supervisor may have delegated to it. General registers are the caller's business.
    /// - Parameter actor: the hart whose firmware call it is; nil before any hart has run.
    public func resetToSupervisor(_ h: Hart, pc: UInt64, by actor: Hart? = nil) {
        h.pointee.privilege = .supervisor
        h.pointee.pc = pc
        h.pointee.mstatus = MStatus.xlen
        h.pointee.medeleg = 0xb1ff
        h.pointee.mideleg = InterruptBit.supervisor
        h.pointee.mie = 0
        h.pointee.mcounteren = 7
        h.pointee.menvcfg = EnvironmentConfiguration.stimecmpEnable
        h.pointee.stimecmp = .max
        h.pointee.softwareInterrupts = 0
        // All of memory, for every mode: one NAPOT entry.
        h.pointee.pmpConfiguration = (0x1f, 0)
        h.pointee.pmpAddress[0] = PMP.addressMask
        h.summarisePMP()
        h.pointee.isWaiting = false
        h.pointee.reservation = HartState.noReservation
        for index in 0..<TLBContext.count { _ = h.pointee.contexts[index].flush() }
        for mode in 0..<4 { h.pointee.jumpCaches[mode].flush() }
        let oldRoot = h.pointee.satp
        h.pointee.satp = 0
        if oldRoot != 0 { rootChanged(h, old: oldRoot, by: actor ?? h) }
        h.pointee.selectContexts()
    }

    /// As power-on leaves a hart (Privileged Architecture, 3.4): M-mode at `pc`, interrupts off, no translation.
    public func resetToMachine(_ h: Hart, pc: UInt64) {
        h.pointee.privilege = .machine
        h.pointee.pc = pc
        h.pointee.mstatus = MStatus.xlen
        h.pointee.selectContexts()
    }

    /// Before memory and every register are replaced: no page is a table any longer, no hart has a root.
    public func noteReset() {
        for page in tablePages.keys.sorted() where tablePages[page]!.levels != 0 {
            note(harts[0], .unfollow, page << pageShift, UInt64(tablePages[page]!.levels))
        }
        for h in harts where h.pointee.satp != 0 { note(harts[0], .root, 0, 0, h.pointee.satp, 0, of: h) }
        replaceTablePages([:])
    }

    /// After memory was replaced from outside.
    public func dropAllDecodedCode() {
        code.clear()
        flushTranslations()
    }

    /// After a hart's registers were replaced from outside: nothing cached is true any longer.
    public func stateReplaced(_ h: Hart) {
        h.summarisePMP()
        flushTranslations()
        h.pointee.selectContexts()
    }
}

extension HartState {
    /// Physical memory protection entries that exist.
    public static var pmpEntryCount: Int { PMP.entryCount }
}
