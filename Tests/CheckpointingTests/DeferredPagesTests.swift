import Testing

@testable import Checkpointing

/// The hand-over of deferred pages alone, for the thread sanitizer too (patents.md, requirements 9 and 10).
@Suite struct DeferredPagesTests {
    @Test(arguments: Effort.seeds(6, full: 200))
    func aSlotHoldsWhatThePageHeldInTheStun(seed: UInt64) throws {
        let race = try HandoverRace(seed: seed)
        race.run(epochCount: 3_000)
        #expect(race.wrongSlotCount == 0, "seed \(seed): first in epoch \(race.firstWrongEpoch ?? 0)")
        #expect(race.wrongPageCount == 0, "seed \(seed)")
        // The race was one: every outcome came, and pages were protected again before the sender came to them.
        #expect(race.bySenderCount > 0 && race.awaitedCount > 0 && race.copiedBeforeWriteCount > 0, "seed \(seed)")
        #expect(race.protectedAgainCount > 0, "seed \(seed)")
    }

    @Test func withoutTheCopyASlotHoldsSomethingElse() throws {
        let race = try HandoverRace(seed: 1)
        race.deferredPages.testSkipsCopyBeforeWrite = true
        race.run(epochCount: 500)
        #expect(race.wrongSlotCount > 0)
    }
}
