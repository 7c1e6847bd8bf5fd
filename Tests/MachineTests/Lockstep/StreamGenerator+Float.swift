/// F and D: every operation, static and dynamic rounding modes, flags read back and cleared.
extension StreamGenerator {
    func floatItem() {
        if random.chance(8) { return roundingModeItem() }
        let isDouble = random.chance(50)
        let (rs1, rs2, rs3) = (float(), float(), float())
        for register in [rs1, rs2, rs3] where random.chance(45) { loadFloatOperand(register) }
        emitFloat(isDouble: isDouble, rs1: rs1, rs2: rs2, rs3: rs3)
        if random.chance(70) {
            // Flags accumulate and would hide one another: read and clear.
            asm.csr(1, destination(), random.chance(85) ? CSR.fflags : CSR.fcsr, 0)
        }
    }

    private func loadFloatOperand(_ register: Int) {
        let offset = random.below(ImageLayout.poolEntryCount) * 8 - 2048
        if random.chance(85) {
            asm.loadFloat(3, register, offset, Reserved.pool)
        } else {
            asm.loadFloat(2, register, offset, Reserved.pool)
        }
    }

    /// frm by every way there is, with the invalid modes 5…7 now and then.
    private func roundingModeItem() {
        let rounding = random.chance(85) ? random.below(5) : random.within(5...7)
        switch random.below(4) {
        case 0: asm.csr(5, destination(), CSR.frm, rounding)
        case 1: asm.csr(5, destination(), CSR.fcsr, random.below(32))
        case 2:
            let value = scratch()
            asm.addi(value, 0, rounding << 5 | random.below(32))
            asm.csr(1, destination(), CSR.fcsr, value)
        default:
            let value = scratch()
            loadOperand(value)
            // Bits beyond the field are ignored.
            asm.csr(random.pick([1, 2, 3]), destination(), random.pick([CSR.frm, CSR.fflags, CSR.fcsr]), value)
            asm.csr(5, 0, CSR.frm, rounding)
        }
    }

    private func rounding() -> UInt32 {
        switch random.below(100) {
        case 0..<2: return random.pick([5, 6])
        case 2..<40: return 7
        default: return UInt32(random.below(5))
        }
    }

    private func emitFloat(isDouble: Bool, rs1: Int, rs2: Int, rs3: Int) {
        let format: UInt32 = isDouble ? 1 : 0
        func operation(_ function: UInt32, _ funct3: UInt32, rd: Int, _ first: Int, _ second: Int) {
            asm.emit(
                Encode.register(
                    Opcode.float, rd: rd, funct3: funct3, rs1: first, rs2: second, funct7: function << 2 | format))
        }
        switch random.below(16) {
        case 0...3: operation(UInt32(random.below(4)), rounding(), rd: float(), rs1, rs2)
        case 4: operation(0b01011, rounding(), rd: float(), rs1, 0)
        case 5: operation(0b00100, UInt32(random.below(3)), rd: float(), rs1, rs2)
        case 6: operation(0b00101, UInt32(random.below(2)), rd: float(), rs1, rs2)
        case 7: operation(0b10100, UInt32(random.below(3)), rd: destination(), rs1, rs2)
        case 8: operation(0b11100, UInt32(random.below(2)), rd: destination(), rs1, 0)
        case 9: operation(0b11000, rounding(), rd: destination(), rs1, random.below(4))
        case 10:
            let integer = scratch()
            if random.chance(80) { loadOperandInteger(integer) }
            operation(0b11010, rounding(), rd: float(), integer, random.below(4))
        case 11: operation(0b11110, 0, rd: float(), source(), 0)
        case 12: operation(0b01000, rounding(), rd: float(), rs1, isDouble ? 0 : 1)
        default:
            let opcode = Opcode.fusedMultiplyAdd | UInt32(random.below(4)) << 2
            asm.emit(
                Encode.fused(opcode, rd: float(), rm: rounding(), rs1: rs1, rs2: rs2, rs3: rs3, format: format))
        }
    }

    /// The float profile's pool holds no integers: make edge values on the spot.
    private func loadOperandInteger(_ rd: Int) { asm.loadImmediate(rd, EdgeValues.integer(&random)) }
}
