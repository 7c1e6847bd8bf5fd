import Foundation
import Testing

/// What other processes do with a history while one records into it.
@Suite struct ControlTests {
    private func startRecording(_ store: String) throws -> Program.Running {
        let recording = try Program.start(
            "record", "--headless", "--bare", Guests.ticker, "--memory", "2M", "--epoch-rate", "200", "--durability",
            "off",
            "--store", store)
        try recording.wait(for: "00000400")
        return recording
    }

    @Test func maintenanceBesideARecorder() throws {
        let store = try Scratch.path("store")
        let recording = try startRecording(store)
        for words in [
            ["tag", "here"], ["hold", "these", "3..5"], ["prune", "--keep-last", "20"], ["gc"], ["compact"],
            ["tag", "--delete", "here"],
        ] {
            let outcome = try Program.run(words + ["--store", store])
            #expect(outcome.status == 0, "\(words): \(outcome.errors)")
        }
        let pruned = try Program.run("prune", "--keep-last", "30", "--json", "--store", store)
        #expect(try pruned.objects().last?["pruned"] as? Int ?? 0 > 0, "\(pruned.output) \(pruned.errors)")
        // Errors come back as they are.
        let refused = try Program.run("tag", "--delete", "nothing", "--store", store)
        #expect(refused.status == 2 && refused.errors.contains("no tag 'nothing'"), "\(refused.errors)")
        // Readers beside it.
        for words in [["log"], ["history", "0x80001000"], ["checkout", "HEAD"], ["stats"]] {
            let outcome = try Program.run(words + ["--store", store])
            #expect(outcome.status == 0, "\(words): \(outcome.errors)")
        }
        recording.kill(SIGTERM)
        #expect(try recording.wait().status == 143)
        let verified = try Program.run("verify", "--data", "--replay", "--store", store)
        #expect(verified.status == 0, "\(verified.output)\(verified.errors)")
        #expect(!FileManager.default.fileExists(atPath: store + "/control"))
    }

    @Test func aSecondWriterOfATimelineIsRefusedAndAKilledOnesSocketIsNoObstacle() throws {
        let store = try Scratch.path("store")
        let recording = try startRecording(store)
        let second = try Program.run("record", "--bare", Guests.ticker, "--headless", "--store", store)
        #expect(second.status == 2 && second.errors.contains("has a timeline 'main' already"), "\(second.errors)")
        recording.kill(SIGKILL)
        _ = try recording.wait()
        #expect(try Program.run("prune", "--keep-last", "5", "--store", store).status == 0)
        #expect(try Program.run("gc", "--store", store).status == 0)
        #expect(try Program.run("verify", "--data", "--store", store).status == 0)
        let other = try Program.run(
            "record", "--bare", Guests.counter, "--timeline", "other", "--headless", "--store", store)
        #expect(other.status == 0, "\(other.errors)")
    }
}
