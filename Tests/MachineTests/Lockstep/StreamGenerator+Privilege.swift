/// Returns, waits and fences in modes that may and may not execute them, and MPRV.
extension StreamGenerator {
    func privilegedItem() {
        switch random.below(8) {
        case 0: wrongReturn()
        case 1: asm.sfenceVMA(random.pick([0, source()]), random.pick([0, source()]))
        case 2: waitWhereItTraps()
        case 3: if mode == .machine { returnToMachine() } else { wrongReturn() }
        case 4: if mode == .supervisor && !insideLoop { returnToUser() } else { wrongReturn() }
        case 5: if mode == .machine { modifyPrivilege() } else { translationItem() }
        case 6: asm.fenceI()
        default: asm.emit(0x0000_000f | UInt32(random.below(256)) << 20)
        }
    }

    /// MRET below M and SRET in U are illegal.
    private func wrongReturn() {
        switch mode {
        case .machine: supervisorReturnInMachine()
        case .supervisor: asm.mret()
        case .user: if random.chance(50) { asm.mret() } else { asm.sret() }
        }
    }

    /// Excluded: WFI where it may wait. U-mode's always traps on QEMU (the specification lets an implementation wait
    /// a bounded time first, and allows zero).
    private func waitWhereItTraps() {
        if mode == .user || mode == .supervisor && trapsWFI { asm.wfi() }
    }

    private func returnToMachine() {
        let target = asm.newLabel()
        let value = scratch()
        // MIE is clear from before mepc is written until MRET: an interrupt would overwrite both.
        asm.loadImmediate(value, randomStatus() & ~8 | 3 << 11)
        asm.csrw(CSR.mstatus, value)
        asm.loadAddress(value, of: target)
        asm.csrw(CSR.mepc, value)
        asm.mret()
        asm.bind(target)
    }

    /// SRET in M-mode goes to S or U by SPP; the stream's segment then carries on in U or S with satp as it was set.
    private func supervisorReturnInMachine() {
        guard !insideLoop else { return }
        let target = asm.newLabel()
        let value = scratch()
        let toSupervisor = random.chance(50)
        asm.csrw(CSR.satp, 0)
        asm.sfenceVMA()
        asm.loadAddress(value, of: target)
        asm.csrw(CSR.sepc, value)
        // mstatus.TSR does not concern M-mode.
        asm.loadImmediate(value, randomStatus() & ~(1 << 8 | 7 << 20 | 8) | (toSupervisor ? 1 << 8 : 0))
        asm.csrw(CSR.mstatus, value)
        asm.sret()
        asm.bind(target)
        mode = toSupervisor ? .supervisor : .user
        translation = .bare
        // M-mode's CSR items may have changed the delegation since the segment was entered.
        mideleg = 0
        (trapsSRET, trapsWFI) = (false, false)
    }

    /// SRET from S to U; with TSR it traps and the stream stays in S.
    private func returnToUser() {
        let target = asm.newLabel()
        let value = scratch()
        let alias = translation == .bare ? 0 : -Int(ImageLayout.userAlias)
        asm.loadAddress(value, of: target, displacement: alias)
        asm.csrw(CSR.sepc, value)
        asm.loadImmediate(value, 1 << 8)
        asm.csrc(CSR.sstatus, value)
        asm.sret()
        asm.bind(target)
        if !trapsSRET { mode = .user }
        loadBases()
    }

    /// Loads and stores of M-mode as if by another mode; instruction fetch stays M-mode's.
    private func modifyPrivilege() {
        let value = scratch()
        let table = random.pick([.bare, .sv39, .sv48] as [Translation])
        let previous: UInt64 = random.pick([0, 1, 3])
        asm.loadImmediate(value, satp(table))
        asm.csrw(CSR.satp, value)
        asm.sfenceVMA()
        asm.loadImmediate(value, 3 << 11)
        asm.csrc(CSR.mstatus, value)
        asm.loadImmediate(value, 1 << 17 | previous << 11 | random.next() & 0xc_0000)
        asm.csrs(CSR.mstatus, value)
        for _ in 0..<random.within(1...4) {
            if table == .bare || previous == 3 {
                memoryItem()
            } else if random.chance(40) {
                // Through the alias, where U may and S may not unless SUM is set.
                let base = scratch()
                asm.loadImmediate(base, ImageLayout.data - ImageLayout.userAlias + UInt64(random.below(0xff00)))
                emitAccess(base: base, offset: random.below(200))
            } else if random.chance(50) {
                playgroundAccess()
            } else {
                memoryItem()
            }
        }
        asm.loadImmediate(value, 1 << 17)
        asm.csrc(CSR.mstatus, value)
    }
}
