import GuestMemory
import Testing

@testable import RISCV

/// A bench in S-mode under Sv39: identity for 0x8000_0000, and 0x4000_0000 mapped page by page.
///
///     root 0x8010_0000 ─[1]─▶ middle 0x8010_1000 ─[0]─▶ leaf table 0x8010_2000 ─[n]─▶ page n of 0x8020_0000
///          └─[2]─▶ identity gigapage
final class PagingBench {
    static let root: UInt64 = 0x8010_0000
    static let middle: UInt64 = 0x8010_1000
    static let leaf: UInt64 = 0x8010_2000
    static let pages: UInt64 = 0x8020_0000
    static let window: UInt64 = 0x4000_0000
    /// D A X W R V.
    static let all: UInt64 = 0xcf
    static let trapVector: UInt64 = 0x8000_f000

    let b: Bench

    init(harts: Int = 1, tlb: Int = 256) throws {
        b = try Bench(harts: harts, tlb: tlb)
        try b.poke(Self.root + 8, Self.middle >> 2 | 1)
        try b.poke(Self.root + 16, 0x8000_0000 >> 2 | Self.all)
        try b.poke(Self.middle, Self.leaf >> 2 | 1)
        for page: UInt64 in 0..<8 {
            try b.poke(Self.leaf + page * 8, (Self.pages + page * 0x1000) >> 2 | Self.all)
            try b.poke(Self.pages + page * 0x1000, 100 + page)
        }
        for h in b.cluster.harts { supervise(h) }
    }

    private func supervise(_ h: Hart) {
        h.pointee.privilege = .supervisor
        h.pointee.satp = 8 << 60 | Self.root >> 12
        h.pointee.mtvec = Self.trapVector
        b.cluster.stateReplaced(h)
    }

    /// Loads a program at `address` and points a hart there; x5 holds the window's address.
    /// - Returns: the address behind the program.
    func enter(at address: UInt64 = Bench.base, hart: Int = 0, _ make: (inout Program) -> Void) -> UInt64 {
        var p = Program(at: address)
        make(&p)
        // As a debugger would: the code may have been decoded before.
        p.bytes.withUnsafeBytes { _ = b.cluster.writeFromOutside(b.h, GuestPhysicalAddress(address), $0) }
        let h = b.cluster.harts[hart]
        h.pointee.pc = address
        h.pointee.x[5] = Self.window
        return p.here
    }

    /// Runs a program of one line to its end and gives x6.
    func result(sourceLocation: SourceLocation = #_sourceLocation, _ make: (inout Program) -> Void) -> UInt64 {
        b.run(to: enter(make), sourceLocation: sourceLocation)
        return b.x(6)
    }

    /// Executes one instruction and gives the cause of the trap it took, or nil.
    func trap(_ make: (inout Program) -> Void) -> UInt64? {
        _ = enter(make)
        let count = b.h.pointee.trapCount
        b.run(1)
        guard b.h.pointee.trapCount > count else { return nil }
        let cause = b.h.pointee.mcause
        supervise(b.h)
        return cause
    }
}
