/// CSR instructions of every kind on the CSRs that both machines implement, from every mode.
extension StreamGenerator {
    /// A CSR and the bits a stream may write there; zero where it must not be written.
    struct Field {
        let number: Int
        let writable: UInt64
        init(_ number: Int, _ writable: UInt64) {
            self.number = number
            self.writable = writable
        }
    }

    /// Excluded bits and CSRs, with the reason:
    /// - mepc and sepc bit 0: QEMU 7.2 stores it, the specification says it is always zero;
    /// - mcause and scause beyond the defined causes: WLRL;
    /// - mcounteren and scounteren beyond CY, TM, IR, and all hpmcounters: how many there are is open;
    /// - mideleg and mie beyond the six standard interrupts, medeleg beyond `delegableExceptions`: WARL;
    /// - menvcfg and senvcfg beyond FIOM: the extensions behind the other bits are not ours;
    /// - mcountinhibit, pmpcfg and pmpaddr, triggers: WARL in their number and granularity; see the conformance guests;
    /// - mtvec and stvec beyond the mode bit: the handlers must stay; reserved modes 2 and 3 are WARL;
    /// - values of cycle, time and instret: QEMU reads the host's clock; the accesses are made, into x0;
    /// - mip.STIP with menvcfg.STCE set, stimecmp: virtual time differs;
    /// - misa writes: QEMU ignores them, others need not.
    private static let machine: [Field] = [
        Field(CSR.medeleg, 0xb1ff), Field(CSR.mideleg, 0x222), Field(CSR.mie, 0xaaa), Field(CSR.mip, 0x222),
        Field(CSR.mepc, ~1), Field(CSR.mtval, .max), Field(CSR.mscratch, .max), Field(CSR.mcounteren, 7),
        Field(CSR.mtvec, 1), Field(CSR.menvcfg, 1),
    ]
    private static let supervisor: [Field] = [
        Field(CSR.sie, 0x222), Field(CSR.sip, 0x222), Field(CSR.sepc, ~1), Field(CSR.stval, .max),
        Field(CSR.sscratch, .max), Field(CSR.scounteren, 7), Field(CSR.stvec, 1), Field(CSR.senvcfg, 1),
    ]
    private static let user: [Field] = [
        Field(CSR.fflags, .max), Field(CSR.frm, .max), Field(CSR.fcsr, .max),
    ]
    private static let readOnly = [
        CSR.mvendorid, CSR.marchid, CSR.mimpid, CSR.mhartid, CSR.mconfigptr, CSR.misa,
    ]
    private static let counters = [CSR.cycle, CSR.time, CSR.instret]
    /// Numbers that no standard extension we or QEMU have gives a meaning; accesses are illegal in every mode.
    private static let absent = [
        0x003 + 1, 0x040, 0x044, 0x05f, 0x0ff, 0x102, 0x103, 0x10b, 0x145, 0x181, 0x1ff, 0x2ff, 0x3f1, 0x400, 0x4ff,
        0x5c0, 0x6ff, 0x7ff, 0x800, 0x8ff, 0x9c0, 0xbff, 0xc81, 0xcff, 0xdff, 0xe00, 0xeff, 0xf00, 0xf10, 0xf16, 0xfff,
    ]

    func csrItem() {
        switch random.below(20) {
        case 0...5: writeField(random.pick(Self.machine))
        case 6...10: writeField(random.pick(Self.supervisor))
        case 11, 12: writeField(random.pick(Self.user))
        case 13: writeStatus()
        case 14: writeSupervisorStatus()
        case 15: writeCause()
        case 16: translationItem()
        case 17: counterItem()
        case 18:
            let number = random.pick(Self.readOnly)
            // misa alone of these is writable; reading it is enough.
            if number == CSR.misa || random.chance(70) {
                asm.csrr(destination(), number)
            } else {
                writeReadOnly(number)
            }
        default:
            csrInstruction(UInt32(random.pick([1, 2, 3, 5, 6, 7])), destination(), random.pick(Self.absent), source())
        }
    }

    private func csrInstruction(_ funct3: UInt32, _ rd: Int, _ number: Int, _ source: Int) {
        asm.csr(funct3, rd, number, source)
    }

    /// csrrw, csrrs, csrrc or their immediate forms with a random value within what may be written.
    private func writeField(_ unrestricted: Field) {
        let isPending = unrestricted.number == CSR.mip || unrestricted.number == CSR.sip
        let field = isPending ? Field(unrestricted.number, raisedInterrupts) : unrestricted
        if random.chance(20) { return asm.csrr(destination(), field.number) }
        let isVector = field.number == CSR.mtvec || field.number == CSR.stvec
        if random.chance(35) {
            let bits = random.below(32) & Int(field.writable & 31)
            return csrInstruction(
                isVector ? random.pick([6, 7]) : random.pick([5, 6, 7]), destination(), field.number, bits)
        }
        let value = scratch()
        asm.loadImmediate(value, field.writable & EdgeValues.integer(&random))
        // csrrw would move the handlers; csrrs and csrrc touch only the given bits.
        let function: UInt32 = isVector ? random.pick([2, 3]) : random.pick([1, 2, 3])
        csrInstruction(function, destination(), field.number, value)
    }

    private func writeStatus() {
        let value = scratch()
        switch random.below(3) {
        case 0:
            asm.loadImmediate(value, randomStatus())
            csrInstruction(1, destination(), CSR.mstatus, value)
        case 1:
            // Setting bits never makes MPP 2 out of 0, 1 and 3.
            asm.loadImmediate(value, randomStatus())
            csrInstruction(2, destination(), CSR.mstatus, value)
        default:
            // Clearing one bit of MPP or FS could leave a reserved or excluded value: all or nothing.
            asm.loadImmediate(value, randomStatus() & ~(3 << 11) & ~(0xa << 32) | random.pick([0, 3 << 11]))
            csrInstruction(3, destination(), CSR.mstatus, value)
        }
    }

    /// sstatus, with bits outside its view set in the source now and then: they must not get through.
    private func writeSupervisorStatus() {
        let value = scratch()
        let floating: UInt64 = random.chance(profile.floatEnabled) ? 3 << 13 : 0
        let outside = random.chance(30) ? random.next() & 0x70_0088 : 0
        let word = 2 << 32 | random.next() & 0xc_0122 | floating | outside
        let function: UInt32 = random.pick([1, 2, 3])
        asm.loadImmediate(value, function == 3 ? word & ~(2 << 32) : word)
        csrInstruction(function, destination(), CSR.sstatus, value)
    }

    private func writeCause() {
        let value = scratch()
        let isInterrupt = random.chance(40)
        let code: UInt64 =
            isInterrupt ? random.pick([1, 3, 5, 7, 9, 11]) : random.pick([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 13, 15])
        asm.loadImmediate(value, (isInterrupt ? 1 << 63 : 0) | code)
        csrInstruction(1, destination(), random.pick([CSR.mcause, CSR.scause]), value)
    }

    /// Reads that mcounteren and scounteren may forbid, and writes that are always illegal.
    private func counterItem() {
        let number = random.pick(Self.counters)
        if random.chance(60) { asm.csrr(0, number) } else { writeReadOnly(number) }
    }

    /// Excluded: csrrs and csrrc whose source is a register that holds zero. They are writes by the specification, and
    /// QEMU 7.2 takes them for reads.
    private func writeReadOnly(_ number: Int) {
        if random.chance(40) {
            return csrInstruction(random.pick([5, 6, 7]), destination(), number, random.within(1...31))
        }
        let value = scratch()
        asm.addi(value, 0, random.within(1...2047))
        csrInstruction(random.pick([1, 2, 3]), destination(), number, value)
    }

    /// satp: another table, another ASID, or a mode that does not exist, which must leave the register alone.
    func translationItem() {
        guard random.chance(70), mode != .machine else {
            // In M-mode satp does nothing until the next segment sets it.
            let value = scratch()
            let unsupported = UInt64(random.pick([1, 2, 3, 4, 5, 6, 7, 11, 12, 13, 14, 15]))
            asm.loadImmediate(value, unsupported << 60 | random.next() >> 4)
            return csrInstruction(1, destination(), CSR.satp, value)
        }
        guard mode == .supervisor else { return asm.csr(2, destination(), CSR.satp, source()) }
        let value = scratch()
        // Where mstatus.TVM is set this traps, and the old translation stays: both map the stream in the same place.
        asm.loadImmediate(value, satp(random.pick([.sv39, .sv48])))
        if translation != .bare { csrInstruction(1, destination(), CSR.satp, value) }
        asm.sfenceVMA()
    }

    /// Excluded: Sv57, which QEMU 7.2 has and others need not.
    func satp(_ translation: Translation) -> UInt64 {
        let asid = random.below(4) == 0 ? random.next() & 0xffff : UInt64(random.below(3))
        switch translation {
        case .bare: return 0
        case .sv39: return 8 << 60 | asid << 44 | PageTables.root39 >> 12
        case .sv48: return 9 << 60 | asid << 44 | PageTables.root48 >> 12
        }
    }
}
