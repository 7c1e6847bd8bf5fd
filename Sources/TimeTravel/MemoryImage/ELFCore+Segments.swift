import GuestMemory
import RISCV

extension ELFCore {
    /// What is mapped, and RAM at its own addresses wherever nothing is mapped there. With translation off that is one run.
    static func segments(_ mappings: [GuestMapping], ram: Range<UInt64>) -> [GuestMapping] {
        var own: [GuestMapping] = []
        var next = ram.lowerBound
        func add(upTo end: UInt64) {
            guard next < end else { return }
            own.append(
                GuestMapping(
                    virtual: GuestVirtualAddress(next), physical: GuestPhysicalAddress(next), byteCount: end - next,
                    rights: PTE.read | PTE.write | PTE.execute))
        }
        for mapping in mappings {
            let begin = mapping.virtual.rawValue
            let (end, wraps) = begin.addingReportingOverflow(mapping.byteCount)
            guard begin < ram.upperBound, wraps || end > next else { continue }
            add(upTo: begin)
            next = wraps ? ram.upperBound : max(next, end)
        }
        add(upTo: ram.upperBound)
        return (mappings + own).sorted { $0.virtual < $1.virtual }
    }

    /// A PT_LOAD. Guest-physical addresses are always the true ones.
    static func append(
        _ segment: GuestMapping, to output: inout LittleEndianBytes, ramOffset: UInt64, ramBase: GuestPhysicalAddress
    ) {
        appendProgramHeader(
            to: &output, type: 1, flags: flags(segment.rights),
            offset: ramOffset + (segment.physical.rawValue - ramBase.rawValue), virtual: segment.virtual.rawValue,
            physical: segment.physical.rawValue, byteCount: segment.byteCount, memoryByteCount: segment.byteCount,
            alignment: UInt64(pageSize))
    }

    /// The PT_NOTE.
    static func appendNoteHeader(to output: inout LittleEndianBytes, offset: UInt64, byteCount: UInt64) {
        appendProgramHeader(
            to: &output, type: 4, flags: 0, offset: offset, virtual: 0, physical: 0, byteCount: byteCount,
            memoryByteCount: 0, alignment: 4)
    }

    private static func appendProgramHeader(
        to output: inout LittleEndianBytes, type: UInt32, flags: UInt32, offset: UInt64, virtual: UInt64,
        physical: UInt64, byteCount: UInt64, memoryByteCount: UInt64, alignment: UInt64
    ) {
        output.append(type)
        output.append(flags)
        output.append([offset, virtual, physical, byteCount, memoryByteCount, alignment])
    }

    /// PF_X, PF_W and PF_R, from bit 0 on.
    private static func flags(_ rights: UInt64) -> UInt32 {
        (rights & PTE.execute != 0 ? 1 : 0) | (rights & PTE.write != 0 ? 2 : 0) | (rights & PTE.read != 0 ? 4 : 0)
    }
}
