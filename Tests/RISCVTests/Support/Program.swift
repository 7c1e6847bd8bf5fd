import RISCV

/// A guest program in the making: raw instruction words at a fixed address. Registers go by number.
struct Program {
    let base: UInt64
    private(set) var words: [UInt32] = []

    init(at base: UInt64) { self.base = base }

    var here: UInt64 { base + UInt64(words.count * 4) }

    mutating func word(_ word: UInt32) { words.append(word) }

    private mutating func i(_ op: UInt32, _ funct3: UInt32, _ rd: Int, _ rs1: Int, _ immediate: Int) {
        let bits = UInt32(truncatingIfNeeded: immediate) & 0xfff
        word(bits << 20 | UInt32(rs1) << 15 | funct3 << 12 | UInt32(rd) << 7 | op)
    }

    private mutating func s(_ op: UInt32, _ funct3: UInt32, _ rs2: Int, _ rs1: Int, _ immediate: Int) {
        let bits = UInt32(truncatingIfNeeded: immediate) & 0xfff
        word((bits >> 5) << 25 | UInt32(rs2) << 20 | UInt32(rs1) << 15 | funct3 << 12 | (bits & 31) << 7 | op)
    }

    private mutating func r(_ op: UInt32, _ funct3: UInt32, _ funct7: UInt32, _ rd: Int, _ rs1: Int, _ rs2: Int) {
        word(funct7 << 25 | UInt32(rs2) << 20 | UInt32(rs1) << 15 | funct3 << 12 | UInt32(rd) << 7 | op)
    }

    // MARK: Integer

    mutating func addi(_ rd: Int, _ rs1: Int, _ immediate: Int) { i(0x13, 0, rd, rs1, immediate) }
    mutating func andi(_ rd: Int, _ rs1: Int, _ immediate: Int) { i(0x13, 7, rd, rs1, immediate) }
    mutating func slli(_ rd: Int, _ rs1: Int, _ shift: Int) { i(0x13, 1, rd, rs1, shift) }
    mutating func srli(_ rd: Int, _ rs1: Int, _ shift: Int) { i(0x13, 5, rd, rs1, shift) }
    mutating func add(_ rd: Int, _ rs1: Int, _ rs2: Int) { r(0x33, 0, 0, rd, rs1, rs2) }
    mutating func sub(_ rd: Int, _ rs1: Int, _ rs2: Int) { r(0x33, 0, 0x20, rd, rs1, rs2) }
    mutating func xor(_ rd: Int, _ rs1: Int, _ rs2: Int) { r(0x33, 4, 0, rd, rs1, rs2) }
    mutating func nop() { addi(0, 0, 0) }

    /// Any constant, in as few instructions as lui, addiw, slli and addi need.
    mutating func li(_ rd: Int, _ value: UInt64) {
        let signed = Int64(bitPattern: value)
        if let small = Int32(exactly: signed) {
            let low = (Int64(small) << 52) >> 52
            let high = UInt32(truncatingIfNeeded: (Int64(small) - low) >> 12) & 0xfffff
            if high == 0 { return addi(rd, 0, Int(low)) }
            word(high << 12 | UInt32(rd) << 7 | 0x37)
            if low != 0 { i(0x1b, 0, rd, rd, Int(low)) }
            return
        }
        let low = (signed << 52) >> 52
        li(rd, UInt64(bitPattern: (signed &- low) >> 12))
        slli(rd, rd, 12)
        if low != 0 { addi(rd, rd, Int(low)) }
    }

    // MARK: Memory; the suffix is the size in bytes

    mutating func load(_ size: Int, _ rd: Int, _ rs1: Int, _ offset: Int = 0) {
        i(0x03, UInt32(size.trailingZeroBitCount), rd, rs1, offset)
    }
    mutating func store(_ size: Int, _ rs2: Int, _ rs1: Int, _ offset: Int = 0) {
        s(0x23, UInt32(size.trailingZeroBitCount), rs2, rs1, offset)
    }
    mutating func floatStore(_ rs2: Int, _ rs1: Int, _ offset: Int = 0) { s(0x27, 3, rs2, rs1, offset) }
    mutating func floatFromInteger(_ fd: Int, _ rs1: Int) { r(0x53, 0, 0x79, fd, rs1, 0) }

    /// - Parameter operation: funct5: 0 add, 1 swap, 2 load-reserved, 3 store-conditional, 4 xor, 8 or, 12 and.
    mutating func atomic(_ operation: UInt32, _ size: Int, _ rd: Int, _ rs1: Int, _ rs2: Int) {
        r(0x2f, UInt32(size.trailingZeroBitCount), operation << 2, rd, rs1, rs2)
    }

    // MARK: Control

    mutating func jalr(_ rd: Int, _ rs1: Int, _ offset: Int = 0) { i(0x67, 0, rd, rs1, offset) }
    mutating func jal(_ rd: Int, to target: UInt64) {
        let offset = UInt32(truncatingIfNeeded: target &- here)
        let bits = (offset >> 20 & 1) << 31 | (offset >> 1 & 0x3ff) << 21 | (offset >> 11 & 1) << 20
        word(bits | (offset >> 12 & 0xff) << 12 | UInt32(rd) << 7 | 0x6f)
    }
    mutating func branch(_ funct3: UInt32, _ rs1: Int, _ rs2: Int, to target: UInt64) {
        let offset = UInt32(truncatingIfNeeded: target &- here)
        let bits = (offset >> 12 & 1) << 31 | (offset >> 5 & 0x3f) << 25 | (offset >> 1 & 0xf) << 8
        word(bits | (offset >> 11 & 1) << 7 | UInt32(rs2) << 20 | UInt32(rs1) << 15 | funct3 << 12 | 0x63)
    }
    mutating func beq(_ rs1: Int, _ rs2: Int, to target: UInt64) { branch(0, rs1, rs2, to: target) }
    mutating func bne(_ rs1: Int, _ rs2: Int, to target: UInt64) { branch(1, rs1, rs2, to: target) }
    mutating func bltu(_ rs1: Int, _ rs2: Int, to target: UInt64) { branch(6, rs1, rs2, to: target) }

    /// Replaces the instruction at `address` (a forward branch whose target is known now).
    mutating func patch(_ address: UInt64, _ make: (inout Program) -> Void) {
        var one = Program(at: address)
        make(&one)
        words[Int(address - base) / 4] = one.words[0]
    }

    // MARK: System

    mutating func csrw(_ number: Int, _ rs1: Int) { i(0x73, 1, 0, rs1, number) }
    mutating func csrr(_ rd: Int, _ number: Int) { i(0x73, 2, rd, 0, number) }
    mutating func csrs(_ number: Int, _ rs1: Int) { i(0x73, 2, 0, rs1, number) }
    mutating func csrc(_ number: Int, _ rs1: Int) { i(0x73, 3, 0, rs1, number) }
    mutating func csrrw(_ rd: Int, _ number: Int, _ rs1: Int) { i(0x73, 1, rd, rs1, number) }
    mutating func sfence() { word(0x1200_0073) }
    mutating func ecall() { word(0x0000_0073) }
    mutating func mret() { word(0x3020_0073) }
    mutating func sret() { word(0x1020_0073) }
    mutating func wfi() { word(0x1050_0073) }

    var bytes: [UInt8] { words.flatMap { w in (0..<4).map { UInt8(truncatingIfNeeded: w >> UInt32($0 * 8)) } } }
}
