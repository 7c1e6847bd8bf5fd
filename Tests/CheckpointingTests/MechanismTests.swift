import GuestMemory
import Machine
import Testing

@testable import Checkpointing
@testable import RISCV

/// With a mechanism taken away the comparison of the fuzz must fail; otherwise it proves nothing. With it, it must not.
@Suite struct MechanismTests {
    enum Mechanism: CaseIterable {
        /// Requirement 4.
        case epochFlush
        /// Requirement 5.
        case deviceRule
        /// Requirement 9.
        case copyBeforeWrite

        func takeAway(_ machine: Machine, _ recorder: Recorder) {
            // Debug builds would stop at once and not tell what it leads to.
            machine.cluster.testAssertsInvariants = false
            switch self {
            case .epochFlush: machine.cluster.testOmitsEpochFlush = true
            case .deviceRule: machine.cluster.testOmitsDeviceRule = true
            case .copyBeforeWrite: recorder.pageCapture.deferredPages.testSkipsCopyBeforeWrite = true
            }
        }
    }

    private static let epochLength: UInt64 = 3_000

    /// A count in each of 64 pages, again and again.
    private var countingGuest: RacingGuest {
        RacingGuest(
            jobs: [RacingGuest.Job(routine: .counters, pageMask: 63, repeatCount: 64)],
            stepCount: 20 * Self.epochLength)
    }

    /// Devices write where no hart does.
    private var idleGuest: RacingGuest {
        let jobs = [RacingGuest.Job(routine: .rest, pageMask: 0, repeatCount: 1000)]
        var guest = RacingGuest(jobs: jobs, stepCount: 20 * Self.epochLength)
        guest.outsideWrites = (1...10).map { number in
            RacingGuest.OutsideWrite(
                icount: number * 5_000, address: RacingGuest.mailboxes + number * 1000,
                bytes: [UInt8](repeating: UInt8(number), count: 700))
        }
        return guest
    }

    private func options(_ deferral: DeferralRule) -> RecorderOptions {
        RecorderOptions(boundary: .instructions(Self.epochLength), deferral: deferral)
    }

    @Test func withoutTheFlushWritesAreLost() throws {
        #expect(try RacingRun(countingGuest, options(.none)).complaints == [])
        let run = try RacingRun(countingGuest, options(.none), preparation: Mechanism.epochFlush.takeAway)
        let difference = try #require(run.firstDifference())
        #expect(difference.contains("was not dirty"))
    }

    /// Or they reach pages that are protected, which are then sent as they are later.
    @Test func withoutTheFlushWritesPassTheProtection() throws {
        #expect(try RacingRun(countingGuest, options(.all)).complaints == [])
        let run = try RacingRun(countingGuest, options(.all), preparation: Mechanism.epochFlush.takeAway)
        #expect(run.firstDifference() != nil)
    }

    @Test(arguments: [DeferralRule.none, .all])
    func withoutTheDeviceRuleWritesAreLost(deferral: DeferralRule) throws {
        #expect(try RacingRun(idleGuest, options(deferral)).complaints == [])
        let run = try RacingRun(idleGuest, options(deferral), preparation: Mechanism.deviceRule.takeAway)
        let difference = try #require(run.firstDifference())
        #expect(difference.contains("was not dirty"))
    }

    /// The collector holds every epoch so long that writes come to deferred pages before the sender does.
    @Test func withoutTheCopyADeferredPageIsOfAnotherEpoch() throws {
        var behaviour = MemoryCollector.Behaviour()
        behaviour.delay_us = 3_000
        var options = options(.all)
        options.differences = .none
        let whole = try RacingRun(countingGuest, options, behaviour)
        #expect(whole.complaints == [])
        #expect(whole.statistics.capture.copiedBeforeWrite > 0)
        let run = try RacingRun(countingGuest, options, behaviour, preparation: Mechanism.copyBeforeWrite.takeAway)
        let difference = try #require(run.firstDifference())
        #expect(difference.contains("was dirty"))
    }

    /// Not only guests made for it: the fuzz's own show it too.
    @Test(arguments: Mechanism.allCases)
    func theFuzzFailsWithout(mechanism: Mechanism) throws {
        let differingSeed = try (0..<30 as Range<UInt64>).first { seed in
            try CaptureScenario(seed: seed).run(without: mechanism).firstDifference() != nil
        }
        #expect(differingSeed != nil)
    }
}
