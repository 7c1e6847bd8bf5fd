import Testing

@testable import GuestMemory

/// The shift register of each page (patents.md, requirement 7), against one that is shifted in every interval.
@Suite struct ModificationHistoryTests {
    @Test(arguments: 0..<8)
    func isWhatShiftingEveryIntervalGives(seed: Int) throws {
        var random = SeededGenerator(seed: UInt64(seed))
        let memory = try makeMemory(mebibytes: 1)
        let history = try ModificationHistory(of: memory)
        var registers = [UInt8](repeating: 0, count: 16)
        var interval: UInt64 = 0
        for _ in 0..<500 {
            let skipped = random.below(3) == 0 ? random.below(12) : 0
            for _ in 0...skipped { for page in 0..<16 { registers[page] <<= 1 } }
            interval += skipped + 1
            for page in 0..<16 where random.below(UInt64(page) + 1) == 0 {
                registers[page] |= 1
                let bits = history.noteModification(page: memory.firstPage + UInt64(page), interval: interval)
                #expect(bits == registers[page])
            }
            for page in 0..<16 {
                let number = GuestPhysicalPage(memory.firstPage + UInt64(page))
                #expect(history.bits(page: number, interval: interval) == registers[page])
            }
        }
    }

    /// After any gap of eight intervals and more nothing is left, however long the gap.
    @Test func longAgoIsForgotten() throws {
        let memory = try makeMemory(mebibytes: 1)
        let history = try ModificationHistory(of: memory)
        for gap: UInt64 in [8, 64, 256, 1 << 40] {
            #expect(history.noteModification(page: memory.firstPage, interval: 5) & 1 == 1)
            #expect(history.bits(page: GuestPhysicalPage(memory.firstPage), interval: 5 + gap) == 0)
        }
    }
}
