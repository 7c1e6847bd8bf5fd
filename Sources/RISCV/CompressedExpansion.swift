/// Expands compressed instructions to the 32-bit instructions they stand for (Unprivileged ISA, chapter C, RV64C).
enum CompressedExpansion {
    /// - Returns: the 32-bit instruction, or nil where the encoding is reserved or illegal.
    static func expand(_ c: UInt16) -> UInt32? {
        let w = UInt32(c)
        switch (w & 3, w >> 13) {
        case (0, 0): return addi4spn(w)
        case (0, 1): return iType(0x07, 3, registerLow(w, 2), registerLow(w, 7), doubleOffset(w))
        case (0, 2): return iType(0x03, 2, registerLow(w, 2), registerLow(w, 7), wordOffset(w))
        case (0, 3): return iType(0x03, 3, registerLow(w, 2), registerLow(w, 7), doubleOffset(w))
        case (0, 5): return sType(0x27, 3, registerLow(w, 7), registerLow(w, 2), doubleOffset(w))
        case (0, 6): return sType(0x23, 2, registerLow(w, 7), registerLow(w, 2), wordOffset(w))
        case (0, 7): return sType(0x23, 3, registerLow(w, 7), registerLow(w, 2), doubleOffset(w))
        case (1, 0): return iType(0x13, 0, register(w), register(w), signedImmediate(w))
        case (1, 1): return register(w) == 0 ? nil : iType(0x1b, 0, register(w), register(w), signedImmediate(w))
        case (1, 2): return iType(0x13, 0, register(w), 0, signedImmediate(w))
        case (1, 3): return addi16spOrLui(w)
        case (1, 4): return arithmetic(w)
        case (1, 5): return jType(0, jumpOffset(w))
        case (1, 6): return bType(0, registerLow(w, 7), branchOffset(w))
        case (1, 7): return bType(1, registerLow(w, 7), branchOffset(w))
        case (2, 0): return iType(0x13, 1, register(w), register(w), bit(w, 12) << 5 | (w >> 2) & 31)
        case (2, 1): return iType(0x07, 3, register(w), 2, doubleStackOffset(w))
        case (2, 2): return register(w) == 0 ? nil : iType(0x03, 2, register(w), 2, wordStackOffset(w))
        case (2, 3): return register(w) == 0 ? nil : iType(0x03, 3, register(w), 2, doubleStackOffset(w))
        case (2, 4): return jumpOrMove(w)
        case (2, 5): return sType(0x27, 3, 2, (w >> 2) & 31, (w >> 7) & 0x38 | (w >> 1) & 0x1c0)
        case (2, 6): return sType(0x23, 2, 2, (w >> 2) & 31, (w >> 7) & 0x3c | (w >> 1) & 0xc0)
        case (2, 7): return sType(0x23, 3, 2, (w >> 2) & 31, (w >> 7) & 0x38 | (w >> 1) & 0x1c0)
        default: return nil
        }
    }

    private static func bit(_ w: UInt32, _ n: UInt32) -> UInt32 { (w >> n) & 1 }
    private static func register(_ w: UInt32) -> UInt32 { (w >> 7) & 31 }
    private static func registerLow(_ w: UInt32, _ shift: UInt32) -> UInt32 { 8 + (w >> shift) & 7 }

    private static func iType(_ op: UInt32, _ f3: UInt32, _ rd: UInt32, _ rs1: UInt32, _ imm: UInt32) -> UInt32 {
        imm << 20 | rs1 << 15 | f3 << 12 | rd << 7 | op
    }
    private static func sType(_ op: UInt32, _ f3: UInt32, _ rs1: UInt32, _ rs2: UInt32, _ imm: UInt32) -> UInt32 {
        (imm >> 5) << 25 | rs2 << 20 | rs1 << 15 | f3 << 12 | (imm & 31) << 7 | op
    }
    private static func rType(_ op: UInt32, _ f3: UInt32, _ f7: UInt32, _ r: UInt32, _ rs2: UInt32) -> UInt32 {
        f7 << 25 | rs2 << 20 | r << 15 | f3 << 12 | r << 7 | op
    }
    private static func jType(_ rd: UInt32, _ imm: UInt32) -> UInt32 {
        bit(imm, 20) << 31 | ((imm >> 1) & 0x3ff) << 21 | bit(imm, 11) << 20 | ((imm >> 12) & 0xff) << 12 | rd << 7
            | 0x6f
    }
    private static func bType(_ f3: UInt32, _ rs1: UInt32, _ imm: UInt32) -> UInt32 {
        bit(imm, 12) << 31 | ((imm >> 5) & 0x3f) << 25 | rs1 << 15 | f3 << 12 | ((imm >> 1) & 0xf) << 8
            | bit(imm, 11) << 7 | 0x63
    }

    private static func wordOffset(_ w: UInt32) -> UInt32 {
        (w >> 7) & 0x38 | bit(w, 6) << 2 | bit(w, 5) << 6
    }
    private static func doubleOffset(_ w: UInt32) -> UInt32 { (w >> 7) & 0x38 | ((w >> 5) & 3) << 6 }
    private static func wordStackOffset(_ w: UInt32) -> UInt32 {
        bit(w, 12) << 5 | (w >> 2) & 0x1c | ((w >> 2) & 3) << 6
    }
    private static func doubleStackOffset(_ w: UInt32) -> UInt32 {
        bit(w, 12) << 5 | (w >> 2) & 0x18 | ((w >> 2) & 7) << 6
    }
    /// Six bits, sign-extended to 32, of which the caller uses the low ones.
    private static func signedImmediate(_ w: UInt32) -> UInt32 {
        let value = bit(w, 12) << 5 | (w >> 2) & 31
        return (bit(w, 12) == 0 ? value : value | 0xffff_ffc0) & 0xfff
    }
    private static func jumpOffset(_ w: UInt32) -> UInt32 {
        let value =
            bit(w, 12) << 11 | bit(w, 11) << 4 | ((w >> 9) & 3) << 8 | bit(w, 8) << 10 | bit(w, 7) << 6
            | bit(w, 6) << 7 | ((w >> 3) & 7) << 1 | bit(w, 2) << 5
        return bit(w, 12) == 0 ? value : value | 0xffff_f000
    }
    private static func branchOffset(_ w: UInt32) -> UInt32 {
        let value =
            bit(w, 12) << 8 | ((w >> 10) & 3) << 3 | ((w >> 5) & 3) << 6 | ((w >> 3) & 3) << 1 | bit(w, 2) << 5
        return bit(w, 12) == 0 ? value : value | 0xffff_fe00
    }

    private static func addi4spn(_ w: UInt32) -> UInt32? {
        let imm = ((w >> 11) & 3) << 4 | ((w >> 7) & 0xf) << 6 | bit(w, 6) << 2 | bit(w, 5) << 3
        return imm == 0 ? nil : iType(0x13, 0, registerLow(w, 2), 2, imm)
    }

    private static func addi16spOrLui(_ w: UInt32) -> UInt32? {
        if register(w) == 2 {
            let value = bit(w, 12) << 9 | bit(w, 6) << 4 | bit(w, 5) << 6 | ((w >> 3) & 3) << 7 | bit(w, 2) << 5
            if value == 0 { return nil }
            return iType(0x13, 0, 2, 2, (bit(w, 12) == 0 ? value : value | 0xfc00) & 0xfff)
        }
        let value = bit(w, 12) << 17 | ((w >> 2) & 31) << 12
        if value == 0 { return nil }
        return (bit(w, 12) == 0 ? value : value | 0xfffc_0000) | register(w) << 7 | 0x37
    }

    private static func arithmetic(_ w: UInt32) -> UInt32? {
        let r = registerLow(w, 7)
        let shift = bit(w, 12) << 5 | (w >> 2) & 31
        switch (w >> 10) & 3 {
        case 0: return iType(0x13, 5, r, r, shift)
        case 1: return iType(0x13, 5, r, r, 0x400 | shift)
        case 2: return iType(0x13, 7, r, r, signedImmediate(w))
        default: break
        }
        let other = registerLow(w, 2)
        switch (bit(w, 12), (w >> 5) & 3) {
        case (0, 0): return rType(0x33, 0, 0x20, r, other)
        case (0, 1): return rType(0x33, 4, 0, r, other)
        case (0, 2): return rType(0x33, 6, 0, r, other)
        case (0, 3): return rType(0x33, 7, 0, r, other)
        case (1, 0): return rType(0x3b, 0, 0x20, r, other)
        case (1, 1): return rType(0x3b, 0, 0, r, other)
        default: return nil
        }
    }

    private static func jumpOrMove(_ w: UInt32) -> UInt32? {
        let rd = register(w)
        let rs2 = (w >> 2) & 31
        if bit(w, 12) == 0 {
            if rs2 == 0 { return rd == 0 ? nil : iType(0x67, 0, 0, rd, 0) }
            return rs2 << 20 | rd << 7 | 0x33
        }
        if rs2 == 0 { return rd == 0 ? 0x0010_0073 : iType(0x67, 0, 1, rd, 0) }
        return rType(0x33, 0, 0, rd, rs2)
    }
}
