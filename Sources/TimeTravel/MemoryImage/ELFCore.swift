import GuestMemory
import HistoryStore
import RISCV

/// What comes before RAM in an ELF core file (System V ABI, "Object Files"; for RISC-V the psABI's "ELF Object Files"): the
/// ELF header, the program headers, the notes.
///
///     ELF header │ PT_NOTE, PT_LOAD… │ notes │ section header 0, if needed │ to 4096 │ RAM, its first byte first
///
/// Each PT_LOAD names a run of addresses and where it lies in RAM, which is in the file once, so that many may point at the
/// same bytes; p_paddr is the guest-physical address. They rise by p_vaddr and do not overlap. Debuggers see the harts as
/// threads: hart n is LWP n + 1.
struct ELFCore {
    /// Everything up to `ramOffset` that is not a hole.
    let header: [UInt8]
    let ramOffset: UInt64
    let segments: [GuestMapping]
    let hasAllMappings: Bool

    /// - Throws: `TimeTravelError.noSuchHart`; `HistoryStoreError` for a page table that cannot be read, unless it is skipped:
    ///   it then maps nothing.
    init(_ checkout: Checkout, hart: Int, skipsUnreadable: Bool) throws {
        let state = checkout.state
        guard state.harts.indices.contains(hart) else {
            throw TimeTravelError.noSuchHart(hart: hart, hartCount: state.harts.count)
        }
        let memory = checkout.machine.memory
        let ram = memory.base.rawValue..<memory.base.rawValue + memory.byteCount
        let mappings = try GuestMappings(satp: state.harts[hart]["satp"] ?? 0, ram: ram) { page, destination in
            do {
                try checkout.readPage(page, into: destination)
            } catch is HistoryStoreError where skipsUnreadable {
                destination.initializeMemory(as: UInt8.self, repeating: 0, count: pageSize)
            }
        }
        segments = Self.segments(mappings.runs, ram: ram)
        hasAllMappings = mappings.isComplete
        let notes = Self.notes(of: state, at: "\(checkout.position)", virtualTime_ns: checkout.machine.virtualTime_ns)
        (header, ramOffset) = Self.layOut(segments, notes, ramBase: memory.base)
    }

    private static func layOut(
        _ segments: [GuestMapping], _ notes: [UInt8], ramBase: GuestPhysicalAddress
    ) -> (header: [UInt8], ramOffset: UInt64) {
        let headerCount = segments.count + 1
        let notesOffset = UInt64(elfHeaderByteCount + headerCount * programHeaderByteCount)
        let sectionOffset = notesOffset + UInt64(notes.count)
        let needsSection = headerCount >= extendedNumbering
        let end = sectionOffset + UInt64(needsSection ? sectionHeaderByteCount : 0)
        let ramOffset = (end + UInt64(pageSize) - 1) & ~UInt64(pageSize - 1)
        var output = LittleEndianBytes(capacity: Int(end))
        appendELFHeader(to: &output, headerCount: headerCount, sectionOffset: needsSection ? sectionOffset : 0)
        appendNoteHeader(to: &output, offset: notesOffset, byteCount: UInt64(notes.count))
        for segment in segments { append(segment, to: &output, ramOffset: ramOffset, ramBase: ramBase) }
        output.append(notes)
        if needsSection { appendSectionHeader(to: &output, headerCount: headerCount) }
        return (output.bytes, ramOffset)
    }

    static let elfHeaderByteCount = 64
    static let programHeaderByteCount = 56
    static let sectionHeaderByteCount = 64
    /// PN_XNUM: from so many program headers on their number is in section header 0.
    static let extendedNumbering = 0xffff

    private static func appendELFHeader(to output: inout LittleEndianBytes, headerCount: Int, sectionOffset: UInt64) {
        let hasSection = sectionOffset != 0
        // 64-bit, little-endian, version 1.
        output.append([0x7f] + Array("ELF".utf8) + [2, 1, 1])
        output.appendZeros(9)
        output.append(UInt16(4))  // ET_CORE
        output.append(UInt16(243))  // EM_RISCV
        output.append(UInt32(1))
        output.append(UInt64(0))
        output.append(UInt64(elfHeaderByteCount))
        output.append(sectionOffset)
        // Compressed instructions, floats of double precision in registers.
        output.append(UInt32(0x5))
        output.append(UInt16(elfHeaderByteCount))
        output.append(UInt16(programHeaderByteCount))
        output.append(UInt16(min(headerCount, extendedNumbering)))
        output.append(UInt16(hasSection ? sectionHeaderByteCount : 0))
        output.append(UInt16(hasSection ? 1 : 0))
        output.append(UInt16(0))
    }

    private static func appendSectionHeader(to output: inout LittleEndianBytes, headerCount: Int) {
        // sh_info, at byte 44, is the number; SHT_NULL otherwise, with the section count that is in the ELF header.
        output.appendZeros(44)
        output.append(UInt32(headerCount))
        output.appendZeros(16)
    }
}

/// Numbers one after the other, little-endian.
struct LittleEndianBytes {
    private(set) var bytes: [UInt8] = []

    init(capacity: Int = 0) { bytes.reserveCapacity(capacity) }

    mutating func append(_ value: some FixedWidthInteger) {
        withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
    }
    mutating func append(_ more: [UInt8]) { bytes += more }
    mutating func appendZeros(_ count: Int) { bytes.append(contentsOf: repeatElement(0, count: count)) }
    mutating func append(_ values: [UInt64]) { for value in values { append(value) } }
    /// Text in a field of `count` bytes, cut if need be, with at least one zero behind it.
    mutating func append(_ text: String, field count: Int) {
        let text = text.utf8.prefix(count - 1)
        bytes += text
        appendZeros(count - text.count)
    }
    mutating func pad(to alignment: Int) { appendZeros((alignment - bytes.count % alignment) % alignment) }
}
