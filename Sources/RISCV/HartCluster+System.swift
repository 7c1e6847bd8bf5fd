/// SYSTEM and MISC-MEM instructions: CSR access, ECALL, EBREAK, returns, WFI, fences.
extension HartCluster {
    /// Executes one; the hart's pc is the instruction's.
    /// - Returns: `.trap` after raising an exception, `.leave` when pc is already where execution goes on, `.done` when it
    ///   goes on behind the instruction.
    @inline(never)
    func executeSystem(_ h: Hart, _ word: UInt32, _ destination: UInt8) -> Outcome {
        if word & 0x7f == 0x0f { return .done }  // FENCE.I: decoded code is never stale.
        if Decoder.funct3(word) & 3 != 0 { return executeCSR(h, word, destination) }
        guard Decoder.funct3(word) == 0, Decoder.rd(word) == 0 else { return illegal(h, word) }
        if Decoder.funct7(word) == 0x09 { return fenceTranslations(h, word) }
        switch word {
        case 0x0000_0073: return environmentCall(h)
        case 0x0010_0073:
            h.pointee.raise(ExceptionCause.breakpoint, h.pointee.pc)
            return .trap
        case 0x3020_0073 where h.pointee.privilege == .machine:
            returnFromMachine(h)
            return .leave
        case 0x1020_0073 where mayReturnFromSupervisor(h):
            returnFromSupervisor(h)
            return .leave
        case 0x1050_0073 where mayWait(h):
            h.pointee.pc &+= 4
            h.pointee.isWaiting = true
            h.pointee.mustLeaveSlice = true
            return .leave
        default: return illegal(h, word)
        }
    }

    func illegal(_ h: Hart, _ word: UInt32) -> Outcome {
        h.pointee.raise(ExceptionCause.illegalInstruction, UInt64(word))
        return .trap
    }

    private func mayReturnFromSupervisor(_ h: Hart) -> Bool {
        switch h.pointee.privilege {
        case .machine: true
        case .supervisor: h.pointee.mstatus & MStatus.tsr == 0
        case .user: false
        }
    }

    private func mayWait(_ h: Hart) -> Bool {
        switch h.pointee.privilege {
        case .machine: true
        case .supervisor: h.pointee.mstatus & MStatus.tw == 0
        case .user: false
        }
    }

    /// SFENCE.VMA: rights are checked; there is nothing to flush, because every cached translation equals a fresh walk at all
    /// times (DESIGN.md, invariant 3).
    private func fenceTranslations(_ h: Hart, _ word: UInt32) -> Outcome {
        switch h.pointee.privilege {
        case .machine: break
        case .supervisor where h.pointee.mstatus & MStatus.tvm == 0: break
        default: return illegal(h, word)
        }
        let register = Int(Decoder.rs1(word))
        fenceTranslations(h, register == 0 ? nil : (h.pointee.x[register], 1))
        return .done
    }

    private func environmentCall(_ h: Hart) -> Outcome {
        if h.pointee.privilege == .supervisor, let firmwareCall {
            h.pointee.pc &+= 4
            firmwareCall(h)
            h.pointee.mustLeaveSlice = true
            return .leave
        }
        h.pointee.raise(ExceptionCause.callFromUser + UInt64(h.pointee.privilege.rawValue), 0)
        return .trap
    }

    /// CSRRW, CSRRS, CSRRC and their immediate forms: no read for CSRRW to x0, no write for a set or clear with x0 or 0.
    private func executeCSR(_ h: Hart, _ word: UInt32, _ destination: UInt8) -> Outcome {
        let number = Int(word >> 20)
        let operation = Decoder.funct3(word) & 3
        let source = Decoder.rs1(word)
        let operand = Decoder.funct3(word) & 4 != 0 ? UInt64(source) : h.pointee.x[Int(source)]
        let writes = operation == 1 || source != 0
        guard let old = readCSR(h, number) else { return illegal(h, word) }
        if writes {
            let new =
                operation == 1
                ? operand : operation == 2 ? setBits(h, number, old) | operand : setBits(h, number, old) & ~operand
            guard writeCSR(h, number, new) else { return illegal(h, word) }
        }
        h.pointee.x[Int(destination)] = old
        return .done
    }

    /// What a set or clear starts from. For mip the SEIP wire does not take part: only the bit that software wrote does
    /// (Privileged Architecture, 3.1.9).
    private func setBits(_ h: Hart, _ number: Int, _ old: UInt64) -> UInt64 {
        number == CSRNumber.mip ? h.pointee.softwareInterrupts : old
    }
}
