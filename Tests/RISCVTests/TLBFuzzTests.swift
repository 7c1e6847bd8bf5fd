import Foundation
import GuestMemory
import Machine
import Testing

@testable import RISCV

/// How many seeds a fuzz test runs: few by default, many in a full run.
enum Effort {
    static let isFull = ProcessInfo.processInfo.environment["PALIMPSEST_FULL_TESTS"] == "1"
    static func seeds(_ usual: UInt64, full: UInt64) -> Range<UInt64> { 0..<(isFull ? full : usual) }
}

/// The TLB is invisible (patents.md, requirements 20 to 28): guests that edit their page tables in every way come to
/// the same state with any TLB, with any epochs, or with T ignored they do not.
@Suite struct TLBFuzzTests {
    /// What happens to a machine at given icounts, from outside.
    enum Interference {
        case epochEnd
        case write(GuestPhysicalAddress, UInt64)
    }

    struct Outcome: Equatable {
        var digest: MachineDigest
        var events: [TLBEvent]
        var dirtyPages: [[UInt64]]
    }

    static let steps: UInt64 = 12_000

    private func run(
        seed: UInt64, tlb: Int, interferences: [(icount: UInt64, what: Interference)] = [],
        ignoresTablePages: Bool = false,
        checks: Bool = true
    ) throws -> Outcome {
        let hartCount = Int(seed % 4) + 1
        let machine = try Machine(
            configuration: MachineConfiguration(
                memoryByteCount: 4 << 20, hartCount: hartCount, quantum: 30 + seed % 170, hasBuiltInFirmware: false),
            options: EngineOptions(tlbEntryCount: tlb))
        machine.cluster.recordsTLBEvents = true
        machine.cluster.testIgnoresTablePages = ignoresTablePages
        machine.cluster.testAssertsInvariants = !ignoresTablePages
        var guest = PageTableGuest(seed: seed, hartCount: hartCount)
        try guest.place(in: machine)
        var dirtyPages: [[UInt64]] = []
        for (icount, what) in interferences {
            _ = try machine.run(until: icount)
            #expect(machine.icount == icount)
            if checks { try machine.cluster.checkInvariants() }
            switch what {
            case .epochEnd:
                dirtyPages.append(Array(machine.memory.scanAndClear()))
                machine.cluster.flushAtEpochEnd()
            case .write(let address, let value):
                withUnsafeBytes(of: value.littleEndian) {
                    #expect(machine.cluster.writeFromOutside(machine.cluster.harts[0], address, $0))
                }
            }
            if checks { try machine.cluster.checkInvariants() }
        }
        #expect(try machine.run(until: Self.steps) == .icountReached)
        if checks { try machine.cluster.checkInvariants() }
        dirtyPages.append(Array(machine.memory.scanAndClear()))
        let events = machine.takeTLBEvents().map { event in
            var event = event
            event.droppedCount = 0
            return event
        }
        return Outcome(digest: try machine.digest(), events: events, dirtyPages: dirtyPages)
    }

    private func interferences(seed: UInt64, writes: Bool, epochs: Int) -> [(icount: UInt64, what: Interference)] {
        var random = SeededGenerator(seed: seed &+ 5)
        var guest = PageTableGuest(seed: seed &+ 99, hartCount: 1)
        var list: [(icount: UInt64, what: Interference)] = []
        if writes {
            for _ in 0..<6 {
                let entry = random.pick(PageTableGuest.leaves) + UInt64(random.below(8)) * 8
                list.append(
                    (1 + random.next() % (Self.steps - 1), .write(GuestPhysicalAddress(entry), guest.leafEntry())))
            }
        }
        var epochIcounts = SeededGenerator(seed: seed &+ 7)
        for _ in 0..<epochs { list.append((1 + epochIcounts.next() % (Self.steps - 1), .epochEnd)) }
        return list.sorted { $0.icount < $1.icount }
    }

    @Test(arguments: Effort.seeds(150, full: 5000))
    func everyTLBGivesTheSameGuest(seed: UInt64) throws {
        let interferences = interferences(seed: seed, writes: true, epochs: 3)
        let reference = try run(seed: seed, tlb: 0, interferences: interferences)
        for tlb in [1, 16, 256, 4096] where tlb < 4096 || seed % 4 == 0 {
            let outcome = try run(seed: seed, tlb: tlb, interferences: interferences)
            #expect(outcome.digest == reference.digest, "seed \(seed), \(tlb) entries: another state")
            #expect(outcome.events == reference.events, "seed \(seed), \(tlb) entries: other TLB events")
            #expect(outcome.dirtyPages == reference.dirtyPages, "seed \(seed), \(tlb) entries: other dirty pages")
        }
    }

    @Test(arguments: Effort.seeds(60, full: 2000))
    func epochsDisturbNothing(seed: UInt64) throws {
        let quiet = interferences(seed: seed, writes: true, epochs: 0)
        let reference = try run(seed: seed, tlb: 256, interferences: quiet)
        let recorded = try run(seed: seed, tlb: 256, interferences: interferences(seed: seed, writes: true, epochs: 25))
        #expect(recorded.digest == reference.digest, "seed \(seed)")
        #expect(Set(recorded.dirtyPages.joined()) == Set(reference.dirtyPages.joined()), "seed \(seed)")
    }

    /// The fuzz proves something only if it fails without the mechanism.
    @Test func withoutTTheFuzzFails() throws {
        var divergentCount = 0
        var violationCount = 0
        for seed: UInt64 in 0..<30 {
            let reference = try run(seed: seed, tlb: 0)
            let blind = try run(seed: seed, tlb: 256, ignoresTablePages: true, checks: false)
            if blind.digest != reference.digest { divergentCount += 1 }
            do {
                _ = try run(seed: seed, tlb: 256, interferences: [(6000, .epochEnd)], ignoresTablePages: true)
            } catch is InvariantViolation { violationCount += 1 }
        }
        #expect(divergentCount >= 20)
        #expect(violationCount >= 20)
    }

    /// The guests must reach what they are meant to reach.
    @Test func theFuzzReachesEveryLevel() throws {
        var levels: UInt8 = 0
        var eventCount = 0
        var harts: Set<UInt8> = []
        for seed: UInt64 in 0..<12 {
            let events = try run(seed: seed, tlb: 64).events
            eventCount += events.count
            for event in events {
                levels |= event.levels
                harts.insert(event.hart)
            }
        }
        #expect(levels == 15)
        #expect(harts == [0, 1, 2, 3])
        #expect(eventCount > 1000)
    }
}
