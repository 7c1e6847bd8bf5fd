/// Encoders for the C extension (Unprivileged Specification, "RVC Instruction Set Listings"), one a bit layout.
///
/// Immediates are given as the value the instruction means; each layout scatters its bits. Where a register is limited
/// to x8…x15 it is still given by its full number.
enum EncodeCompressed {
    /// CR: `funct4 rd/rs1 rs2 10`.
    static func register(_ funct4: UInt16, rd: Int, rs2: Int) -> UInt16 {
        funct4 << 12 | UInt16(rd) << 7 | UInt16(rs2) << 2 | 0b10
    }

    /// CI with the plain 6-bit immediate: addi, addiw, li, andi-like shifts (as 0…63) and lui (as its 6-bit page).
    static func immediate(_ funct3: UInt16, quadrant: UInt16, rd: Int, _ value: Int) -> UInt16 {
        let bits = UInt16(truncatingIfNeeded: value)
        return funct3 << 13 | (bits >> 5 & 1) << 12 | UInt16(rd) << 7 | (bits & 0x1f) << 2 | quadrant
    }

    static func addi16sp(_ value: Int) -> UInt16 {
        let bits = UInt16(truncatingIfNeeded: value)
        return 0b011 << 13 | (bits >> 9 & 1) << 12 | 2 << 7 | (bits >> 4 & 1) << 6 | (bits >> 6 & 1) << 5
            | (bits >> 7 & 3) << 3 | (bits >> 5 & 1) << 2 | 0b01
    }

    static func addi4spn(rd: Int, _ value: Int) -> UInt16 {
        let bits = UInt16(value)
        return (bits >> 4 & 3) << 11 | (bits >> 6 & 0xf) << 7 | (bits >> 2 & 1) << 6 | (bits >> 3 & 1) << 5
            | short(rd) << 2
    }

    /// CL and CS of words: `offset` is 0…124 by 4.
    static func wordAccess(_ funct3: UInt16, register: Int, base: Int, _ offset: Int) -> UInt16 {
        let bits = UInt16(offset)
        return funct3 << 13 | (bits >> 3 & 7) << 10 | short(base) << 7 | (bits >> 2 & 1) << 6 | (bits >> 6 & 1) << 5
            | short(register) << 2
    }

    /// CL and CS of doublewords: `offset` is 0…248 by 8.
    static func doubleAccess(_ funct3: UInt16, register: Int, base: Int, _ offset: Int) -> UInt16 {
        let bits = UInt16(offset)
        return funct3 << 13 | (bits >> 3 & 7) << 10 | short(base) << 7 | (bits >> 6 & 3) << 5 | short(register) << 2
    }

    /// c.lwsp: 0…252 by 4.
    static func loadWordStack(rd: Int, _ offset: Int) -> UInt16 {
        let bits = UInt16(offset)
        return 0b010 << 13 | (bits >> 5 & 1) << 12 | UInt16(rd) << 7 | (bits >> 2 & 7) << 4 | (bits >> 6 & 3) << 2
            | 0b10
    }

    /// c.ldsp and c.fldsp: 0…504 by 8.
    static func loadDoubleStack(_ funct3: UInt16, rd: Int, _ offset: Int) -> UInt16 {
        let bits = UInt16(offset)
        return funct3 << 13 | (bits >> 5 & 1) << 12 | UInt16(rd) << 7 | (bits >> 3 & 3) << 5 | (bits >> 6 & 7) << 2
            | 0b10
    }

    /// c.swsp: 0…252 by 4.
    static func storeWordStack(rs2: Int, _ offset: Int) -> UInt16 {
        let bits = UInt16(offset)
        return 0b110 << 13 | (bits >> 2 & 0xf) << 9 | (bits >> 6 & 3) << 7 | UInt16(rs2) << 2 | 0b10
    }

    /// c.sdsp and c.fsdsp: 0…504 by 8.
    static func storeDoubleStack(_ funct3: UInt16, rs2: Int, _ offset: Int) -> UInt16 {
        let bits = UInt16(offset)
        return funct3 << 13 | (bits >> 3 & 7) << 10 | (bits >> 6 & 7) << 7 | UInt16(rs2) << 2 | 0b10
    }

    /// c.srli, c.srai (0…63) and c.andi (signed), by `funct2` 0, 1, 2.
    static func shortImmediate(funct2: UInt16, rd: Int, _ value: Int) -> UInt16 {
        let bits = UInt16(truncatingIfNeeded: value)
        return 0b100 << 13 | (bits >> 5 & 1) << 12 | funct2 << 10 | short(rd) << 7 | (bits & 0x1f) << 2 | 0b01
    }

    /// c.sub xor or and (`wide` 0) and c.subw addw (`wide` 1) by `funct2`.
    static func shortArithmetic(wide: UInt16, funct2: UInt16, rd: Int, rs2: Int) -> UInt16 {
        0b100 << 13 | wide << 12 | 0b11 << 10 | short(rd) << 7 | funct2 << 5 | short(rs2) << 2 | 0b01
    }

    /// c.j, an even offset within ±2 KiB.
    static func jump(_ offset: Int) -> UInt16 {
        let bits = UInt16(truncatingIfNeeded: offset)
        let scattered =
            (bits >> 11 & 1) << 12 | (bits >> 4 & 1) << 11 | (bits >> 8 & 3) << 9 | (bits >> 10 & 1) << 8
            | (bits >> 6 & 1) << 7 | (bits >> 7 & 1) << 6 | (bits >> 1 & 7) << 3 | (bits >> 5 & 1) << 2
        return 0b101 << 13 | scattered | 0b01
    }

    /// c.beqz (`funct3` 6) and c.bnez (7), an even offset within ±256.
    static func branch(_ funct3: UInt16, rs1: Int, _ offset: Int) -> UInt16 {
        let bits = UInt16(truncatingIfNeeded: offset)
        let high = (bits >> 8 & 1) << 12 | (bits >> 3 & 3) << 10
        let low = (bits >> 6 & 3) << 5 | (bits >> 1 & 3) << 3 | (bits >> 5 & 1) << 2
        return funct3 << 13 | high | short(rs1) << 7 | low | 0b01
    }

    private static func short(_ register: Int) -> UInt16 {
        precondition(register >= 8 && register < 16, "x\(register) has no three-bit name")
        return UInt16(register - 8)
    }
}
