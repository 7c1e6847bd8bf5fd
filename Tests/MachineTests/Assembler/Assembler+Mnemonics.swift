/// The instructions that images are written in by hand; random ones are encoded from tables by the generator.
extension Assembler {
    mutating func addi(_ rd: Int, _ rs1: Int, _ value: Int) {
        emit(Encode.immediate(Opcode.arithmeticImmediate, rd: rd, funct3: 0, rs1: rs1, value))
    }

    mutating func andi(_ rd: Int, _ rs1: Int, _ value: Int) {
        emit(Encode.immediate(Opcode.arithmeticImmediate, rd: rd, funct3: 7, rs1: rs1, value))
    }

    mutating func sltiu(_ rd: Int, _ rs1: Int, _ value: Int) {
        emit(Encode.immediate(Opcode.arithmeticImmediate, rd: rd, funct3: 3, rs1: rs1, value))
    }

    mutating func slli(_ rd: Int, _ rs1: Int, _ shift: Int) {
        emit(Encode.immediate(Opcode.arithmeticImmediate, rd: rd, funct3: 1, rs1: rs1, shift))
    }

    mutating func sll(_ rd: Int, _ rs1: Int, _ rs2: Int) {
        emit(Encode.register(Opcode.arithmetic, rd: rd, funct3: 1, rs1: rs1, rs2: rs2, funct7: 0))
    }

    mutating func add(_ rd: Int, _ rs1: Int, _ rs2: Int) {
        emit(Encode.register(Opcode.arithmetic, rd: rd, funct3: 0, rs1: rs1, rs2: rs2, funct7: 0))
    }

    mutating func sub(_ rd: Int, _ rs1: Int, _ rs2: Int) {
        emit(Encode.register(Opcode.arithmetic, rd: rd, funct3: 0, rs1: rs1, rs2: rs2, funct7: 0x20))
    }

    mutating func lui(_ rd: Int, page: Int) { emit(Encode.upper(Opcode.loadUpper, rd: rd, page: page)) }

    /// Loads by width: 0 lb, 1 lh, 2 lw, 3 ld, 4 lbu, 5 lhu, 6 lwu.
    mutating func load(_ funct3: UInt32, _ rd: Int, _ offset: Int, _ base: Int) {
        emit(Encode.immediate(Opcode.load, rd: rd, funct3: funct3, rs1: base, offset))
    }

    /// Stores by width: 0 sb, 1 sh, 2 sw, 3 sd.
    mutating func store(_ funct3: UInt32, _ rs2: Int, _ offset: Int, _ base: Int) {
        emit(Encode.store(Opcode.store, funct3: funct3, rs1: base, rs2: rs2, offset))
    }

    /// Floating-point loads and stores by width: 2 single, 3 double.
    mutating func loadFloat(_ funct3: UInt32, _ rd: Int, _ offset: Int, _ base: Int) {
        emit(Encode.immediate(Opcode.loadFloat, rd: rd, funct3: funct3, rs1: base, offset))
    }

    mutating func storeFloat(_ funct3: UInt32, _ rs2: Int, _ offset: Int, _ base: Int) {
        emit(Encode.store(Opcode.storeFloat, funct3: funct3, rs1: base, rs2: rs2, offset))
    }

    mutating func jalr(_ rd: Int, _ rs1: Int, _ offset: Int) {
        emit(Encode.immediate(Opcode.jumpRegister, rd: rd, funct3: 0, rs1: rs1, offset))
    }

    // MARK: Zicsr

    /// A CSR instruction by `funct3`: 1 csrrw, 2 csrrs, 3 csrrc, 5…7 the same with `source` as a 5-bit immediate.
    mutating func csr(_ funct3: UInt32, _ rd: Int, _ number: Int, _ source: Int) {
        emit(Encode.immediate(Opcode.system, rd: rd, funct3: funct3, rs1: source, number))
    }

    mutating func csrr(_ rd: Int, _ number: Int) { csr(2, rd, number, 0) }
    mutating func csrw(_ number: Int, _ rs1: Int) { csr(1, 0, number, rs1) }
    mutating func csrs(_ number: Int, _ rs1: Int) { csr(2, 0, number, rs1) }
    mutating func csrc(_ number: Int, _ rs1: Int) { csr(3, 0, number, rs1) }

    /// Writes a constant, through the scratch register `via`.
    mutating func csrw(_ number: Int, constant: UInt64, via: Int) {
        loadImmediate(via, constant)
        csrw(number, via)
    }

    // MARK: privileged and fences

    mutating func ecall() { emit(0x0000_0073) }
    mutating func ebreak() { emit(0x0010_0073) }
    mutating func sret() { emit(0x1020_0073) }
    mutating func mret() { emit(0x3020_0073) }
    mutating func wfi() { emit(0x1050_0073) }
    mutating func fenceI() { emit(0x0000_100f) }

    mutating func sfenceVMA(_ rs1: Int = 0, _ rs2: Int = 0) {
        emit(Encode.register(Opcode.system, rd: 0, funct3: 0, rs1: rs1, rs2: rs2, funct7: 9))
    }

    /// Any 64-bit constant: `lui`, `addiw`, then shifts and `addi`s.
    mutating func loadImmediate(_ rd: Int, _ constant: UInt64) {
        let value = Int(truncatingIfNeeded: constant)
        if value >= -2048 && value <= 2047 { return addi(rd, 0, value) }
        if let narrow = Int32(exactly: value) {
            let (page, low) = Assembler.split(Int(narrow))
            lui(rd, page: page)
            emit(Encode.immediate(Opcode.arithmeticImmediateWord, rd: rd, funct3: 0, rs1: rd, low))
            return
        }
        let low = (value & 0xfff ^ 0x800) - 0x800
        let rest = (value &- low) >> 12
        let zeros = rest.trailingZeroBitCount
        loadImmediate(rd, UInt64(bitPattern: Int64(rest >> zeros)))
        slli(rd, rd, 12 + zeros)
        if low != 0 { addi(rd, rd, low) }
    }
}
