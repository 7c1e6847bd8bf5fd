/// What surrounds a stream: reset state, trap handlers, the dump of registers at the end.
extension StreamGenerator {
    /// medeleg bits the generator sets: all but the environment calls from S and M, which carry the stream back to
    /// M-mode.
    var delegableExceptions: UInt64 { 0xb1ff }
    var delegableInterrupts: UInt64 { 0x222 }

    /// A value for mstatus with everything random that every implementation must hold.
    ///
    /// Excluded: MPP = 2, which is WARL and reserved (QEMU 7.2 stores it); UXL and SXL other than 2 (QEMU 7.2 lets UXL
    /// change); MPV and GVA, which QEMU 7.2 stores without the H extension; FS Initial and Clean, because when they
    /// become Dirty is left to the implementation; MPRV, TVM, TW and TSR, which `privilegedItem` and `enterSegment` set.
    func randomStatus() -> UInt64 {
        let previous = random.pick([0, 1, 3] as [UInt64]) << 11
        let floating: UInt64 = random.chance(profile.floatEnabled) ? 3 << 13 : 0
        return 0xa << 32 | random.next() & 0xc_01aa | previous | floating
    }

    /// The prologue gives every compared register a known value: what reset leaves is the board's affair.
    func emitPrologue(_ vectors: (machine: Assembler.Label, supervisor: Assembler.Label)) {
        note("prologue")
        parkOtherHarts()
        asm.csrw(CSR.mstatus, constant: 0xa_0000_6000, via: 5)
        asm.loadAddress(5, of: vectors.machine)
        asm.csrw(CSR.mtvec, 5)
        asm.loadAddress(5, of: vectors.supervisor)
        asm.csrw(CSR.stvec, 5)
        // All of memory to S and U.
        asm.csrw(CSR.pmpaddr0, constant: .max, via: 5)
        asm.csrw(CSR.pmpcfg0, constant: 0x1f, via: 5)
        // No timer ever fires: its moment is the host's in QEMU.
        asm.loadImmediate(5, ImageLayout.clint + 0x4000)
        asm.addi(6, 0, -1)
        asm.store(3, 6, 0, 5)
        asm.csrw(CSR.menvcfg, constant: 1 << 63, via: 5)
        asm.csrw(CSR.stimecmp, 6)
        for number in [
            CSR.menvcfg, CSR.senvcfg, CSR.satp, CSR.medeleg, CSR.mideleg, CSR.mie, CSR.mip, CSR.mepc, CSR.sepc,
            CSR.mcause, CSR.scause, CSR.mtval, CSR.stval, CSR.mscratch, CSR.sscratch, CSR.fcsr, CSR.mcounteren,
            CSR.scounteren,
        ] { asm.csrw(number, 0) }
        for register in 0..<32 {
            asm.emit(Encode.register(Opcode.float, rd: register, funct3: 0, rs1: 0, rs2: 0, funct7: 0x79))
        }
        for register in 1..<32 where register != 5 { asm.addi(register, 0, 0) }
        asm.loadImmediate(Reserved.log, ImageLayout.trapLog)
    }

    private func parkOtherHarts() {
        let first = asm.newLabel()
        asm.csrr(5, CSR.mhartid)
        asm.branch(0, 5, 0, to: first)
        asm.csrw(CSR.mie, 0)
        let park = asm.labelHere()
        asm.wfi()
        asm.jump(0, to: park)
        asm.bind(first)
    }

    /// Both handlers log cause, epc, tval and status at x31 and resume behind the instruction; a fetch that faulted
    /// resumes at x1. A pending interrupt is cleared and disabled. With x28 set, the M-mode handler clears it and
    /// resumes in M-mode at the physical address; the S-mode one passes the call on, with x28 = 2.
    func emitHandlers() -> (machine: Assembler.Label, supervisor: Assembler.Label) {
        let machine = handler(
            "machine", cause: CSR.mcause, epc: CSR.mepc, tval: CSR.mtval, status: CSR.mstatus, pending: CSR.mip,
            enable: CSR.mie, readable: 0xa0)
        let supervisor = handler(
            "supervisor", cause: CSR.scause, epc: CSR.sepc, tval: CSR.stval, status: CSR.sstatus, pending: CSR.sip,
            enable: CSR.sie, readable: 0xc0)
        return (machine, supervisor)
    }

    /// `readable` is the upper immediate of the status bits that make the trapped instruction readable: MPRV and MXR for
    /// the machine's handler, SUM and MXR for the supervisor's.
    private func handler(
        _ name: String, cause: Int, epc: Int, tval: Int, status: Int, pending: Int, enable: Int, readable: Int
    ) -> Assembler.Label {
        let (entry, interrupt, escape, fetch) = (asm.newLabel(), asm.newLabel(), asm.newLabel(), asm.newLabel())
        let (first, second) = (Reserved.scratch, Reserved.scratch2)
        asm.align(256)
        let vectors = asm.labelHere()
        // Vectored mode sends interrupt n to entry n; all lead to the same place.
        for _ in 0..<16 { asm.jump(0, to: entry) }
        asm.bind(entry)
        note("\(name) handler")
        for (index, number) in [cause, epc, tval, status].enumerated() {
            asm.csrr(first, number)
            asm.store(3, first, index * 8, Reserved.log)
        }
        asm.addi(Reserved.log, Reserved.log, 32)
        asm.csrr(first, cause)
        asm.branch(4, first, 0, to: interrupt)
        asm.branch(1, Reserved.command, 0, to: escape)
        for code in [1, 12] {
            asm.addi(second, 0, code)
            asm.branch(0, first, second, to: fetch)
        }
        asm.csrr(second, epc)
        asm.lui(first, page: readable)
        asm.csr(2, first, status, first)
        asm.load(5, second, 0, second)
        asm.csrw(status, first)
        asm.andi(second, second, 3)
        asm.sltiu(second, second, 3)
        asm.slli(second, second, 1)
        asm.csrr(first, epc)
        asm.addi(first, first, 4)
        asm.sub(first, first, second)
        asm.csrw(epc, first)
        resume(name)
        asm.bind(fetch)
        asm.csrw(epc, 1)
        resume(name)
        asm.bind(interrupt)
        asm.addi(second, 0, 1)
        asm.sll(second, second, first)
        asm.csrc(pending, second)
        asm.csrc(enable, second)
        resume(name)
        asm.bind(escape)
        if name == "machine" {
            escapeToMachine()
        } else {
            asm.addi(Reserved.command, 0, 2)
            asm.ecall()
        }
        return vectors
    }

    private func resume(_ name: String) {
        if name == "machine" { asm.mret() } else { asm.sret() }
    }

    private func escapeToMachine() {
        let (first, second) = (Reserved.scratch, Reserved.scratch2)
        let (physical, direct) = (asm.newLabel(), asm.newLabel())
        asm.csrr(first, CSR.mepc)
        asm.addi(second, 0, 1)
        asm.branch(0, Reserved.command, second, to: direct)
        asm.csrr(first, CSR.sepc)
        asm.bind(direct)
        asm.addi(Reserved.command, 0, 0)
        asm.addi(first, first, 4)
        asm.loadImmediate(second, ImageLayout.ram)
        asm.branch(7, first, second, to: physical)
        asm.lui(second, page: Int(ImageLayout.userAlias >> 12))
        asm.add(first, first, second)
        asm.bind(physical)
        asm.csrw(CSR.mepc, first)
        asm.loadImmediate(first, 3 << 11)
        asm.csrs(CSR.mstatus, first)
        asm.mret()
    }

    /// Writes every register to memory and ends the run. Returns the label of the final loop.
    func emitEpilogue() -> Assembler.Label {
        note("epilogue")
        asm.loadImmediate(Reserved.scratch, ImageLayout.results)
        for register in 1..<32 { asm.store(3, register, register * 8, Reserved.scratch) }
        for (index, number) in [
            CSR.mstatus, CSR.mip, CSR.mie, CSR.medeleg, CSR.mideleg, CSR.mtvec, CSR.stvec, CSR.mepc, CSR.sepc,
            CSR.mcause,
            CSR.scause, CSR.mtval, CSR.stval, CSR.mscratch, CSR.sscratch, CSR.satp,
        ].enumerated() {
            asm.csrr(5, number)
            asm.store(3, 5, 256 + index * 8, Reserved.scratch)
        }
        asm.csrw(CSR.mstatus, constant: 0xa_0000_6000, via: 5)
        for register in 0..<32 { asm.storeFloat(3, register, 512 + register * 8, Reserved.scratch) }
        asm.csrr(5, CSR.fcsr)
        asm.store(3, 5, 768, Reserved.scratch)
        asm.loadImmediate(5, ImageLayout.testDevice)
        asm.loadImmediate(6, 0x5555)
        asm.store(2, 6, 0, 5)
        let end = asm.labelHere()
        asm.jump(0, to: end)
        return end
    }
}
