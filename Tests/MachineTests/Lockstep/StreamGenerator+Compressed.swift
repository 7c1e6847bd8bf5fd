/// The C extension: every form, with any immediate it can hold.
extension StreamGenerator {
    func compressedItem() {
        switch random.below(10) {
        case 0...5: compressedRegisterItem()
        case 6, 7: compressedAccess()
        case 8: compressedStackAccess()
        default: reservedCompressed()
        }
    }

    private func short() -> Int { random.within(8...15) }
    private func signed() -> Int { random.within(-32...31) }
    private func nonZero() -> Int { random.pick([random.within(1...31), random.within(-32 ... -1)]) }

    /// Forms that touch registers only.
    func compressedRegisterItem() { asm.emitCompressed(compressedWord()) }

    /// Any compressed instruction on registers alone.
    func compressedWord() -> UInt16 {
        let rd = scratch()
        switch random.below(14) {
        case 0: return EncodeCompressed.immediate(0b000, quadrant: 1, rd: random.pick([rd, 0]), signed())
        case 1: return EncodeCompressed.immediate(0b001, quadrant: 1, rd: rd, signed())
        case 2: return EncodeCompressed.immediate(0b010, quadrant: 1, rd: random.pick([rd, 0]), signed())
        case 3:
            return rd == 2
                ? EncodeCompressed.addi16sp(16 * nonZero())
                : EncodeCompressed.immediate(0b011, quadrant: 1, rd: rd, nonZero())
        case 4: return EncodeCompressed.addi16sp(16 * nonZero())
        case 5: return EncodeCompressed.addi4spn(rd: short(), 4 * random.within(1...255))
        case 6: return EncodeCompressed.immediate(0b000, quadrant: 2, rd: random.pick([rd, 0]), random.below(64))
        case 7: return EncodeCompressed.shortImmediate(funct2: UInt16(random.below(2)), rd: short(), random.below(64))
        case 8: return EncodeCompressed.shortImmediate(funct2: 2, rd: short(), signed())
        case 9:
            return EncodeCompressed.shortArithmetic(
                wide: 0, funct2: UInt16(random.below(4)), rd: short(), rs2: short())
        case 10:
            return EncodeCompressed.shortArithmetic(
                wide: 1, funct2: UInt16(random.below(2)), rd: short(), rs2: short())
        case 11: return EncodeCompressed.register(0b1000, rd: random.pick([rd, 0]), rs2: scratch())
        case 12: return EncodeCompressed.register(0b1001, rd: random.pick([rd, 0]), rs2: scratch())
        default: return EncodeCompressed.immediate(0b000, quadrant: 1, rd: 0, 0)
        }
    }

    private func compressedAccess() {
        let base = short()
        loadDataAddress(base, alignment: random.chance(70) ? 8 : 1)
        let (word, double) = (4 * random.below(32), 8 * random.below(32))
        switch random.below(6) {
        case 0: asm.emitCompressed(EncodeCompressed.wordAccess(0b010, register: short(), base: base, word))
        case 1: asm.emitCompressed(EncodeCompressed.doubleAccess(0b011, register: short(), base: base, double))
        case 2: asm.emitCompressed(EncodeCompressed.doubleAccess(0b001, register: short(), base: base, double))
        case 3: asm.emitCompressed(EncodeCompressed.wordAccess(0b110, register: short(), base: base, word))
        case 4: asm.emitCompressed(EncodeCompressed.doubleAccess(0b111, register: short(), base: base, double))
        default: asm.emitCompressed(EncodeCompressed.doubleAccess(0b101, register: short(), base: base, double))
        }
    }

    private func compressedStackAccess() {
        loadDataAddress(2, alignment: random.chance(70) ? 8 : 1)
        let (word, double) = (4 * random.below(64), 8 * random.below(64))
        switch random.below(6) {
        case 0: asm.emitCompressed(EncodeCompressed.loadWordStack(rd: scratch(), word))
        case 1: asm.emitCompressed(EncodeCompressed.loadDoubleStack(0b011, rd: scratch(), double))
        case 2: asm.emitCompressed(EncodeCompressed.loadDoubleStack(0b001, rd: float(), double))
        case 3: asm.emitCompressed(EncodeCompressed.storeWordStack(rs2: source(), word))
        case 4: asm.emitCompressed(EncodeCompressed.storeDoubleStack(0b111, rs2: source(), double))
        default: asm.emitCompressed(EncodeCompressed.storeDoubleStack(0b101, rs2: float(), double))
        }
    }

    /// Encodings that must be illegal: all zeros, and those the specification reserves with an exception in every
    /// implementation of RV64GC we know: c.addi4spn, c.lwsp, c.ldsp, c.addiw, c.jr with zero operands, c.lui and
    /// c.addi16sp with a zero immediate, and the unused arithmetic and quadrant 0 slots.
    private func reservedCompressed() {
        let forms: [UInt16] = [
            0x0000, EncodeCompressed.loadWordStack(rd: 0, 8), EncodeCompressed.loadDoubleStack(0b011, rd: 0, 8),
            EncodeCompressed.immediate(0b001, quadrant: 1, rd: 0, 3), 0x8002,
            EncodeCompressed.immediate(0b011, quadrant: 1, rd: 5, 0),
            EncodeCompressed.immediate(0b011, quadrant: 1, rd: 2, 0),
            EncodeCompressed.shortArithmetic(wide: 1, funct2: 2, rd: 8, rs2: 9),
            EncodeCompressed.shortArithmetic(wide: 1, funct2: 3, rd: 8, rs2: 9), 0x8000,
        ]
        asm.emitCompressed(random.pick(forms))
    }
}
