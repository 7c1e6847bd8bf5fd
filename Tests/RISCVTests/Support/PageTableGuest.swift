import GuestMemory
import Machine

@testable import RISCV

/// Generates guests that edit their page tables at every level while they use them, with and without SFENCE.VMA.
///
///     0x8000_8000  M-mode: trap handler        0x8020_0000  tables: two roots, two of level 1, four of level 0
///     0x8001_0000  S-mode: a program a hart    0x8020_8000  data pages      0x8021_0000  pages of tiny functions
///
/// A root of level 3 stands above them at 0x8021_8000, so that the same window exists under Sv39 and Sv48.
///
/// The programs run through an identity gigapage and play with a window at 0x4000_0000, whose entries are aliases of
/// data, of functions and of the tables themselves.
struct PageTableGuest {
    static let handler: UInt64 = 0x8000_8000
    static let programs: UInt64 = 0x8001_0000
    static let programStride: UInt64 = 0x8000
    static let tables: UInt64 = 0x8020_0000
    static let data: UInt64 = 0x8020_8000
    static let functions: UInt64 = 0x8021_0000
    static let window: UInt64 = 0x4000_0000
    static let identity: UInt64 = 0x8000_0000 >> 2 | 0xcf
    static let dataPageCount = 8
    static let functionPageCount = 4

    static let roots = [tables, tables + 0x1000]
    static let middles = [tables + 0x2000, tables + 0x3000]
    static let leaves = (4..<8).map { tables + UInt64($0) * 0x1000 }

    /// A root of Sv48 above the two of Sv39.
    static let top: UInt64 = 0x8021_8000

    let hartCount: Int
    private var random: SeededGenerator

    init(seed: UInt64, hartCount: Int) {
        self.hartCount = hartCount
        random = SeededGenerator(seed: seed &* 977 &+ 13)
    }

    // MARK: Placing it

    /// Loads tables, pages and programs, and starts every hart in S-mode.
    mutating func place(in machine: Machine) throws {
        let handler = Self.makeHandler()
        try Self.put(machine, handler.base, handler.bytes)
        try placeTables(machine)
        try placePages(machine)
        for hart in 0..<hartCount {
            let base = Self.programs + UInt64(hart) * Self.programStride
            let program = makeProgram(at: base)
            precondition(program.bytes.count < Int(Self.programStride))
            try Self.put(machine, base, program.bytes)
            let h = machine.cluster.harts[hart]
            machine.cluster.resetToSupervisor(h, pc: base)
            h.pointee.mtvec = Self.handler
            h.pointee.medeleg = 0
            h.pointee.mstatus |= MStatus.fs
            h.pointee.satp = 8 << 60 | Self.roots[0] >> 12
            machine.cluster.stateReplaced(h)
        }
    }

    static func put(_ machine: Machine, _ address: UInt64, _ bytes: [UInt8]) throws {
        try bytes.withUnsafeBytes { try machine.memory.load(GuestPhysicalAddress(address), $0) }
    }

    private static func put(_ machine: Machine, entry index: UInt64, of table: UInt64, _ value: UInt64) throws {
        try put(machine, table + index * 8, withUnsafeBytes(of: value.littleEndian) { Array($0) })
    }

    private mutating func placeTables(_ machine: Machine) throws {
        try Self.put(machine, entry: 0, of: Self.top, Self.roots[1] >> 2 | 1)
        for (root, middle) in zip(
            Self.roots, random.chance(percent: 50) ? [Self.middles[0], Self.middles[0]] : Self.middles)
        {
            try Self.put(machine, entry: 1, of: root, middle >> 2 | 1)
            try Self.put(machine, entry: 2, of: root, Self.identity)
        }
        for middle in Self.middles {
            for index in 0..<3 {
                try Self.put(machine, entry: UInt64(index), of: middle, random.pick(Self.leaves) >> 2 | 1)
            }
        }
        for leaf in Self.leaves {
            for index in 0..<8 { try Self.put(machine, entry: UInt64(index), of: leaf, leafEntry()) }
        }
    }

    /// Functions return a number of their page's own; the first instruction of each may begin in the page before.
    private mutating func placePages(_ machine: Machine) throws {
        for page in 0..<Self.functionPageCount {
            let base = Self.functions + UInt64(page) * 0x1000
            let number = UInt16(page + 1)
            try Self.put(machine, base, Self.halfwords([number << 4 | 5, 0x0505 + number << 2, 0x8082]))
            try Self.put(machine, base + 0xffc, Self.halfwords([0x0001, 0x0513]))
        }
        for page in 0..<Self.dataPageCount {
            let words = (0..<512).map { _ in random.next() & 0xffff_ffff_0000_ffff }
            try Self.put(
                machine, Self.data + UInt64(page) * 0x1000, words.flatMap { w in withUnsafeBytes(of: w) { Array($0) } })
        }
    }

    private static func halfwords(_ values: [UInt16]) -> [UInt8] {
        values.flatMap { [UInt8(truncatingIfNeeded: $0), UInt8($0 >> 8)] }
    }

    // MARK: The handler

    /// Hashes the trap into x27, repairs the identity mapping when the program lost it, and goes on behind the
    /// instruction, or where x1 says when that was not in a program. Uses x28 to x31.
    private static func makeHandler() -> Program {
        var p = Program(at: handler)
        p.csrr(31, CSRNumber.mcause)
        p.csrr(30, CSRNumber.mtval)
        p.slli(27, 27, 1)
        p.xor(27, 27, 31)
        p.add(27, 27, 30)
        p.csrr(30, CSRNumber.mepc)
        p.li(29, programs)
        p.sub(28, 30, 29)
        p.srli(28, 28, 18)
        let outside = p.here
        p.nop()
        p.addi(31, 31, -12)
        let noRepair = p.here
        p.nop()
        p.li(29, identity)
        p.li(28, roots[0])
        p.store(8, 29, 28, 16)
        p.li(28, roots[1])
        p.store(8, 29, 28, 16)
        p.li(29, 8 << 60 | roots[0] >> 12)
        p.csrw(CSRNumber.satp, 29)
        p.mret()
        let skip = p.here
        p.patch(noRepair) { $0.bne(31, 0, to: skip) }
        p.addi(30, 30, 4)
        p.csrw(CSRNumber.mepc, 30)
        p.mret()
        let leave = p.here
        p.patch(outside) { $0.bne(28, 0, to: leave) }
        p.csrw(CSRNumber.mepc, 1)
        p.mret()
        return p
    }

    // MARK: The programs

    private mutating func makeProgram(at base: UInt64) -> Program {
        var p = Program(at: base)
        p.li(18, base)
        // Few places, visited often: only then does a stale translation show.
        let places = (0..<5).map { _ in windowAddress() }
        let loop = p.here
        for _ in 0..<40 { emitStep(&p, places) }
        p.jal(0, to: loop)
        return p
    }

    private mutating func emitStep(_ p: inout Program, _ places: [UInt64]) {
        switch random.below(100) {
        case ..<30: emitEntryStore(&p)
        case ..<38: emitClearAccessedOrDirty(&p)
        case ..<62: emitLoad(&p, random.pick(places))
        case ..<76: emitStore(&p, random.pick(places))
        case ..<86: emitCall(&p, random.pick(places))
        case ..<89: p.sfence()
        case ..<93:
            p.li(5, addressSpace())
            p.csrw(CSRNumber.satp, 5)
        case ..<97:
            p.li(5, random.pick([MStatus.sum, MStatus.mxr]))
            if random.chance(percent: 65) { p.csrs(CSRNumber.sstatus, 5) } else { p.csrc(CSRNumber.sstatus, 5) }
        default:
            // A new number in a function, in place.
            p.li(5, Self.functions + UInt64(random.below(Self.functionPageCount)) * 0x1000)
            p.li(6, UInt64(random.below(256)) << 4 | 5)
            p.store(2, 6, 5)
        }
    }

    /// A value of satp.
    private mutating func addressSpace() -> UInt64 {
        let identifier = UInt64(random.below(3)) << 44
        if random.chance(percent: 35) { return 9 << 60 | identifier | Self.top >> 12 }
        return 8 << 60 | identifier | random.pick(Self.roots) >> 12
    }

    private mutating func windowAddress() -> UInt64 {
        Self.window + UInt64(random.below(3)) << 21 + UInt64(random.below(8)) << 12 + UInt64(random.below(512)) * 8
    }

    private mutating func emitLoad(_ p: inout Program, _ place: UInt64) {
        let size = random.pick([1, 2, 4, 8, 8])
        p.li(5, place &+ (random.chance(percent: 20) ? UInt64(random.below(8)) : 0))
        p.load(size, 6, 5)
        p.slli(18, 18, 1)
        p.xor(18, 18, 6)
    }

    private mutating func emitStore(_ p: inout Program, _ place: UInt64) {
        p.li(5, place &+ (random.chance(percent: 20) ? UInt64(random.below(8)) : 0))
        // Whatever page this reaches: also a table, through an alias.
        p.li(6, random.chance(percent: 70) ? leafEntry() : random.next() & 0xffff_ffff_0000_ffff)
        p.store(random.pick([1, 2, 4, 8, 8]), 6, 5)
    }

    private mutating func emitCall(_ p: inout Program, _ place: UInt64) {
        p.li(5, place & ~0xfff | random.pick([2, 2, 0xffc]))
        p.li(10, 0)
        p.jalr(1, 5)
        p.slli(18, 18, 1)
        p.xor(18, 18, 10)
    }

    private mutating func emitClearAccessedOrDirty(_ p: inout Program) {
        let (table, index) = entryPlace()
        p.li(5, table + index * 8)
        p.addi(6, 0, random.pick([-65, -129, -193]))
        p.atomic(12, 8, 7, 5, 6)
    }

    private mutating func entryPlace() -> (table: UInt64, index: UInt64) {
        switch random.below(12) {
        case 0: (random.pick(Self.roots), 1)
        case 1: (Self.top, 0)
        case ..<5: (random.pick(Self.middles), UInt64(random.below(3)))
        default: (random.pick(Self.leaves), UInt64(random.below(8)))
        }
    }

    /// Writes an entry in one of the ways in which a hart can write.
    private mutating func emitEntryStore(_ p: inout Program) {
        let (table, index) = entryPlace()
        let value = entry(of: table)
        p.li(5, table + index * 8)
        p.li(6, value)
        switch random.below(10) {
        case 9:
            // Over the end of the page before and the table's first entry.
            p.li(5, table - 4)
            p.store(8, 6, 5)
        case 0: p.store(4, 6, 5)
        case 1: p.store(1, 6, 5)
        case 2:
            // Over two entries: the high half of this one, the low half of the next.
            p.store(8, 6, 5, 4)
        case 3: p.atomic(1, 8, 7, 5, 6)
        case 4: p.atomic(4, 4, 7, 5, 6)
        case 5:
            p.atomic(2, 8, 7, 5, 0)
            p.atomic(3, 8, 7, 5, 6)
        case 6:
            p.floatFromInteger(1, 6)
            p.floatStore(1, 5)
        default: p.store(8, 6, 5)
        }
    }

    // MARK: Entries

    private mutating func entry(of table: UInt64) -> UInt64 {
        if table == Self.top { return random.pick(Self.roots) >> 2 | 1 }
        if Self.roots.contains(table) { return rootEntry() }
        return Self.middles.contains(table) ? middleEntry() : leafEntry()
    }

    mutating func leafEntry() -> UInt64 {
        let page: UInt64
        switch random.below(10) {
        case ..<5: page = Self.data + UInt64(random.below(Self.dataPageCount)) * 0x1000
        case ..<8: page = Self.functions + UInt64(random.below(Self.functionPageCount)) * 0x1000
        default: page = Self.tables + UInt64(random.below(8)) * 0x1000
        }
        return page >> 2
            | random.pick([0xcf, 0xcf, 0xcf, 0xc7, 0x47, 0x0f, 0x07, 0xdf, 0xd7, 0xcb, 0x49, 0xc3, 0x00, 0x04, 0xef])
    }

    private mutating func middleEntry() -> UInt64 {
        switch random.below(8) {
        case ..<5: random.pick(Self.leaves) >> 2 | 1
        // A superpage over the tables, and a misaligned one.
        case 5: Self.tables >> 2 | random.pick([0xcf, 0xc7, 0x07])
        case 6: Self.data >> 2 | 0xcf
        // A table of another level.
        default: random.pick(Self.roots + Self.middles) >> 2 | random.pick([0, 1])
        }
    }

    private mutating func rootEntry() -> UInt64 {
        random.chance(percent: 80)
            ? random.pick(Self.middles + [Self.roots[0]]) >> 2 | 1
            : random.pick([Self.identity, 0, Self.tables >> 2 | 1])
    }
}
