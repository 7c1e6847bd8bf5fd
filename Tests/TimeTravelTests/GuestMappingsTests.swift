import GuestMemory
import RISCV
import Testing

@testable import TimeTravel

/// What a page table maps, walked from whatever a guest left in memory.
@Suite struct GuestMappingsTests {
    /// RAM of 16 MiB with page tables in it, by page.
    private struct Tables {
        static let ram: Range<UInt64> = 0x8000_0000..<0x8100_0000
        var pages: [UInt64: [UInt64]] = [:]

        /// A table at the n-th page of RAM.
        mutating func set(_ table: UInt64, _ index: Int, _ entry: UInt64) {
            pages[0x80000 + table, default: [UInt64](repeating: 0, count: 512)][index] = entry
        }

        static func pointer(_ table: UInt64) -> UInt64 { (0x80000 + table) << 10 | 1 }
        static func leaf(_ address: UInt64, _ flags: UInt64 = 0xc7) -> UInt64 { address >> 2 | flags }

        func walk(mode: UInt64 = 8) -> GuestMappings {
            GuestMappings(satp: mode << 60 | 0x80000, ram: Self.ram) { page, destination in
                #expect(Self.ram.contains(page.baseAddress.rawValue))
                let words = pages[page.number] ?? [UInt64](repeating: 0, count: 512)
                words.withUnsafeBytes { destination.copyMemory(from: $0.baseAddress!, byteCount: pageSize) }
            }
        }
    }

    private func run(_ virtual: UInt64, _ physical: UInt64, _ byteCount: UInt64, rights: UInt64 = 6) -> GuestMapping {
        GuestMapping(
            virtual: GuestVirtualAddress(virtual), physical: GuestPhysicalAddress(physical), byteCount: byteCount,
            rights: rights)
    }

    @Test func neighboursAreJoinedWhereRightsAreTheSame() {
        var tables = Tables()
        tables.set(0, 1, Tables.pointer(1))
        tables.set(1, 0, Tables.pointer(2))
        for index in 0..<4 { tables.set(2, 508 + index, Tables.leaf(0x8010_0000 + UInt64(index) << 12)) }
        tables.set(1, 1, Tables.pointer(3))
        tables.set(3, 0, Tables.leaf(0x8010_4000))
        tables.set(3, 1, Tables.leaf(0x8010_5000, 0x4b))
        tables.set(3, 2, Tables.leaf(0x8010_7000, 0x4b))
        let found = tables.walk()
        #expect(found.isComplete)
        #expect(
            found.runs
                == [
                    run(0x401f_c000, 0x8010_0000, 0x5000), run(0x4020_1000, 0x8010_5000, 0x1000, rights: 10),
                    run(0x4020_2000, 0x8010_7000, 0x1000, rights: 10),
                ].map { run in
                    var run = run
                    run.rights &= PTE.read | PTE.write | PTE.execute
                    return run
                })
    }

    @Test func theLastAddressAndTheFirstAreNoNeighbours() {
        var tables = Tables()
        for (root, middle) in [(511, UInt64(1)), (0, 3)] {
            tables.set(0, root, Tables.pointer(middle))
            let index = root == 511 ? 511 : 0
            tables.set(middle, index, Tables.pointer(middle + 1))
            tables.set(middle + 1, index, Tables.leaf(root == 511 ? 0x8010_0000 : 0x8010_1000))
        }
        #expect(
            tables.walk().runs == [
                run(0, 0x8010_1000, 0x1000), run(0xffff_ffff_ffff_f000, 0x8010_0000, 0x1000),
            ])
    }

    @Test func whatIsNotRAMIsLeftOut() {
        var tables = Tables()
        tables.set(0, 0, Tables.leaf(0x0, 0xcf))  // 1 GiB of devices
        tables.set(0, 1, Tables.leaf(0x8000_0000, 0xcf))  // 1 GiB, of which 16 MiB are RAM
        tables.set(0, 2, Tables.leaf(0x8020_0000, 0xcf))  // out of line
        tables.set(0, 3, Tables.leaf(0x8000_0000, 0xc5))  // W without R
        tables.set(0, 4, Tables.leaf(0x8000_0000) | 1 << 63)  // Svnapot, which the machine has not
        tables.set(0, 5, 0x1000_0000 >> 2 | 1)  // a table among the devices
        tables.set(0, 6, UInt64.max & ~0x3ff | 1)
        tables.set(0, 7, Tables.leaf(0x8000_0000, 0xc6))  // V is clear
        #expect(tables.walk().runs == [run(0x4000_0000, 0x8000_0000, 0x100_0000, rights: 14)])
        #expect(tables.walk(mode: 0).runs.isEmpty && tables.walk(mode: 3).runs.isEmpty)
        let outside = GuestMappings(satp: 8 << 60 | 0xfff_ffff_ffff, ram: Tables.ram) { _, _ in
            Issue.record("nothing is to be read")
        }
        #expect(outside.runs.isEmpty && outside.isComplete)
    }

    /// Every entry of a table names the table itself: 512 to the power of the levels below the root.
    @Test(arguments: [8, 9, 10] as [UInt64], [false, true])
    func tablesThatContainThemselves(mode: UInt64, withLeaves: Bool) {
        var tables = Tables()
        for index in 0..<512 {
            let entry =
                withLeaves && index % 3 == 1 ? Tables.leaf(0x8000_0000 + UInt64(index ^ 1) << 12) : Tables.pointer(0)
            tables.set(0, index, entry)
        }
        let begin = ContinuousClock.now
        let found = tables.walk(mode: mode)
        #expect(ContinuousClock.now - begin < .seconds(10))
        #expect(!found.isComplete && found.runs.count <= GuestMappings.runCountMax)
        #expect(found.runs.isEmpty != withLeaves)
        #expect(zip(found.runs, found.runs.dropFirst()).allSatisfy { $0.virtual + $0.byteCount <= $1.virtual })
    }

    @Test func ramIsThereByItsOwnAddressesWhereNothingIsMapped() {
        let ram = Tables.ram
        #expect(ELFCore.segments([], ram: ram) == [run(ram.lowerBound, ram.lowerBound, 0x100_0000, rights: 14)])
        let mapped = [
            run(0x1000, 0x8000_5000, 0x1000), run(0x7fff_f000, 0x8000_0000, 0x2000),
            run(0x8000_3000, 0x8000_9000, 0x1000),
            run(0x80ff_f000, 0x8000_2000, 0x3000), run(0xffff_ffff_ffff_f000, 0x8000_0000, 0x1000),
        ]
        let segments = ELFCore.segments(mapped, ram: ram)
        #expect(
            segments == [
                mapped[0], mapped[1], run(0x8000_1000, 0x8000_1000, 0x2000, rights: 14), mapped[2],
                run(0x8000_4000, 0x8000_4000, 0xff_b000, rights: 14), mapped[3], mapped[4],
            ])
    }
}
