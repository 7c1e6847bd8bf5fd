import Foundation
import Testing

/// Several processes record into one history, each its timeline; the one that has it open ends or is killed.
@Suite struct SharedRecordingTests {
    private func start(_ timeline: String, _ store: String) throws -> Program.Running {
        try Program.start(
            "record", "--headless", "--bare", Guests.ticker, "--memory", "2M", "--epoch-rate", "100", "--durability",
            "off",
            "--timeline", timeline, "--store", store)
    }

    private func heads(_ store: String) throws -> [String: Int] {
        let listed = try Program.run("timelines", "--json", "--store", store).objects()
        return Dictionary(
            uniqueKeysWithValues: listed.compactMap { line in
                (line["timeline"] as? String).flatMap { name in (line["head_epoch"] as? Int).map { (name, $0) } }
            })
    }

    /// Waits until each of the timelines has grown by some epochs.
    private func waitForGrowth(_ timelines: [String], _ store: String) throws {
        let before = try heads(store)
        for _ in 0..<200 {
            let now = try heads(store)
            if timelines.allSatisfy({ now[$0] ?? 0 > (before[$0] ?? 0) + 5 }) { return }
            usleep(50_000)
        }
        Issue.record("the timelines \(timelines) do not grow: \(before), then \(try heads(store))")
    }

    @Test func theOthersGoOnWhenTheOneThatWritesIsKilledOrEnds() throws {
        let store = try Scratch.path("store")
        let first = try start("first", store)
        try first.wait(for: "00000100")
        let second = try start("second", store)
        let third = try start("third", store)
        try waitForGrowth(["first", "second", "third"], store)
        first.kill(SIGKILL)
        _ = try first.wait()
        let whenKilled = try #require(try heads(store)["first"])
        try waitForGrowth(["second", "third"], store)
        second.kill(SIGTERM)
        #expect(try second.wait().status == 143)
        try waitForGrowth(["third"], store)
        third.kill(SIGTERM)
        #expect(try third.wait().status == 143)
        #expect(try heads(store)["first"] == whenKilled)
        let verified = try Program.run("verify", "--data", "--store", store)
        #expect(verified.status == 0, "\(verified.output)\(verified.errors)")
        for timeline in ["first", "second", "third"] {
            let replayed = try Program.run("replay", "\(timeline)@0..\(timeline)@HEAD", "--store", store)
            #expect(replayed.status == 0, "\(replayed.errors)")
        }
    }

    @Test func aTimelineIsRestoredIntoAHistoryThatIsBeingRecorded() throws {
        let store = try Scratch.path("store")
        let first = try start("first", store)
        try first.wait(for: "00000100")
        let restored = try Program.run(
            "restore", "i1000000", "--timeline", "again", "--stop-at-icount", "60000000", "--headless", "--store", store
        )
        #expect(restored.status == 0, "\(restored.errors)")
        let refused = try Program.run(
            "restore", "first@1", "--timeline", "first", "--headless", "--store", store)
        #expect(refused.status == 2 && refused.errors.contains("'first' exists already"), "\(refused.errors)")
        first.kill(SIGTERM)
        #expect(try first.wait().status == 143)
        let replayed = try Program.run("replay", "again@0..again@HEAD", "--store", store)
        #expect(replayed.status == 0, "\(replayed.errors)")
    }
}
