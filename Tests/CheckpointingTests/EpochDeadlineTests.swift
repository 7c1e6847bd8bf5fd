import Testing

@testable import Checkpointing

@Suite struct EpochDeadlineTests {
    private static let period_ns: UInt64 = 40_000_000

    @Test func theRhythmIsKept() {
        var deadline = FixedRhythm(hz: 25)
        deadline.epochEnded(now_ns: 1_000)
        #expect(deadline.next_ns == 1_000 + Self.period_ns)
        deadline.epochEnded(now_ns: deadline.next_ns + 7)
        #expect(deadline.next_ns == 1_000 + 2 * Self.period_ns)
    }

    @Test func epochsThatEndEarlyDoNotPushTheNextOneAway() {
        var deadline = FixedRhythm(hz: 25)
        deadline.epochEnded(now_ns: 1_000)
        let due = deadline.next_ns
        for early in 1...20 { deadline.epochEnded(now_ns: 1_000 + UInt64(early) * 100_000) }
        #expect(deadline.next_ns == due)
    }

    @Test func aLateEpochStartsTheRhythmAnew() {
        var deadline = FixedRhythm(hz: 25)
        deadline.epochEnded(now_ns: 1_000)
        let late = deadline.next_ns + 5 * Self.period_ns
        deadline.epochEnded(now_ns: late)
        #expect(deadline.next_ns == late + Self.period_ns)
    }
}
