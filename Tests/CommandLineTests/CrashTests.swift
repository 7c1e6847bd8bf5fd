import Foundation
import Testing

/// kill -9 during recording: whatever a reader had seen is there afterwards, and the history is valid.
@Suite(.serialized) struct CrashTests {
    private static let killCount = 50
    /// Recordings into one store before a fresh one is begun, so that verifying stays quick.
    private static let recordingsInAStore = 10

    @Test func killedFiftyTimes() throws {
        var random = SystemRandomNumberGenerator()
        let seed = UInt64(ProcessInfo.processInfo.environment["PALIMPSEST_TEST_SEED"] ?? "") ?? random.next()
        var generator = SplitMix(state: seed)
        var store = ""
        for number in 0..<Self.killCount {
            if number % Self.recordingsInAStore == 0 { store = try Scratch.path("store") }
            let note = Comment(rawValue: "PALIMPSEST_TEST_SEED=\(seed), kill \(number)")
            try recordAndKill(timeline: "t\(number)", in: store, &generator, note)
        }
    }

    private func recordAndKill(
        timeline: String, in store: String, _ generator: inout SplitMix, _ note: Comment
    ) throws {
        let durability = ["epoch", "0.05", "off"][Int(generator.next() % 3)]
        let recorder = try Program.start(
            "record", "--headless", "--bare", Guests.endless, "--memory", "2M", "--store", store, "--timeline",
            timeline, "--epoch-rate", "100", "--durability", durability)
        let seen = try waitForEpoch(0, in: store, timeline: timeline)
        usleep(UInt32(generator.next() % 100_000))
        recorder.kill(SIGKILL)
        #expect(try recorder.wait().status == 128 + SIGKILL, note)
        let log = try Program.run("log", "--json", "--store", store, "--timeline", timeline)
        #expect(log.status == 0, "\(note) \(log.errors)")
        let epochs = try log.objects().compactMap { $0["epoch"] as? UInt64 }
        #expect(epochs == Array(0..<UInt64(epochs.count)), note)
        #expect(UInt64(epochs.count) > seen, note)
        let verify = try Program.run("verify", "--store", store)
        #expect(verify.status == 0, "\(note) \(verify.output)\(verify.errors)")
    }
}

/// A generator with a seed that reproduces (Steele, Lea, Flood: SplitMix64).
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }
}
