import Testing

@testable import Devices
@testable import Machine

/// An ELF file made by hand: one segment of eight bytes in the file and 4096 in memory, symbols `tohost` and `end`.
func makeELF(
    physicalAddress: UInt64 = 0x8000_0000, virtualAddress: UInt64 = 0x8000_0000, entry: UInt64 = 0x8000_0000,
    type: UInt16 = 2, machine: UInt16 = 243, memorySize: UInt64 = 4096
) -> [UInt8] {
    let strings = Array("\0tohost\0end\0undefined\0".utf8)
    let programHeader = 64
    let text = programHeader + 56
    let symbols = text + 8
    let stringTable = symbols + 4 * 24
    let sections = stringTable + strings.count
    var bytes = [UInt8](repeating: 0, count: sections + 3 * 64)
    func put<Value: FixedWidthInteger>(_ value: Value, at offset: Int) {
        withUnsafeBytes(of: value.littleEndian) { bytes.replaceSubrange(offset..<offset + $0.count, with: $0) }
    }
    bytes.replaceSubrange(0..<7, with: [0x7f, 0x45, 0x4c, 0x46, 2, 1, 1])
    put(type, at: 16)
    put(machine, at: 18)
    put(entry, at: 24)
    put(UInt64(programHeader), at: 32)
    put(UInt64(sections), at: 40)
    put(56 as UInt16, at: 54)
    put(1 as UInt16, at: 56)
    put(64 as UInt16, at: 58)
    put(3 as UInt16, at: 60)
    put(1 as UInt32, at: programHeader)
    for (offset, value) in [
        (8, UInt64(text)), (16, virtualAddress), (24, physicalAddress), (32, 8), (40, memorySize),
    ] { put(value, at: programHeader + offset) }
    bytes.replaceSubrange(text..<text + 8, with: [1, 2, 3, 4, 5, 6, 7, 8])
    for (index, (name, section, value)) in [
        (1, 1, virtualAddress &+ 0x40), (8, 1, virtualAddress &+ 0x80), (12, 0, 0),
    ].enumerated() as EnumeratedSequence<[(Int, Int, UInt64)]> {
        put(UInt32(name), at: symbols + 24 * (index + 1))
        put(UInt16(section), at: symbols + 24 * (index + 1) + 6)
        put(value, at: symbols + 24 * (index + 1) + 8)
        put(8 as UInt64, at: symbols + 24 * (index + 1) + 16)
    }
    bytes.replaceSubrange(stringTable..<sections, with: strings)
    for (index, (type, offset, size, link)) in [(2, symbols, 96, 2), (3, stringTable, strings.count, 0)].enumerated() {
        let header = sections + 64 * (index + 1)
        put(UInt32(type), at: header + 4)
        put(UInt64(offset), at: header + 24)
        put(UInt64(size), at: header + 32)
        put(UInt32(link), at: header + 40)
    }
    return bytes
}

@Suite struct ELFFileTests {
    @Test func segmentsAndSymbols() throws {
        let elf = try ELFFile(bytes: makeELF(virtualAddress: 0xffff_ffff_8000_0000, entry: 0xffff_ffff_8000_0010))
        #expect(elf.segments.count == 1)
        #expect(elf.segments[0].physicalAddress == 0x8000_0000)
        #expect(Array(elf.bytes[elf.segments[0].file]) == [1, 2, 3, 4, 5, 6, 7, 8])
        #expect(elf.segments[0].memorySize == 4096)
        #expect(!elf.isRelocatable)
        #expect(elf.physicalAddress(ofVirtual: elf.entry) == 0x8000_0010)
        #expect(elf.physicalAddress(ofVirtual: 0xffff_ffff_8000_1000) == nil)
        #expect(elf.physicalAddress(ofVirtual: 0x8000_0000) == nil)
        #expect(elf.symbol(named: "tohost")?.value == 0xffff_ffff_8000_0040)
        #expect(elf.symbol(named: "tohost")?.size == 8)
        #expect(elf.symbol(named: "undefined") == nil)
        #expect(elf.symbol(named: "tohos") == nil)
        #expect(elf.symbol(named: "") == nil)
        #expect(elf.symbols().map(\.name) == ["tohost", "end"])
    }

    @Test func otherFilesAreNamed() {
        func error(_ change: (inout [UInt8]) -> Void) -> ELFError? {
            var bytes = makeELF()
            change(&bytes)
            return #expect(throws: ELFError.self) { try ELFFile(bytes: bytes) }
        }
        #expect(error { $0[0] = 0 } == .notELF)
        #expect(error { $0 = [] } == .notELF)
        #expect(error { $0 = Array($0.prefix(63)) } == .truncated("header"))
        #expect(error { $0[4] = 1 } == .not64Bit)
        #expect(error { $0[5] = 2 } == .bigEndian)
        #expect(error { $0[18] = 62 } == .wrongArchitecture(machine: 62))
        #expect(error { $0[16] = 1 } == .notExecutable(type: 1))
        #expect(error { $0 = Array($0.prefix(100)) } == .truncated("program headers"))
        #expect(error { $0 = Array($0.prefix(125)) } == .truncated("segment 0"))
        #expect(error { $0[56] = 0 } == .noSegments)
        #expect(error { $0[64] = 6 } == .noSegments)
        #expect(
            error { $0.replaceSubrange(104..<112, with: [7, 0, 0, 0, 0, 0, 0, 0]) }?.description.contains("damaged")
                == true)
    }

    /// Whatever one or two bytes of a file are changed to, and wherever it is cut: an error or a file whose parts lie
    /// inside it, never a trap; and a plan made of it lies in memory.
    @Test func hostileFiles() throws {
        var numbers = SeededNumbers(state: 8)
        let original = makeELF()
        let configuration = testConfiguration(memory_MiB: 1)
        let memory = configuration.memory
        var accepted = 0
        var planned = 0
        for _ in 0..<12_000 {
            var bytes = original
            for _ in 0..<Int.random(in: 1...2, using: &numbers) {
                let value: UInt8 = [0, 0x7f, 0x80, 0xff, UInt8.random(in: 0...255, using: &numbers)]
                    .randomElement(using: &numbers)!
                bytes[Int.random(in: 0..<bytes.count, using: &numbers)] = value
            }
            if Bool.random(using: &numbers) { bytes.removeLast(Int.random(in: 0..<bytes.count, using: &numbers)) }
            guard let elf = try? ELFFile(bytes: bytes) else { continue }
            accepted += 1
            for segment in elf.segments { #expect(segment.file.upperBound <= bytes.count) }
            _ = elf.symbols()
            _ = elf.symbol(named: "tohost")
            _ = elf.physicalAddress(ofVirtual: numbers.next())
            guard let plan = try? BootPlan.bare(elf, configuration: configuration) else { continue }
            planned += 1
            #expect(memory.contains(plan.entry.rawValue))
            for load in plan.loads {
                #expect(memory.contains(load.address.rawValue))
                #expect(UInt64(load.bytes.count) <= memory.upperBound - load.address.rawValue)
            }
        }
        #expect(accepted > 500)
        #expect(planned > 500)
    }
}
