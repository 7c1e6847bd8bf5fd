/// What the interpreter does for one record.
enum Opcode: UInt8 {
    case nop
    case loadImmediate, addToPC
    case addi, slti, sltiu, xori, ori, andi, slli, srli, srai, addiw, slliw, srliw, sraiw
    case add, sub, sll, slt, sltu, xor, srl, sra, or, and, addw, subw, sllw, srlw, sraw
    case mul, mulh, mulhsu, mulhu, div, divu, rem, remu, mulw, divw, divuw, remw, remuw
    case lb, lh, lw, ld, lbu, lhu, lwu, sb, sh, sw, sd
    case flw, fld, fsw, fsd
    /// LR, SC and AMOs; `immediate` holds the instruction.
    case atomic
    /// Floating-point arithmetic, moves and conversions; `immediate` holds the instruction.
    case float

    // Two or three records in one dispatch; see `Fusion`.
    case ldLd, sdSd, addAdd, addwAddw, xorXor, orOr, orXor, srliwOr, slliwSrliw, slliSrli, slliAdd, srliAdd, addLd
    case addiAddi, addiAddw, addiBne, addBne, addSltu, mulAdd, xorAddw, slliwSrliwOr

    // From here on: the last instruction of its block.
    case jal, jalr
    case beq, bne, blt, bge, bltu, bgeu
    /// CSR, SYSTEM, fences; `immediate` holds the instruction.
    case system
    /// `immediate` holds the bits that are no instruction.
    case illegal
    /// Not an instruction: the block was cut here and goes on at the next address.
    case endOfBlock
}

/// A predecoded instruction: 8 bytes, so that one load fetches it whole.
struct DecodedInstruction {
    var opcode: Opcode
    /// Destination; 32 (the sink) where the instruction names x0.
    var rd: UInt8
    var rs1: UInt8
    var rs2: UInt8
    /// The immediate. Where the pc takes part it is relative to the block's first instruction.
    var immediate: Int32

    static let sink: UInt8 = 32
}

/// Where a record's instruction begins, and how many come before it in the block.
struct RecordPlace {
    /// Bytes from the block's first instruction.
    var pcOffset: UInt16
    var instructionIndex: UInt16
}

/// A run of instructions with one entry, ending with a jump, a system instruction, the page, or the maximum length.
///
/// Memory: this header, `recordCapacity` records, as many places.
struct Block {
    /// Instructions in the block (its price in steps).
    var instructionCount: Int32
    /// Bytes of guest code.
    var byteCount: Int32
    /// Where the block goes on in the same page when its branch is taken, once known.
    var taken: UnsafeMutablePointer<Block>?
    /// The same when the branch is not taken or the block was cut.
    var fallThrough: UnsafeMutablePointer<Block>?
    /// Whether other blocks of the page may remember it as their successor: not the scratch block, nor one that depends on
    /// a second page's translation.
    var isLinkTarget: Bool
    var records: UnsafeMutablePointer<DecodedInstruction>
    var places: UnsafeMutablePointer<RecordPlace>

    static let instructionCountMax = 64

    static func byteSize(recordCount: Int) -> Int {
        MemoryLayout<Block>.size + recordCount
            * (MemoryLayout<DecodedInstruction>.size + MemoryLayout<RecordPlace>.size)
    }

    /// Lays a block out at `memory`, which has room for `byteSize(recordCount:)` bytes, aligned to 8.
    static func place(at memory: UnsafeMutableRawPointer, recordCount: Int) -> UnsafeMutablePointer<Block> {
        let block = memory.bindMemory(to: Block.self, capacity: 1)
        let records = (memory + MemoryLayout<Block>.size)
        let places = records + recordCount * MemoryLayout<DecodedInstruction>.size
        block.initialize(
            to: Block(
                instructionCount: 0, byteCount: 0, taken: nil, fallThrough: nil, isLinkTarget: false,
                records: records.bindMemory(to: DecodedInstruction.self, capacity: recordCount),
                places: places.bindMemory(to: RecordPlace.self, capacity: recordCount)))
        return block
    }

    /// The place of `fallThrough`; that of `taken` is one before it.
    @inline(__always)
    static func fallThroughLink(
        _ block: UnsafeMutablePointer<Block>
    ) -> UnsafeMutablePointer<UnsafeMutablePointer<Block>?> {
        (UnsafeMutableRawPointer(block) + 16).assumingMemoryBound(to: UnsafeMutablePointer<Block>?.self)
    }

    static func allocateScratch() -> UnsafeMutablePointer<Block> {
        place(at: .allocate(byteCount: byteSize(recordCount: 2), alignment: 8), recordCount: 2)
    }
}
