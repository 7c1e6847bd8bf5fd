/// Frequent neighbours executed in one dispatch.
///
/// Only the first record's opcode changes; its operands and all of the records behind it stay as they are. So a fused
/// record that cannot finish (a TLB miss) does its own part and lets the next record be dispatched as usual, traps find
/// their place as ever, and a single step takes the first part alone. The pairs are the most frequent ones of a Debian boot
/// and of hashing and compressing (docs/decisions/interpreter.md).
enum Fusion {
    /// The record behind which the first part stands alone, for a single step.
    static func first(_ opcode: Opcode) -> Opcode {
        switch opcode {
        case .ldLd: .ld
        case .sdSd: .sd
        case .addAdd, .addLd, .addBne, .addSltu: .add
        case .addwAddw: .addw
        case .xorXor, .xorAddw: .xor
        case .orOr, .orXor: .or
        case .srliwOr: .srliw
        case .slliwSrliw, .slliwSrliwOr: .slliw
        case .slliSrli, .slliAdd: .slli
        case .srliAdd: .srli
        case .addiAddi, .addiAddw, .addiBne: .addi
        case .mulAdd: .mul
        default: opcode
        }
    }

    private static func pair(_ first: Opcode, _ second: Opcode) -> Opcode? {
        switch (first, second) {
        case (.ld, .ld): .ldLd
        case (.sd, .sd): .sdSd
        case (.add, .add): .addAdd
        case (.add, .ld): .addLd
        case (.add, .bne): .addBne
        case (.add, .sltu): .addSltu
        case (.addw, .addw): .addwAddw
        case (.xor, .xor): .xorXor
        case (.xor, .addw): .xorAddw
        case (.or, .or): .orOr
        case (.or, .xor): .orXor
        case (.srliw, .or): .srliwOr
        case (.slliw, .srliw): .slliwSrliw
        case (.slli, .srli): .slliSrli
        case (.slli, .add): .slliAdd
        case (.srli, .add): .srliAdd
        case (.addi, .addi): .addiAddi
        case (.addi, .addw): .addiAddw
        case (.addi, .bne): .addiBne
        case (.mul, .add): .mulAdd
        default: nil
        }
    }

    /// Fuses what it can among `count` records, from the front.
    static func fuse(_ records: UnsafeMutablePointer<DecodedInstruction>, count: Int) {
        var index = 0
        while index + 1 < count {
            guard let fused = pair(records[index].opcode, records[index + 1].opcode) else {
                index += 1
                continue
            }
            if fused == .slliwSrliw, index + 2 < count, records[index + 2].opcode == .or {
                records[index].opcode = .slliwSrliwOr
                index += 3
            } else {
                records[index].opcode = fused
                index += 2
            }
        }
    }
}
