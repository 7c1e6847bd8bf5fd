/// Exceptions: illegal instructions, environment calls, access faults; and interrupts that software raises.
extension StreamGenerator {
    /// Excluded: EBREAK and C.EBREAK. The specification lets mtval be zero, as QEMU 7.2 has it, or the address, as ours is.
    func trapItem() {
        switch random.below(10) {
        case 0...3: asm.emit(illegalWord())
        case 4: asm.emitCompressed(0x0000)
        case 5: asm.ecall()
        case 6: fetchFault()
        case 7: if isTranslated { atomicFault() } else { accessFault() }
        default: accessFault()
        }
    }

    /// Random bits that are either illegal or harmless: nothing that reads or writes memory, jumps, changes a register
    /// with a duty, or leaves the mode.
    private func illegalWord() -> UInt32 {
        while true {
            var word = UInt32(truncatingIfNeeded: random.next()) | 3
            // Half of them in the opcodes that have holes; purely random ones are mostly unassigned opcodes.
            if random.chance(70) {
                let opcodes: [UInt32] = [
                    0x13, 0x1b, 0x33, 0x3b, 0x53, 0x0f, 0x2f, 0x67, 0x63, 0x73, 0x03, 0x23, 0x07, 0x27, 0x43, 0x47,
                    0x0b,
                    0x57, 0x5b, 0x7b, 0x77, 0x1f, 0x7f,
                ]
                word = word & ~0x7f | random.pick(opcodes)
            }
            if Self.isHarmless(word) { return word }
        }
    }

    static func isHarmless(_ word: UInt32) -> Bool {
        let (funct3, rd) = (word >> 12 & 7, Int(word >> 7 & 31))
        switch word & 0x7f {
        case Opcode.load: return funct3 == 7
        case Opcode.loadFloat, Opcode.storeFloat: return funct3 != 2 && funct3 != 3
        case Opcode.store: return funct3 >= 4
        case Opcode.atomic: return funct3 != 2 && funct3 != 3
        case 0x63: return funct3 == 2 || funct3 == 3
        case 0x6f: return false
        case Opcode.jumpRegister: return funct3 != 0
        // Excluded: cache-block operations (funct3 2), which other implementations may have.
        case Opcode.fence: return funct3 != 2 && (funct3 < 2 || rd < Reserved.first)
        case Opcode.system: return funct3 == 4 || funct3 == 0 && isUnassignedSystem(word)
        default: return rd < Reserved.first
        }
    }

    /// funct3 0 of SYSTEM, without ecall, ebreak, returns, wfi, the fences of S, H and Svinval, and whatever has a
    /// meaning in debug mode.
    private static func isUnassignedSystem(_ word: UInt32) -> Bool {
        let (funct7, rs2) = (word >> 25, word >> 20 & 31)
        if [0x09, 0x0b, 0x0c, 0x11, 0x13, 0x31, 0x33].contains(funct7) { return false }
        if funct7 == 0 && rs2 <= 2 || funct7 == 0x3d { return false }
        return !(funct7 == 0x08 || funct7 == 0x18 || funct7 == 0x38)
    }

    /// Loads and stores where no memory is: physical in M-mode and with bare translation, unmapped otherwise.
    private func accessFault() {
        let base = scratch()
        asm.loadImmediate(base, emptyAddress())
        if random.chance(20) {
            let form: (UInt16, Int) = random.pick([(0b011, 8), (0b111, 8)])
            let low = random.within(8...15)
            asm.loadImmediate(low, emptyAddress())
            return asm.emitCompressed(EncodeCompressed.doubleAccess(form.0, register: 9, base: low, form.1))
        }
        emitAccess(base: base, offset: random.within(-64...64) & ~7)
    }

    /// Excluded: addresses of devices, and misaligned accesses to nothing (an implementation may report either).
    func emptyAddress() -> UInt64 {
        switch random.below(4) {
        case 0: return ImageLayout.nothing + UInt64(random.below(0x1000)) & ~7
        case 1: return 0xffff_ffff_ffff_f000 + UInt64(random.below(0x1e0)) * 8
        case 2: return 0x00ff_0000_0000_0000 + UInt64(random.below(0x1000)) * 8
        default: return 0x8000_0000_0000_0000 | ImageLayout.nothing
        }
    }

    private func fetchFault() {
        let base = scratch(not: 1)
        asm.loadImmediate(base, emptyAddress())
        asm.jalr(1, base, 0)
    }

    /// Excluded: AMOs to addresses where nothing is. QEMU 7.2 executes them anew as a load and a store, and reports the
    /// load; the specification wants a store access fault.
    private func atomicFault() {
        let base = scratch()
        asm.loadImmediate(base, emptyAddress())
        let function = random.pick([0, 1, 2, 4, 8, 12, 16, 20, 24, 28] as [UInt32])
        asm.emit(
            Encode.register(
                Opcode.atomic, rd: destination(), funct3: random.pick([2, 3]), rs1: base,
                rs2: function == 2 ? 0 : source(), funct7: function << 2))
    }

    // MARK: interrupts

    /// Pends and enables interrupts through the CSRs of the mode. Each is taken at a defined instruction: the
    /// specification has them evaluated right after a CSR write or an xRET that could make one takable.
    ///
    /// Excluded: interrupts from the CLINT and PLIC, which may arrive any bounded time later; see the conformance guests.
    func interruptItem() {
        let value = scratch()
        switch mode {
        case .machine:
            asm.loadImmediate(value, random.next() & raisedInterrupts)
            asm.csr(random.pick([1, 2, 3]), destination(), random.pick([CSR.mip, CSR.mie]), value)
            if random.chance(60) { asm.csr(random.pick([6, 7]), 0, CSR.mstatus, 8) }
            if random.chance(20) && raisedInterrupts & 2 != 0 { waitInMachine() }
        case .supervisor:
            asm.loadImmediate(value, random.next() & raisedInterrupts)
            asm.csr(random.pick([1, 2, 3]), destination(), random.pick([CSR.sip, CSR.sie]), value)
            if random.chance(60) { asm.csr(random.pick([6, 7]), 0, CSR.sstatus, 2) }
            if random.chance(20) && mideleg & raisedInterrupts & 2 != 0 { waitInSupervisor() }
        case .user:
            asm.csr(random.pick([1, 2, 3]), destination(), random.pick([CSR.sip, CSR.mip, CSR.sie]), value)
        }
    }

    /// WFI with an interrupt pending and locally enabled but not takable: it must not wait.
    private func waitInMachine() {
        asm.csr(7, 0, CSR.mstatus, 8)
        asm.csr(6, 0, CSR.mie, 2)
        asm.csr(6, 0, CSR.mip, 2)
        asm.wfi()
        if random.chance(60) { asm.csr(6, 0, CSR.mstatus, 8) }
    }

    private func waitInSupervisor() {
        asm.csr(7, 0, CSR.sstatus, 2)
        asm.csr(6, 0, CSR.sie, 2)
        asm.csr(6, 0, CSR.sip, 2)
        asm.wfi()
        if random.chance(60) { asm.csr(6, 0, CSR.sstatus, 2) }
    }
}
