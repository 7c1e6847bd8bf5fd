import Foundation
import GuestMemory
import Machine
import Testing

@testable import Checkpointing

/// What the recorder does with a collector's answers, and without them.
@Suite struct RecorderTests {
    private static let epochLength: UInt64 = 20_000

    private struct DiskIsGone: Error {}

    /// Acknowledges when told to, as durable or not; fails at an epoch.
    private final class ObedientCollector: Collector, @unchecked Sendable {
        private let lock = NSLock()
        private var number: UInt64 = 0
        private var waiting: [(UInt64, @Sendable (Acknowledgement) -> Void)] = []
        var failingEpoch: UInt64?
        var answersAtOnce = false
        private var hasFailed = false

        private struct UsedAfterFailure: Error {}

        func begin(_ header: EpochHeader) throws {
            number = header.number
            hasFailed = number == failingEpoch
            if hasFailed { throw DiskIsGone() }
        }
        func receive(whole page: WholePage) {}
        func receive(difference: PageDifference) {}
        func receive(state: EpochState) {}
        func complete(acknowledge: @escaping @Sendable (Acknowledgement) -> Void) {
            lock.withLock { waiting.append((number, acknowledge)) }
            if answersAtOnce { self.acknowledge(through: number, durable: true) }
        }
        func finish() throws {
            if hasFailed { throw UsedAfterFailure() }
            acknowledge(through: .max, durable: true)
        }

        func acknowledge(through epoch: UInt64, durable: Bool) {
            lock.withLock {
                let now = waiting.filter { $0.0 <= epoch }
                waiting.removeAll { $0.0 <= epoch }
                for (number, acknowledge) in now {
                    acknowledge(Acknowledgement(epoch: number, isDurable: durable, storedBytes: 1))
                }
            }
        }

        /// Waits until so many epochs have come and not been acknowledged.
        func waitFor(_ count: Int) { while lock.withLock({ waiting.count < count }) { usleep(100) } }
    }

    private func guest() -> RacingGuest {
        let job = RacingGuest.Job(routine: .counters, pageMask: 15, repeatCount: 16)
        return RacingGuest(jobs: [job], stepCount: 100 * Self.epochLength)
    }

    /// Output is shown once its epoch is durable, in order, and not when it is only acknowledged (requirement 18).
    @Test func durableOutputWaits() throws {
        let collector = ObedientCollector()
        let machine = try guest().boot()
        let recorder = try Recorder(
            machine: machine, collector: collector, nextEpoch: 0,
            options: RecorderOptions(boundary: .instructions(Self.epochLength), outputRelease: .durable))
        var shown: [UInt8] = []
        recorder.onConsoleOutput = { shown += $0 }
        for epoch: UInt8 in 1...6 {
            machine.writeConsole([epoch, epoch])
            _ = try recorder.run(until: UInt64(epoch) * Self.epochLength)
        }
        collector.waitFor(7)
        _ = try recorder.run(until: 6 * Self.epochLength + 1)
        #expect(shown.isEmpty)
        collector.acknowledge(through: 2, durable: true)
        _ = try recorder.run(until: 6 * Self.epochLength + 2)
        #expect(shown == [1, 1, 2, 2])
        collector.acknowledge(through: 4, durable: false)
        _ = try recorder.run(until: 6 * Self.epochLength + 3)
        #expect(shown == [1, 1, 2, 2])
        // A durable epoch makes those before it durable.
        collector.acknowledge(through: 5, durable: true)
        _ = try recorder.run(until: 6 * Self.epochLength + 4)
        #expect(shown == [1, 1, 2, 2, 3, 3, 4, 4, 5, 5])
        let statistics = try recorder.finish()
        #expect(shown == [1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6])
        #expect(statistics.lastStoredEpoch == 7 && statistics.storedEpochCount == 7)
    }

    @Test func immediateOutputDoesNotWait() throws {
        let machine = try guest().boot()
        let recorder = try Recorder(
            machine: machine, collector: ObedientCollector(), nextEpoch: 0,
            options: RecorderOptions(boundary: .instructions(Self.epochLength)))
        var shown: [UInt8] = []
        recorder.onConsoleOutput = { shown += $0 }
        machine.writeConsole([7])
        _ = try recorder.run(until: 10)
        #expect(shown == [7])
        try recorder.finish()
        #expect(shown == [7])
    }

    /// A collector that fails ends the recording with its error; the guest is as it would be, and nothing hangs, though pages
    /// are protected that nobody will ever send.
    @Test(arguments: [DeferralRule.none, .all], [UInt64(0), 5])
    func aCollectorThatFails(deferral: DeferralRule, failingEpoch: UInt64) throws {
        let collector = ObedientCollector()
        collector.failingEpoch = failingEpoch
        let guest = guest()
        let machine = try guest.boot()
        #expect(throws: DiskIsGone.self) {
            try record(machine, collector, deferral, until: 90 * Self.epochLength)
        }
        _ = try machine.run(until: 95 * Self.epochLength)
        let unrecorded = try guest.boot()
        _ = try unrecorded.run(until: 95 * Self.epochLength)
        // What was executed in other pieces is the same.
        #expect(try machine.digest() == unrecorded.digest())
    }

    /// Runs and finishes; throws the first error, and expects `finish` to throw the same.
    private func record(
        _ machine: Machine, _ collector: ObedientCollector, _ deferral: DeferralRule, until icount: UInt64
    ) throws {
        let recorder = try Recorder(
            machine: machine, collector: collector, nextEpoch: 0,
            options: RecorderOptions(boundary: .instructions(Self.epochLength), deferral: deferral))
        let run = Result { _ = try recorder.run(until: icount) }
        let end = Result { _ = try recorder.finish() }
        if case .failure = run {
            guard case .failure(let error) = end, error is DiskIsGone else {
                Issue.record("finish does not tell why: \(end)")
                return
            }
        }
        try run.get()
        try end.get()
    }

    /// The sender fails while `finish` waits for it, and answers of earlier epochs have not been taken: the error is told, not
    /// what the collector says of being used after it.
    @Test func finishTellsWhyTheSenderFailed() throws {
        let collector = ObedientCollector()
        collector.failingEpoch = 4
        collector.answersAtOnce = true
        let recorder = try Recorder(
            machine: guest().boot(), collector: collector, nextEpoch: 0,
            options: RecorderOptions(boundary: .instructions(Self.epochLength)))
        do { _ = try recorder.run(until: 5 * Self.epochLength - 1) } catch { #expect(error is DiskIsGone) }
        #expect(throws: DiskIsGone.self) { try recorder.finish() }
    }

    /// By share of the time: epochs end, and the guest does not notice.
    @Test func anOverheadIsAsGoodAsARate() throws {
        let collector = MemoryCollector(MemoryCollector.Behaviour())
        let job = RacingGuest.Job(routine: .counters, pageMask: 63, repeatCount: 64)
        let guest = RacingGuest(jobs: [job], stepCount: 100_000_000)
        let machine = try guest.boot()
        let recorder = try Recorder(
            machine: machine, collector: collector, nextEpoch: 0,
            options: RecorderOptions(boundary: .overhead(share: 0.05)))
        _ = try recorder.run(until: guest.stepCount)
        let statistics = try recorder.finish()
        #expect(collector.violations == [])
        #expect(statistics.epochCount > 2)
        let unrecorded = try guest.boot()
        _ = try unrecorded.run(until: guest.stepCount)
        #expect(try machine.digest() == unrecorded.digest())
    }
}
