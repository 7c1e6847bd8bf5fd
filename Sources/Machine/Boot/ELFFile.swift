/// A little-endian 64-bit RISC-V ELF executable (System V ABI, "Object Files"; RISC-V ELF psABI). Reads headers,
/// segments and symbols, and trusts none of them: every offset is checked against the file.
public struct ELFFile: Equatable, Sendable {
    /// A PT_LOAD program header: `file` bytes of the file, then zeros up to `memorySize`.
    public struct Segment: Equatable, Sendable {
        public let physicalAddress: UInt64
        public let virtualAddress: UInt64
        public let file: Range<Int>
        public let memorySize: UInt64
    }

    public struct Symbol: Equatable, Sendable {
        public let name: String
        /// A virtual address.
        public let value: UInt64
        public let size: UInt64
    }

    public let bytes: [UInt8]
    /// The virtual address of the first instruction.
    public let entry: UInt64
    /// Whether it was linked to run anywhere (ET_DYN).
    public let isRelocatable: Bool
    /// In the file's order; none is empty.
    public let segments: [Segment]

    static func hasMagic(_ bytes: [UInt8]) -> Bool { bytes.starts(with: [0x7f, 0x45, 0x4c, 0x46]) }

    private enum Header {
        static let byteCount = 64
        static let class64: UInt8 = 2
        static let littleEndian: UInt8 = 1
        static let machineRISCV: UInt16 = 243
        static let executable: UInt16 = 2
        static let dynamic: UInt16 = 3
        static let programHeaderByteCount = 56
        static let sectionHeaderByteCount = 64
        static let loadSegment: UInt32 = 1
        static let symbolTable: UInt32 = 2
        static let symbolByteCount = 24
    }

    public init(bytes: [UInt8]) throws(ELFError) {
        guard Self.hasMagic(bytes) else { throw .notELF }
        guard bytes.count >= Header.byteCount else { throw .truncated("header") }
        guard bytes[4] == Header.class64 else { throw .not64Bit }
        guard bytes[5] == Header.littleEndian else { throw .bigEndian }
        let type = bytes.littleEndian(UInt16.self, at: 16)!
        let machine = bytes.littleEndian(UInt16.self, at: 18)!
        guard machine == Header.machineRISCV else { throw .wrongArchitecture(machine: machine) }
        guard type == Header.executable || type == Header.dynamic else { throw .notExecutable(type: type) }
        self.bytes = bytes
        isRelocatable = type == Header.dynamic
        entry = bytes.littleEndian(UInt64.self, at: 24)!
        segments = try Self.segments(bytes)
        guard !segments.isEmpty else { throw .noSegments }
    }

    private static func segments(_ bytes: [UInt8]) throws(ELFError) -> [Segment] {
        let tableOffset = bytes.littleEndian(UInt64.self, at: 32)!
        let entryByteCount = Int(bytes.littleEndian(UInt16.self, at: 54)!)
        let count = Int(bytes.littleEndian(UInt16.self, at: 56)!)
        guard count > 0 else { return [] }
        guard entryByteCount == Header.programHeaderByteCount,
            let table = bytes.checkedRange(offset: tableOffset, byteCount: UInt64(count * entryByteCount))
        else { throw .truncated("program headers") }

        var segments: [Segment] = []
        for index in 0..<count {
            let header = table.lowerBound + index * entryByteCount
            guard bytes.littleEndian(UInt32.self, at: header) == Header.loadSegment else { continue }
            func field(_ offset: Int) -> UInt64 { bytes.littleEndian(UInt64.self, at: header + offset)! }
            let fileByteCount = field(32)
            let memorySize = field(40)
            guard let file = bytes.checkedRange(offset: field(8), byteCount: fileByteCount) else {
                throw .truncated("segment \(index)")
            }
            guard memorySize >= fileByteCount else {
                throw .malformed("segment \(index) is larger in the file than in memory")
            }
            guard memorySize > 0 else { continue }
            segments.append(
                Segment(physicalAddress: field(24), virtualAddress: field(16), file: file, memorySize: memorySize))
        }
        return segments
    }

    /// Where a virtual address is loaded; nil when no segment holds it.
    public func physicalAddress(ofVirtual address: UInt64) -> UInt64? {
        for segment in segments where address >= segment.virtualAddress {
            let offset = address - segment.virtualAddress
            if offset < segment.memorySize { return segment.physicalAddress &+ offset }
        }
        return nil
    }
}

// MARK: - Symbols

extension ELFFile {
    /// The symbol of exactly this name, such as `tohost`; nil when there is none, or the file was stripped.
    public func symbol(named name: String) -> Symbol? {
        let wanted = Array(name.utf8)
        var found: Symbol?
        forEachSymbol { nameBytes, value, size in
            guard nameBytes.elementsEqual(wanted) else { return true }
            found = Symbol(name: name, value: value, size: size)
            return false
        }
        return found
    }

    /// Every defined, named symbol, in the file's order.
    public func symbols() -> [Symbol] {
        var all: [Symbol] = []
        forEachSymbol { nameBytes, value, size in
            if !nameBytes.isEmpty {
                all.append(Symbol(name: String(decoding: nameBytes, as: UTF8.self), value: value, size: size))
            }
            return true
        }
        return all
    }

    /// Calls `body` with name, value and size of each defined symbol until it returns false. A damaged symbol table ends
    /// it: symbols are a convenience, and a program without them still runs.
    private func forEachSymbol(_ body: (ArraySlice<UInt8>, UInt64, UInt64) -> Bool) {
        for table in sections() where table.type == Header.symbolTable {
            guard let symbols = bytes.checkedRange(offset: table.offset, byteCount: table.byteCount),
                let names = section(table.link).flatMap({
                    bytes.checkedRange(offset: $0.offset, byteCount: $0.byteCount)
                })
            else { return }
            for index in 0..<symbols.count / Header.symbolByteCount {
                let symbol = symbols.lowerBound + index * Header.symbolByteCount
                let nameOffset = Int(bytes.littleEndian(UInt32.self, at: symbol)!)
                let isDefined = bytes.littleEndian(UInt16.self, at: symbol + 6)! != 0
                guard isDefined, nameOffset < names.count else { continue }
                let name = bytes[(names.lowerBound + nameOffset)..<names.upperBound].prefix { $0 != 0 }
                let value = bytes.littleEndian(UInt64.self, at: symbol + 8)!
                let size = bytes.littleEndian(UInt64.self, at: symbol + 16)!
                guard body(name, value, size) else { return }
            }
        }
    }

    private struct Section {
        let type: UInt32
        let offset: UInt64
        let byteCount: UInt64
        let link: Int
    }

    private var sectionCount: Int { Int(bytes.littleEndian(UInt16.self, at: 60)!) }

    private func sections() -> [Section] { (0..<sectionCount).compactMap(section) }

    private func section(_ index: Int) -> Section? {
        let tableOffset = bytes.littleEndian(UInt64.self, at: 40)!
        let entryByteCount = Int(bytes.littleEndian(UInt16.self, at: 58)!)
        guard index < sectionCount, entryByteCount == Header.sectionHeaderByteCount,
            let table = bytes.checkedRange(offset: tableOffset, byteCount: UInt64(sectionCount * entryByteCount))
        else { return nil }
        let header = table.lowerBound + index * entryByteCount
        return Section(
            type: bytes.littleEndian(UInt32.self, at: header + 4)!,
            offset: bytes.littleEndian(UInt64.self, at: header + 24)!,
            byteCount: bytes.littleEndian(UInt64.self, at: header + 32)!,
            link: Int(bytes.littleEndian(UInt32.self, at: header + 40)!))
    }
}

/// Why a file is not a program for this machine. Reads on after "bare program PATH ...".
public enum ELFError: Error, Equatable, CustomStringConvertible {
    case notELF
    case not64Bit
    case bigEndian
    case wrongArchitecture(machine: UInt16)
    case notExecutable(type: UInt16)
    case truncated(String)
    case malformed(String)
    case noSegments

    public var description: String {
        switch self {
        case .notELF: "is not an ELF file"
        case .not64Bit: "is a 32-bit ELF file; this machine is riscv64"
        case .bigEndian: "is a big-endian ELF file; this machine is little-endian"
        case .wrongArchitecture(let machine):
            "is an ELF file for another architecture (machine \(machine)); this machine is RISC-V (243)"
        case .notExecutable(let type):
            "is an ELF file that is not an executable (type \(type)); link it first"
        case .truncated(let what): "is cut short: its \(what) passes the end of the file"
        case .malformed(let what): "is a damaged ELF file: \(what)"
        case .noSegments: "is an ELF file with nothing to load"
        }
    }
}
