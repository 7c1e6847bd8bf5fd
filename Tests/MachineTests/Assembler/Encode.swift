/// Encoders for the 32-bit instruction formats (Unprivileged Specification, "Base Instruction Formats").
///
/// Register numbers are 0…31; immediates are signed values that must fit their field, which is checked.
enum Encode {
    static func register(
        _ opcode: UInt32, rd: Int, funct3: UInt32, rs1: Int, rs2: Int, funct7: UInt32
    ) -> UInt32 {
        opcode | field(rd, 7) | funct3 << 12 | field(rs1, 15) | field(rs2, 20) | funct7 << 25
    }

    static func fused(
        _ opcode: UInt32, rd: Int, rm: UInt32, rs1: Int, rs2: Int, rs3: Int, format: UInt32
    ) -> UInt32 {
        opcode | field(rd, 7) | rm << 12 | field(rs1, 15) | field(rs2, 20) | format << 25 | field(rs3, 27)
    }

    static func immediate(_ opcode: UInt32, rd: Int, funct3: UInt32, rs1: Int, _ value: Int) -> UInt32 {
        precondition(value >= -2048 && value <= 4095, "a 12-bit immediate does not hold \(value)")
        return opcode | field(rd, 7) | funct3 << 12 | field(rs1, 15) | bits(value) << 20
    }

    static func store(_ opcode: UInt32, funct3: UInt32, rs1: Int, rs2: Int, _ offset: Int) -> UInt32 {
        precondition(offset >= -2048 && offset <= 2047, "a store offset does not hold \(offset)")
        let value = bits(offset)
        return opcode | (value & 0x1f) << 7 | funct3 << 12 | field(rs1, 15) | field(rs2, 20)
            | (value >> 5 & 0x7f) << 25
    }

    static func branch(funct3: UInt32, rs1: Int, rs2: Int, _ offset: Int) -> UInt32 {
        precondition(offset >= -4096 && offset <= 4094 && offset & 1 == 0, "a branch does not reach \(offset)")
        let value = bits(offset)
        return 0x63 | (value >> 11 & 1) << 7 | (value >> 1 & 0xf) << 8 | funct3 << 12 | field(rs1, 15)
            | field(rs2, 20) | (value >> 5 & 0x3f) << 25 | (value >> 12 & 1) << 31
    }

    /// `page` is the 20-bit upper immediate, signed or unsigned.
    static func upper(_ opcode: UInt32, rd: Int, page: Int) -> UInt32 {
        opcode | field(rd, 7) | (bits(page) & 0xfffff) << 12
    }

    static func jump(rd: Int, _ offset: Int) -> UInt32 {
        precondition(offset >= -1_048_576 && offset <= 1_048_574 && offset & 1 == 0, "a jump does not reach \(offset)")
        let value = bits(offset)
        return 0x6f | field(rd, 7) | (value >> 12 & 0xff) << 12 | (value >> 11 & 1) << 20
            | (value >> 1 & 0x3ff) << 21 | (value >> 20 & 1) << 31
    }

    private static func field(_ register: Int, _ shift: UInt32) -> UInt32 {
        precondition(register >= 0 && register < 32, "no register \(register)")
        return UInt32(register) << shift
    }

    private static func bits(_ value: Int) -> UInt32 { UInt32(truncatingIfNeeded: value) }
}

/// Major opcodes (Unprivileged Specification, "RV32/64G Instruction Set Listings").
enum Opcode {
    static let load: UInt32 = 0x03
    static let loadFloat: UInt32 = 0x07
    static let fence: UInt32 = 0x0f
    static let arithmeticImmediate: UInt32 = 0x13
    static let addUpperToPC: UInt32 = 0x17
    static let arithmeticImmediateWord: UInt32 = 0x1b
    static let store: UInt32 = 0x23
    static let storeFloat: UInt32 = 0x27
    static let atomic: UInt32 = 0x2f
    static let arithmetic: UInt32 = 0x33
    static let loadUpper: UInt32 = 0x37
    static let arithmeticWord: UInt32 = 0x3b
    static let fusedMultiplyAdd: UInt32 = 0x43
    static let float: UInt32 = 0x53
    static let jumpRegister: UInt32 = 0x67
    static let system: UInt32 = 0x73
}
