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

/// Epochs as often as a share of the time allows.
@Suite struct AdaptiveRhythmTests {
    /// Runs epochs of a cost, each as soon as it is due.
    /// - Returns: the share of the time that was spent, and epochs a second.
    private func run(share: Double, cost_ns: (Int) -> UInt64) -> (share: Double, rate: Double) {
        var rhythm = AdaptiveRhythm(share: share)
        let start: UInt64 = 1_000_000_000
        var now = start
        var spent: UInt64 = 0
        rhythm.epochEnded(now_ns: now)
        for epoch in 0..<2000 {
            now = max(now, rhythm.next_ns)
            let cost = cost_ns(epoch)
            now += cost
            spent += cost
            rhythm.epochEnded(now_ns: now)
            rhythm.spent(cost)
        }
        let elapsed = Double(now - start)
        return (Double(spent) / elapsed, 2000 / (elapsed / 1e9))
    }

    @Test(arguments: [0.01, 0.05, 0.3])
    func theShareIsKept(share: Double) {
        let steady = run(share: share) { _ in 9_000_000 }
        // The stun itself is time that passes too.
        #expect(steady.share <= share * 1.01 && steady.share > share / (1 + share) * 0.99)
        let mixed = run(share: share) { $0 % 10 == 0 ? 9_000_000 : 600_000 }
        #expect(mixed.share <= share * 1.01)
    }

    @Test func cheapEpochsAreBoundedByTheHighestRate() {
        let cheap = run(share: 0.05) { _ in 20_000 }
        #expect(cheap.rate < 101 && cheap.rate > 95)
    }

    /// However dear they are, one a minute comes.
    @Test func dearEpochsStillCome() {
        let dear = run(share: 0.01) { _ in 500_000_000 }
        #expect(dear.share <= 0.0101 && dear.rate > 0.019)
        let dearest = run(share: 0.01) { _ in 50_000_000_000 }
        #expect(dearest.rate > 0.008)
    }
}

/// Output waits for its epoch (requirement 18).
@Suite struct OutputBarrierTests {
    @Test func isReleasedInOrder() {
        var barrier = OutputBarrier()
        barrier.hold([1], of: 1)
        barrier.hold([], of: 2)
        barrier.hold([3, 3], of: 3)
        #expect(barrier.release(through: 0).isEmpty)
        #expect(barrier.release(through: 2) == [1])
        barrier.hold([4], of: 4)
        #expect(barrier.release(through: 9) == [3, 3, 4])
        #expect(barrier.release(through: .max).isEmpty)
    }
}
