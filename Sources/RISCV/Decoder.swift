/// Turns instruction words into records (Unprivileged ISA, RV64GC: chapters RV32I to Zifencei and the opcode map).
enum Decoder {
    @inline(__always) static func rd(_ w: UInt32) -> UInt8 { UInt8((w >> 7) & 31) }
    @inline(__always) static func rs1(_ w: UInt32) -> UInt8 { UInt8((w >> 15) & 31) }
    @inline(__always) static func rs2(_ w: UInt32) -> UInt8 { UInt8((w >> 20) & 31) }
    @inline(__always) static func funct3(_ w: UInt32) -> UInt32 { (w >> 12) & 7 }
    @inline(__always) static func funct7(_ w: UInt32) -> UInt32 { w >> 25 }

    @inline(__always) static func immediateI(_ w: UInt32) -> Int32 { Int32(bitPattern: w) >> 20 }
    @inline(__always) static func immediateS(_ w: UInt32) -> Int32 {
        (Int32(bitPattern: w) >> 25) << 5 | Int32((w >> 7) & 31)
    }
    @inline(__always) static func immediateB(_ w: UInt32) -> Int32 {
        (Int32(bitPattern: w) >> 31) << 12 | Int32((w >> 7) & 1) << 11 | Int32((w >> 25) & 0x3f) << 5
            | Int32((w >> 8) & 0xf) << 1
    }
    @inline(__always) static func immediateU(_ w: UInt32) -> Int32 { Int32(bitPattern: w & 0xffff_f000) }
    @inline(__always) static func immediateJ(_ w: UInt32) -> Int32 {
        (Int32(bitPattern: w) >> 31) << 20 | Int32((w >> 12) & 0xff) << 12 | Int32((w >> 20) & 1) << 11
            | Int32((w >> 21) & 0x3ff) << 1
    }

    /// Decodes one instruction.
    /// - Parameters:
    ///   - word: 32 bits; the expansion of a compressed instruction.
    ///   - original: the bits as they stand in memory, for mtval.
    ///   - pcOffset: bytes from the block's first instruction to this one.
    static func decode(_ word: UInt32, original: UInt32, pcOffset: Int32) -> DecodedInstruction {
        let opcode = word & 0x7f
        switch opcode {
        case 0x37: return upper(word, .loadImmediate, 0)
        case 0x17: return upper(word, .addToPC, pcOffset)
        case 0x6f: return make(.jal, sinkRd(word), 0, 0, immediateJ(word) &+ pcOffset)
        case 0x67 where funct3(word) == 0: return make(.jalr, sinkRd(word), rs1(word), 0, immediateI(word))
        case 0x63: return branch(word, pcOffset) ?? illegal(original)
        case 0x03: return load(word) ?? illegal(original)
        case 0x23: return store(word) ?? illegal(original)
        case 0x13: return operationImmediate(word) ?? illegal(original)
        case 0x1b: return operationImmediate32(word) ?? illegal(original)
        case 0x33: return operation(word) ?? illegal(original)
        case 0x3b: return operation32(word) ?? illegal(original)
        case 0x0f where funct3(word) <= 1: return funct3(word) == 0 ? make(.nop, 0, 0, 0, 0) : system(word)
        case 0x73: return system(word)
        case 0x2f where funct3(word) == 2 || funct3(word) == 3:
            return make(.atomic, sinkRd(word), rs1(word), rs2(word), Int32(bitPattern: word))
        case 0x07, 0x27: return floatMemory(word) ?? illegal(original)
        case 0x43, 0x47, 0x4b, 0x4f, 0x53: return make(.float, 0, 0, 0, Int32(bitPattern: word))
        default: return illegal(original)
        }
    }

    /// Whether a record ends its block.
    static func endsBlock(_ record: DecodedInstruction) -> Bool { record.opcode.rawValue >= Opcode.jal.rawValue }

    static func illegal(_ original: UInt32) -> DecodedInstruction {
        make(.illegal, 0, 0, 0, Int32(bitPattern: original))
    }

    private static func make(
        _ opcode: Opcode, _ rd: UInt8, _ rs1: UInt8, _ rs2: UInt8, _ immediate: Int32
    ) -> DecodedInstruction {
        DecodedInstruction(opcode: opcode, rd: rd, rs1: rs1, rs2: rs2, immediate: immediate)
    }

    private static func sinkRd(_ w: UInt32) -> UInt8 { rd(w) == 0 ? DecodedInstruction.sink : rd(w) }

    private static func system(_ w: UInt32) -> DecodedInstruction {
        make(.system, sinkRd(w), rs1(w), 0, Int32(bitPattern: w))
    }

    private static func upper(_ w: UInt32, _ opcode: Opcode, _ pcOffset: Int32) -> DecodedInstruction {
        // The low 12 bits of a U immediate are 0 and an offset inside a page fits there.
        rd(w) == 0 ? make(.nop, 0, 0, 0, 0) : make(opcode, rd(w), 0, 0, immediateU(w) | pcOffset)
    }

    private static func branch(_ w: UInt32, _ pcOffset: Int32) -> DecodedInstruction? {
        let opcode: Opcode
        switch funct3(w) {
        case 0: opcode = .beq
        case 1: opcode = .bne
        case 4: opcode = .blt
        case 5: opcode = .bge
        case 6: opcode = .bltu
        case 7: opcode = .bgeu
        default: return nil
        }
        return make(opcode, 0, rs1(w), rs2(w), immediateB(w) &+ pcOffset)
    }

    private static func load(_ w: UInt32) -> DecodedInstruction? {
        let opcodes: [Opcode?] = [.lb, .lh, .lw, .ld, .lbu, .lhu, .lwu, nil]
        guard let opcode = opcodes[Int(funct3(w))] else { return nil }
        return make(opcode, sinkRd(w), rs1(w), 0, immediateI(w))
    }

    private static func store(_ w: UInt32) -> DecodedInstruction? {
        let opcodes: [Opcode?] = [.sb, .sh, .sw, .sd, nil, nil, nil, nil]
        guard let opcode = opcodes[Int(funct3(w))] else { return nil }
        return make(opcode, 0, rs1(w), rs2(w), immediateS(w))
    }

    private static func floatMemory(_ w: UInt32) -> DecodedInstruction? {
        let isLoad = w & 0x7f == 0x07
        guard funct3(w) == 2 || funct3(w) == 3 else { return nil }
        let isDouble = funct3(w) == 3
        if isLoad { return make(isDouble ? .fld : .flw, rd(w), rs1(w), 0, immediateI(w)) }
        return make(isDouble ? .fsd : .fsw, 0, rs1(w), rs2(w), immediateS(w))
    }

    /// An instruction that only computes: with x0 as its destination it does nothing.
    private static func compute(
        _ opcode: Opcode, _ w: UInt32, rs2: UInt8 = 0, immediate: Int32 = 0
    ) -> DecodedInstruction {
        rd(w) == 0 ? make(.nop, 0, 0, 0, 0) : make(opcode, rd(w), rs1(w), rs2, immediate)
    }

    private static func operationImmediate(_ w: UInt32) -> DecodedInstruction? {
        let shift = Int32((w >> 20) & 63)
        switch funct3(w) {
        case 0:
            if rs1(w) == 0 { return compute(.loadImmediate, w, immediate: immediateI(w)) }
            return compute(.addi, w, immediate: immediateI(w))
        case 1: return w >> 26 == 0 ? compute(.slli, w, immediate: shift) : nil
        case 2: return compute(.slti, w, immediate: immediateI(w))
        case 3: return compute(.sltiu, w, immediate: immediateI(w))
        case 4: return compute(.xori, w, immediate: immediateI(w))
        case 5:
            if w >> 26 == 0 { return compute(.srli, w, immediate: shift) }
            return w >> 26 == 0x10 ? compute(.srai, w, immediate: shift) : nil
        case 6: return compute(.ori, w, immediate: immediateI(w))
        default: return compute(.andi, w, immediate: immediateI(w))
        }
    }

    private static func operationImmediate32(_ w: UInt32) -> DecodedInstruction? {
        let shift = Int32((w >> 20) & 31)
        switch (funct3(w), funct7(w)) {
        case (0, _): return compute(.addiw, w, immediate: immediateI(w))
        case (1, 0): return compute(.slliw, w, immediate: shift)
        case (5, 0): return compute(.srliw, w, immediate: shift)
        case (5, 0x20): return compute(.sraiw, w, immediate: shift)
        default: return nil
        }
    }

    private static func operation(_ w: UInt32) -> DecodedInstruction? {
        let base: [Opcode] = [.add, .sll, .slt, .sltu, .xor, .srl, .or, .and]
        let multiply: [Opcode] = [.mul, .mulh, .mulhsu, .mulhu, .div, .divu, .rem, .remu]
        let index = Int(funct3(w))
        switch funct7(w) {
        case 0: return compute(base[index], w, rs2: rs2(w))
        case 1: return compute(multiply[index], w, rs2: rs2(w))
        case 0x20 where index == 0: return compute(.sub, w, rs2: rs2(w))
        case 0x20 where index == 5: return compute(.sra, w, rs2: rs2(w))
        default: return nil
        }
    }

    private static func operation32(_ w: UInt32) -> DecodedInstruction? {
        let opcode: Opcode
        switch (funct7(w), funct3(w)) {
        case (0, 0): opcode = .addw
        case (0, 1): opcode = .sllw
        case (0, 5): opcode = .srlw
        case (0x20, 0): opcode = .subw
        case (0x20, 5): opcode = .sraw
        case (1, 0): opcode = .mulw
        case (1, 4): opcode = .divw
        case (1, 5): opcode = .divuw
        case (1, 6): opcode = .remw
        case (1, 7): opcode = .remuw
        default: return nil
        }
        return compute(opcode, w, rs2: rs2(w))
    }
}
