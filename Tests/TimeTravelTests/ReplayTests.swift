import Checkpointing
import HistoryStore
import Machine
import RISCV
import Testing
import TimeTravel

@Suite struct ReplayTests {
    enum Kind: String, CaseIterable { case echo, pair, counter, reset }

    static func scenario(_ kind: Kind) throws -> Scenario {
        switch kind {
        case .echo: try .echo()
        case .pair: try .pair()
        case .counter: try .counter()
        case .reset: try .reset()
        }
    }

    @Test(arguments: Kind.allCases, [1_000, 10_000, 1_000_000] as [UInt64])
    func everyEpochIsReproduced(kind: Kind, epochLength: UInt64) throws {
        let recording = try Recording(Self.scenario(kind), .instructions(epochLength))
        #expect(recording.power == (kind == .echo ? .off : .testPassed))
        let result = try recording.replay()
        #expect(result.divergence == nil)
        #expect(try UInt64(result.epochCount) == recording.headEpoch)
        #expect(result.instructionCount == recording.icount && !result.wasInterrupted)
        // The recording has in it what it is to prove.
        var totals = (tlbEvents: UInt64(0), inputs: UInt64(0), console: [UInt8]())
        try recording.store.forEachManifest(timeline: "main", in: 0...UInt64.max) {
            totals.tlbEvents += $0.tlbEventCount
            totals.inputs += $0.inputCount
            totals.console += try $0.consoleOutput()
            return true
        }
        #expect(totals.console == recording.console)
        guard kind == .echo else { return }
        #expect(totals.inputs == 11, "one for each byte typed, as the guest leaves the UART's FIFO off")
        // Short epochs end before a walk has marked the table that is stored to.
        if epochLength >= 10_000 { #expect(totals.tlbEvents >= 20) }
    }

    @Test func recordingAtARateIsReproducedAsWell() throws {
        let recording = try Recording(.echo(), .rate(hz: 500))
        let result = try recording.replay()
        #expect(result.divergence == nil)
        #expect(try UInt64(result.epochCount) == recording.headEpoch)
    }

    @Test(arguments: [0, 1, 16, 256, 4096])
    func theTLBsSizeIsInvisible(tlbEntryCount: Int) throws {
        let recording = try Recording(.echo(), .instructions(20_000), tlbEntryCount: 16)
        let result = try recording.replay(
            options: ReplayOptions(engine: EngineOptions(tlb: TLBOptions(entryCount: tlbEntryCount))))
        #expect(result.divergence == nil)
    }

    @Test(arguments: [2, 3, 7])
    func partsReplayedSideBySideAreTheWhole(jobCount: Int) throws {
        let recording = try Recording(.echo(), .instructions(10_000))
        let result = try recording.replay(options: ReplayOptions(jobCount: jobCount))
        #expect(result.divergence == nil)
        #expect(try UInt64(result.epochCount) == recording.headEpoch)
        #expect(result.instructionCount == recording.icount)
    }

    @Test func rangesMayStartAndEndAnywhere() throws {
        let recording = try Recording(.echo(), .instructions(10_000))
        for (text, epochCount, instructionCount) in [
            ("5..9", 4, 40_000), ("5+77..9+123", 4, 40_123), ("5..5+10", 0, 10), ("5", 1, 10_000), ("5..5", 0, 0),
        ] as [(String, Int, UInt64)] {
            let result = try recording.replay(text)
            #expect(result.divergence == nil)
            #expect(result.epochCount == epochCount && result.instructionCount == instructionCount)
        }
    }

    @Test func aReplayStopsWhenAsked() throws {
        let recording = try Recording(.counter(), .instructions(10_000))
        let result = try recording.replay(options: ReplayOptions(shouldStop: { true }))
        #expect(result.wasInterrupted && result.divergence == nil)
        #expect(try UInt64(result.epochCount) < recording.headEpoch)
    }

    /// The digest at an icount does not depend on how it was reached (issue 2, "Tests").
    @Test(arguments: Kind.allCases, [0, 1, 16, 256, 4096])
    func aDigestDoesNotDependOnTheWay(kind: Kind, tlbEntryCount: Int) throws {
        let scenario = try Self.scenario(kind)
        let recording = try Recording(scenario, .instructions(30_000), tlbEntryCount: tlbEntryCount)
        let options = CheckoutOptions(engine: EngineOptions(tlb: TLBOptions(entryCount: tlbEntryCount)))
        for percent in [1, 37, 62, 99, 100] {
            let position = try recording.position("\(percent)%")
            let run = try scenario.run(until: position.icount)
            #expect(run.icount == position.icount)
            let digest = try run.digest()
            let checkout = try Checkout(recording.store, at: position, options: options)
            #expect(checkout.machine.icount == position.icount && checkout.position == position)
            #expect(try checkout.digest() == digest, "checked out at \(position)")
            let fromStart = try Checkout(recording.store, at: recording.position("0"), options: options)
            try fromStart.advance(to: position)
            #expect(try fromStart.digest() == digest, "executed from checkpoint 0 to \(position)")
        }
        #expect(try Checkout(recording.store, at: recording.position("HEAD")).digest() == recording.digest)
    }

    @Test(arguments: [Durability.epoch, .interval(seconds: 0.01), .off])
    func durabilityIsInvisible(durability: Durability) throws {
        let scenario = try Self.scenario(.counter)
        let recording = try Recording(scenario, .instructions(100_000), durability: durability)
        #expect(try scenario.run().digest() == recording.digest)
        #expect(try recording.replay().divergence == nil)
    }
}
