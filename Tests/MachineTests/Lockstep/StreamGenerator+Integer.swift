/// RV64I and M on registers, and control flow.
extension StreamGenerator {
    /// funct3 and funct7 of OP, then of OP-32.
    static let arithmetic: [(UInt32, UInt32)] = [
        (0, 0), (0, 0x20), (1, 0), (2, 0), (3, 0), (4, 0), (5, 0), (5, 0x20), (6, 0), (7, 0),
    ]
    static let arithmeticWord: [(UInt32, UInt32)] = [(0, 0), (0, 0x20), (1, 0), (5, 0), (5, 0x20)]

    func integerItem() { asm.emit(integerWord(rd: destination())) }

    /// Any register-to-register integer instruction of RV64I that writes `rd`.
    func integerWord(rd: Int) -> UInt32 {
        switch random.below(7) {
        case 0, 1:
            let (funct3, funct7) = random.pick(Self.arithmetic)
            return Encode.register(
                Opcode.arithmetic, rd: rd, funct3: funct3, rs1: source(), rs2: source(), funct7: funct7)
        case 2:
            let (funct3, funct7) = random.pick(Self.arithmeticWord)
            return Encode.register(
                Opcode.arithmeticWord, rd: rd, funct3: funct3, rs1: source(), rs2: source(), funct7: funct7)
        case 3:
            let funct3 = random.pick([0, 2, 3, 4, 6, 7] as [UInt32])
            return Encode.immediate(
                Opcode.arithmeticImmediate, rd: rd, funct3: funct3, rs1: source(), immediate())
        case 4:
            let shift = random.below(64) | random.pick([0, 0x400])
            let funct3: UInt32 = shift & 0x400 != 0 ? 5 : random.pick([1, 5])
            return Encode.immediate(Opcode.arithmeticImmediate, rd: rd, funct3: funct3, rs1: source(), shift)
        case 5:
            guard random.chance(60) else {
                return Encode.immediate(Opcode.arithmeticImmediateWord, rd: rd, funct3: 0, rs1: source(), immediate())
            }
            let shift = random.below(32) | random.pick([0, 0x400])
            let funct3: UInt32 = shift & 0x400 != 0 ? 5 : random.pick([1, 5])
            return Encode.immediate(Opcode.arithmeticImmediateWord, rd: rd, funct3: funct3, rs1: source(), shift)
        default:
            let page = random.pick([random.below(1 << 20), 0, 0x7ffff, 0x80000, 0xfffff])
            return Encode.upper(random.pick([Opcode.loadUpper, Opcode.addUpperToPC]), rd: rd, page: page)
        }
    }

    private func immediate() -> Int { random.pick([random.within(-2048...2047), -1, 0, 1, 2047, -2048]) }

    func multiplyItem() {
        let isWord = random.chance(40)
        let funct3 = isWord ? random.pick([0, 4, 5, 6, 7] as [UInt32]) : UInt32(random.below(8))
        let opcode = isWord ? Opcode.arithmeticWord : Opcode.arithmetic
        let (rs1, rs2) = (scratch(), scratch())
        if random.chance(70) { loadOperand(rs1) }
        if random.chance(70) { loadOperand(rs2) }
        asm.emit(Encode.register(opcode, rd: destination(), funct3: funct3, rs1: rs1, rs2: rs2, funct7: 1))
    }

    func controlItem() {
        switch random.below(insideLoop ? 4 : 6) {
        case 0: branchForward()
        case 1: jumpForward()
        case 2: jumpRegisterForward()
        case 3: compressedForward()
        default: loop()
        }
    }

    private func branchForward() {
        let over = asm.newLabel()
        let rs1 = source()
        asm.branch(random.pick([0, 1, 4, 5, 6, 7]), rs1, random.chance(15) ? rs1 : source(), to: over)
        filler()
        asm.bind(over)
    }

    private func jumpForward() {
        let over = asm.newLabel()
        asm.jump(destination(), to: over)
        filler()
        asm.bind(over)
    }

    /// `jalr`, now and then to an odd address whose lowest bit is to be dropped.
    private func jumpRegisterForward() {
        let over = asm.newLabel()
        let base = scratch()
        let odd = random.pick([0, 0, 1])
        let offset = random.within(-1024...1023)
        asm.loadAddress(base, of: over, displacement: odd - offset)
        if random.chance(30) {
            // The link register may be the base.
            asm.jalr(base, base, offset)
        } else {
            asm.jalr(destination(), base, offset)
        }
        filler()
        asm.bind(over)
    }

    private func compressedForward() {
        let over = asm.newLabel()
        switch random.below(4) {
        case 0: asm.compressedJump(to: over)
        case 1, 2: asm.compressedBranch(random.pick([6, 7]), random.within(8...15), to: over)
        default:
            let base = scratch()
            asm.loadAddress(base, of: over)
            // c.jr and c.jalr
            asm.emitCompressed(EncodeCompressed.register(random.pick([0b1000, 0b1001]), rd: base, rs2: 0))
        }
        filler()
        asm.bind(over)
    }

    private func filler() {
        for _ in 0..<random.within(0...3) {
            if random.chance(30) { compressedRegisterItem() } else { integerItem() }
        }
    }

    /// A backward branch on x25 around a few items.
    private func loop() {
        insideLoop = true
        asm.addi(Reserved.loopCounter, 0, random.within(1...6))
        let top = asm.labelHere()
        for _ in 0..<random.within(1...6) { emitItem() }
        note("loop end")
        asm.addi(Reserved.loopCounter, Reserved.loopCounter, -1)
        asm.branch(1, Reserved.loopCounter, 0, to: top)
        insideLoop = false
    }
}
