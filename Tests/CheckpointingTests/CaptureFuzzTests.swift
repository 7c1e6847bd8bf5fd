import Foundation
import GuestMemory
import HistoryStore
import Machine
import Testing

@testable import Checkpointing
@testable import RISCV

/// Whatever a guest, devices, the sender and the collector do at the same time: the collector has of every epoch every page
/// as it was in the stun (patents.md, requirements 1 to 17).
@Suite struct CaptureFuzzTests {
    /// How an epoch's pages came to the collector. Every way must have been gone, or the fuzz shows little.
    private struct Ways {
        var counts = CaptureCounts()
        var events = MemoryCollector.Events()
        var queueFullCount = 0

        mutating func add(_ run: RacingRun) {
            counts += run.statistics.capture
            queueFullCount += run.statistics.queueFullCount
            events.differenceCount += run.collector.events.differenceCount
            events.overLimitCount += run.collector.events.overLimitCount
            events.evictionCount += run.collector.events.evictionCount
        }
    }

    @Test func everyEpochIsWhole() throws {
        var ways = Ways()
        for seed in Effort.seeds(400, full: 10_000) {
            let scenario = CaptureScenario(seed: seed)
            let run = try scenario.run()
            ways.add(run)
            #expect(run.complaints == [], "seed \(seed): \(scenario)")
        }
        let counts = ways.counts
        #expect(counts.hotPages > 0)
        // Deferred pages that no write came to.
        #expect(counts.deferredPages > counts.protectFaults)
        #expect(counts.copiedBeforeWrite > 0)
        // Writes that waited for the sender.
        #expect(counts.protectFaults > counts.copiedBeforeWrite)
        #expect(ways.events.differenceCount > 0)
        #expect(ways.events.overLimitCount > 0)
        #expect(ways.events.evictionCount > 0)
        #expect(ways.queueFullCount > 0)
    }
}

/// A guest and how it is recorded, as a seed says.
struct CaptureScenario: CustomStringConvertible {
    let guest: RacingGuest
    private(set) var options: RecorderOptions
    private(set) var behaviour = MemoryCollector.Behaviour()
    /// What the sender does between its claim of a page and its copy.
    private let claimDelay: ClaimDelay

    init(seed: UInt64) {
        var random = SeededGenerator(seed: seed &+ 1_000)
        let epochLength = UInt64(random.pick([700, 3_000, 10_000, 30_000]) + random.below(2000))
        let epochCount = UInt64(5 + random.below(40))
        guest = RacingGuest(seed: seed, stepCount: epochLength * epochCount + 500, isLarge: seed % 10 == 9)
        options = RecorderOptions(boundary: .instructions(epochLength))
        if random.chance(percent: 20) { options.boundary = .rate(hz: random.pick([500, 2000, 10_000])) }
        options.deferral = random.pick([
            .none, .all, .all, .coldDefault,
            .cold(mask: ModificationBits(truncatingIfNeeded: random.next()), count: random.below(5)),
        ])
        options.differences = random.pick([.none, .duringStun, .duringStun, .afterwards, .afterwards])
        options.differenceMemoryBytes = random.pick([0, 1, 5, 40, 4096]) * pageSize
        options.scanThreadCountMax = 1 + random.below(4)
        options.queueCapacityBytes = random.pick([0, 0, 300, 2000]) * pageSize
        behaviour.seed = seed
        behaviour.candidateCountThreshold = random.pick([nil, 0, 0, 1, 2])
        behaviour.randomCandidatePercent = random.pick([0, 0, 10, 100])
        behaviour.randomRemovalPercent = random.pick([0, 0, 5, 50])
        behaviour.delay_us = UInt32(random.pick([0, 0, 0, 100, 1000]))
        behaviour.lagEpochCount = random.pick([0, 0, 1, 4])
        claimDelay = random.pick([.none, .none, .yield(1), .yield(20), .sleep])
        behaviour.holdsBase = claimDelay.action != nil
    }

    /// - Parameter mechanism: what is taken away.
    func run(without mechanism: MechanismTests.Mechanism? = nil) throws -> RacingRun {
        try RacingRun(guest, options, behaviour) { machine, recorder in
            mechanism?.takeAway(machine, recorder)
            if let action = claimDelay.action { recorder.pageCapture.deferredPages.testClaimed = action }
        }
    }

    var description: String { "\(options), \(behaviour), \(claimDelay)" }
}

/// Makes the time longer in which a write can come while the sender is at a page.
enum ClaimDelay {
    case none
    /// Gives the processor away so many times.
    case yield(Int)
    /// Sleeps at every sixteenth page.
    case sleep

    var action: (() -> Void)? {
        switch self {
        case .none: return nil
        case .yield(let count): return { for _ in 0..<count { sched_yield() } }
        case .sleep:
            // The sender's thread alone calls it.
            var claimCount = 0
            return {
                claimCount += 1
                if claimCount % 16 == 0 { usleep(1) }
            }
        }
    }
}
