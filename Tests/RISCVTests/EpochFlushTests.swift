import GuestMemory
import Testing

@testable import RISCV

/// Clearing A and D must be followed by a flush of the TLBs (patents.md, requirement 4).
@Suite struct EpochFlushTests {
    /// A guest that stores to the same page for ever.
    private func makeBench() throws -> Bench {
        let bench = try Bench()
        var p = Program(at: Bench.base)
        p.li(5, Bench.base + 0x10_0000)
        let loop = p.here
        p.addi(6, 6, 1)
        p.store(8, 6, 5)
        p.jal(0, to: loop)
        try bench.load(p)
        return bench
    }

    private static let written = (Bench.base + 0x10_0000) >> 12

    @Test func withTheFlushNoWriteIsLost() throws {
        let bench = try makeBench()
        for _ in 0..<5 {
            bench.run(1000)
            #expect(bench.memory.scanAndClear().contains(Self.written))
            bench.cluster.flushTranslations()
            bench.checkInvariants()
        }
    }

    /// Removes the mechanism: the write must then go missing, and the invariants must say so.
    @Test func withoutTheFlushAWriteIsLost() throws {
        let bench = try makeBench()
        bench.run(1000)
        #expect(bench.memory.scanAndClear().contains(Self.written))
        let before = try bench.peek(Self.written << 12)
        #expect(throws: InvariantViolation.self) { try bench.cluster.checkInvariants() }
        bench.cluster.testAssertsInvariants = false
        _ = bench.cluster.run(bench.h, budget: 1000)
        #expect(try bench.peek(Self.written << 12) > before)
        #expect(!bench.memory.scanAndClear().contains(Self.written))
    }

    /// T outlives the flush, so that stores to tables are seen before the next walk.
    @Test func theFlushKeepsT() throws {
        let bench = try PagingBench()
        bench.b.run(to: bench.enter { $0.load(8, 6, 5) })
        let tables = [PagingBench.root, PagingBench.middle, PagingBench.leaf].map { $0 >> 12 }
        #expect(bench.b.cluster.tablePages.keys.sorted() == tables)
        bench.b.cluster.flushTranslations()
        #expect(bench.b.cluster.tablePages.keys.sorted() == tables)
        bench.b.checkInvariants()
    }

    /// A write from outside is a write of the epoch (requirement 5), wherever it lies.
    @Test func writesFromOutsideAreDirty() throws {
        let bench = try makeBench()
        bench.run(100)
        _ = bench.memory.scanAndClear()
        bench.cluster.flushTranslations()
        let bytes = [UInt8](repeating: 9, count: 5000)
        let address = GuestPhysicalAddress(Bench.base + 0x3ff0)
        #expect(bytes.withUnsafeBytes { bench.cluster.writeFromOutside(bench.h, address, $0) })
        #expect(Array(bench.memory.scanAndClear()) == [3, 4, 5].map { Bench.base >> 12 + $0 })
        let outside = GuestPhysicalAddress(Bench.base + 16 << 20 - 8)
        #expect(!bytes.withUnsafeBytes { bench.cluster.writeFromOutside(bench.h, outside, $0) })
        #expect(bench.memory.scanAndClear().isEmpty)
    }
}
