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

/// The TLB is invisible (patents.md, requirements 20 to 29): guests that edit their page tables in every way come to the same
/// epochs and the same events with any TLB; with T ignored they do not.
@Suite struct TLBFuzzTests {
    /// 200 guests, 10,000 in the nightly form. With `PALIMPSEST_TEST_NO_T=1` this fails, naming epochs and pages.
    @Test(arguments: Effort.seeds(200, full: 10_000))
    func everyTLBGivesTheSameEpochs(seed: UInt64) throws {
        let difference = try TLBFuzz(seed: seed).firstDifference()
        #expect(difference == nil)
    }

    /// Every translation of every TLB against a fresh walk, after every slice and every store to a page table (DESIGN.md,
    /// invariants 1 to 3): a violation ends the process, naming the entry.
    @Test(arguments: Effort.seeds(8, full: 200))
    func everyTranslationIsTrueAtAllTimes(seed: UInt64) throws {
        let fuzz = TLBFuzz(seed: seed)
        for response in TLBSyncResponse.allCases {
            var way = TLBFuzz.Way(tlb: TLBOptions(entryCount: 16, response: response, evictionSeed: seed))
            way.checksAlways = true
            #expect(try fuzz.run(way).epochs.count > 1)
        }
    }

    /// Where epochs end decides neither what the guest does nor which events there are.
    @Test(arguments: Effort.seeds(60, full: 2000))
    func epochsDisturbNothing(seed: UInt64) throws {
        let fuzz = TLBFuzz(seed: seed)
        let quiet = try fuzz.run(TLBFuzz.Way(tlb: TLBOptions(), hasEpochs: false))
        let recorded = try fuzz.run(TLBFuzz.Way(tlb: TLBOptions(), restoresAtEpochs: seed % 2 == 0))
        #expect(recorded.digest == quiet.digest, "seed \(seed)")
        #expect(recorded.events == quiet.events, "seed \(seed)")
        #expect(
            Set(recorded.epochs.flatMap(\.dirtyPages)) == Set(quiet.epochs.flatMap(\.dirtyPages)), "seed \(seed)")
    }

    /// The fuzz proves something only if it fails without the mechanism: then it names an epoch and a page.
    @Test func withoutTTheFuzzDiverges() throws {
        var named: [String] = []
        var violationCount = 0
        for seed: UInt64 in 0..<30 {
            let fuzz = TLBFuzz(seed: seed)
            var reference = TLBFuzz.reference
            (reference.ignoresTablePages, reference.checksInvariants) = (true, false)
            var blind = TLBFuzz.Way(tlb: TLBOptions())
            (blind.ignoresTablePages, blind.checksInvariants) = (true, false)
            if let difference = try fuzz.run(blind).firstDifference(from: fuzz.run(reference)) {
                named.append(difference)
            }
            blind.checksInvariants = true
            do { _ = try fuzz.run(blind) } catch is InvariantViolation { violationCount += 1 }
        }
        #expect(named.count >= 20)
        #expect(named.allSatisfy { $0.hasPrefix("epoch ") })
        #expect(named.contains { $0.contains("page 0x") && $0.hasSuffix("differs") })
        #expect(violationCount >= 20)
    }

    /// The guests must reach what they are meant to reach.
    @Test func theFuzzReachesEveryLevelAndKind() throws {
        var levels: UInt8 = 0
        var kinds: [TLBEvent.Kind: Int] = [:]
        var harts: Set<UInt8> = []
        for seed: UInt64 in 0..<12 {
            for event in try TLBFuzz(seed: seed).run(TLBFuzz.Way(tlb: TLBOptions(entryCount: 64))).events {
                levels |= event.levels
                harts.insert(event.hart)
                kinds[event.kind, default: 0] += 1
            }
        }
        #expect(levels == 15)
        #expect(harts == [0, 1, 2, 3])
        #expect(kinds[.entry, default: 0] > 1000)
        #expect(TLBEvent.Kind.allCases.allSatisfy { kinds[$0, default: 0] > 20 })
    }
}
