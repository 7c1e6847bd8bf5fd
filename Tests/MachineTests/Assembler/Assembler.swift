/// Assembles a flat image in memory: emits encodings at a growing address and patches references to labels at the end.
struct Assembler {
    /// A place in the image, possibly not yet known.
    struct Label: Hashable {
        fileprivate let index: Int
    }

    private enum Reference {
        case branch
        case jump
        /// An `auipc` and the `addi` behind it; `displacement` is added to the target's address.
        case address(displacement: Int)
        case compressedJump
        case compressedBranch
    }

    /// The address of the image's first byte.
    let origin: UInt64
    private(set) var bytes: [UInt8] = []
    private var addresses: [UInt64?] = []
    private var references: [(at: UInt64, label: Label, kind: Reference)] = []

    init(origin: UInt64) { self.origin = origin }

    /// The address of the next byte.
    var here: UInt64 { origin + UInt64(bytes.count) }

    mutating func emit(_ word: UInt32) {
        for shift in stride(from: UInt32(0), to: 32, by: 8) { bytes.append(UInt8(truncatingIfNeeded: word >> shift)) }
    }

    mutating func emitCompressed(_ half: UInt16) {
        bytes.append(UInt8(truncatingIfNeeded: half))
        bytes.append(UInt8(truncatingIfNeeded: half >> 8))
    }

    mutating func emitDouble(_ value: UInt64) {
        emit(UInt32(truncatingIfNeeded: value))
        emit(UInt32(truncatingIfNeeded: value >> 32))
    }

    /// Zero bytes up to `address`.
    mutating func pad(to address: UInt64) {
        precondition(address >= here, "the image already reaches 0x\(String(here, radix: 16))")
        bytes.append(contentsOf: repeatElement(0, count: Int(address - here)))
    }

    mutating func align(_ alignment: UInt64) { pad(to: (here + alignment - 1) & ~(alignment - 1)) }

    // MARK: labels

    mutating func newLabel() -> Label {
        addresses.append(nil)
        return Label(index: addresses.count - 1)
    }

    mutating func bind(_ label: Label) {
        precondition(addresses[label.index] == nil, "a label is bound once")
        addresses[label.index] = here
    }

    mutating func labelHere() -> Label {
        let label = newLabel()
        bind(label)
        return label
    }

    func address(of label: Label) -> UInt64 {
        guard let address = addresses[label.index] else { preconditionFailure("a label was never bound") }
        return address
    }

    mutating func branch(_ funct3: UInt32, _ rs1: Int, _ rs2: Int, to label: Label) {
        references.append((here, label, .branch))
        emit(Encode.branch(funct3: funct3, rs1: rs1, rs2: rs2, 0))
    }

    mutating func jump(_ rd: Int, to label: Label) {
        references.append((here, label, .jump))
        emit(Encode.jump(rd: rd, 0))
    }

    mutating func compressedJump(to label: Label) {
        references.append((here, label, .compressedJump))
        emitCompressed(EncodeCompressed.jump(0))
    }

    mutating func compressedBranch(_ funct3: UInt16, _ rs1: Int, to label: Label) {
        references.append((here, label, .compressedBranch))
        emitCompressed(EncodeCompressed.branch(funct3, rs1: rs1, 0))
    }

    /// `la rd, label + displacement`, relative to the program counter.
    mutating func loadAddress(_ rd: Int, of label: Label, displacement: Int = 0) {
        references.append((here, label, .address(displacement: displacement)))
        emit(Encode.upper(Opcode.addUpperToPC, rd: rd, page: 0))
        addi(rd, rd, 0)
    }

    /// The image, with every reference patched.
    mutating func finish() -> [UInt8] {
        for reference in references { patch(reference.at, to: address(of: reference.label), as: reference.kind) }
        references = []
        return bytes
    }

    private mutating func patch(_ at: UInt64, to target: UInt64, as kind: Reference) {
        let offset = Int(target) - Int(at)
        switch kind {
        case .branch:
            let word = word(at: at)
            replace(at, word & 0x01ff_f07f | Encode.branch(funct3: 0, rs1: 0, rs2: 0, offset))
        case .jump:
            replace(at, word(at: at) & 0xfff | Encode.jump(rd: 0, offset))
        case .address(let displacement):
            let (page, low) = Assembler.split(offset + displacement)
            replace(at, word(at: at) | Encode.upper(Opcode.addUpperToPC, rd: 0, page: page))
            replace(
                at + 4, word(at: at + 4) | Encode.immediate(Opcode.arithmeticImmediate, rd: 0, funct3: 0, rs1: 0, low))
        case .compressedJump:
            precondition(offset >= -2048 && offset <= 2046, "c.j does not reach \(offset)")
            replaceHalf(at, EncodeCompressed.jump(offset))
        case .compressedBranch:
            precondition(offset >= -256 && offset <= 254, "a compressed branch does not reach \(offset)")
            let kept = UInt16(truncatingIfNeeded: word(at: at)) & 0xe380
            replaceHalf(at, kept | EncodeCompressed.branch(0, rs1: 8, offset))
        }
    }

    /// A signed 32-bit value as `lui`/`auipc` page and signed 12-bit rest.
    static func split(_ value: Int) -> (page: Int, low: Int) {
        let low = (value & 0xfff) ^ 0x800
        return ((value - (low - 0x800)) >> 12, low - 0x800)
    }

    /// The 32 bits of the image at `address` (zero beyond its end).
    func word(at address: UInt64) -> UInt32 {
        let index = Int(address - origin)
        return (0..<4).reduce(0) { $0 | (index + $1 < bytes.count ? UInt32(bytes[index + $1]) << (8 * UInt32($1)) : 0) }
    }

    private mutating func replace(_ address: UInt64, _ word: UInt32) {
        for byte in 0..<4 {
            bytes[Int(address - origin) + byte] = UInt8(truncatingIfNeeded: word >> (8 * UInt32(byte)))
        }
    }

    private mutating func replaceHalf(_ address: UInt64, _ half: UInt16) {
        bytes[Int(address - origin)] = UInt8(truncatingIfNeeded: half)
        bytes[Int(address - origin) + 1] = UInt8(truncatingIfNeeded: half >> 8)
    }
}
