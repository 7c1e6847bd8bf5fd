import Foundation
import Testing

/// 0 success, 1 the answer is no, 128 + n ended by signal n; and what is said then.
@Suite(.serialized) struct ExitStatusTests {
    @Test func passingTest() throws {
        let outcome = try Program.run("run", "--headless", "--bare", Guests.counter)
        #expect(outcome.status == 0)
        #expect(outcome.output.isEmpty && outcome.errors.isEmpty)
    }

    @Test(arguments: ["run", "record"]) func failingTest(_ command: String) throws {
        var words = [command, "--headless", "--bare", Guests.failing]
        if command == "record" { words += ["--store", try Scratch.path("store")] }
        let outcome = try Program.run(words)
        #expect(outcome.status == 1)
        #expect(outcome.errors == "palimpsest: test 7 failed\n")
        #expect(outcome.output.isEmpty)
    }

    /// `run` asks whether the test passes; `record` asks only that it be recorded.
    @Test func stoppedTest() throws {
        let run = try Program.run("run", "--headless", "--bare", Guests.counter, "--stop-at-icount", "1000")
        #expect(run.status == 1)
        #expect(run.errorLines.count == 1 && run.errors.contains("neither passed nor failed at icount 1000"))
        let record = try Program.run(
            "record", "--headless", "--bare", Guests.counter, "--stop-at-icount", "1000", "--store",
            Scratch.path("store"))
        #expect(record.status == 0 && record.errors.isEmpty)
    }

    @Test func stoppedByTheClock() throws {
        let begin = Date()
        let outcome = try Program.run("run", "--headless", "--bare", Guests.endless, "--stop-after", "0.3")
        #expect(outcome.status == 0)
        #expect(Date().timeIntervalSince(begin) >= 0.3)
    }

    @Test func guestThatWaitsForWhatCannotCome() throws {
        let outcome = try Program.run("run", "--headless", "--bare", Guests.echo)
        #expect(outcome.status == 1)
        #expect(outcome.output == ">")
        #expect(outcome.errorLines.count == 1 && outcome.errors.contains("input that cannot come"))
    }

    @Test func helpAndVersion() throws {
        for words in [["--help"], ["help", "record"], ["record", "--help"], ["--version"]] {
            let outcome = try Program.run(words)
            #expect(outcome.status == 0 && outcome.errors.isEmpty && !outcome.output.isEmpty)
        }
        #expect(try Program.run("--generate-completion-script", "bash").output.contains("palimpsest"))
    }

    /// Ctrl-C and SIGTERM end a recording in order.
    @Test(arguments: zip([SIGINT, SIGTERM, SIGHUP], [Int32(130), 143, 129]))
    func signals(_ signal: Int32, _ status: Int32) throws {
        let store = try Scratch.path("store")
        let recorder = try Program.start(
            "record", "--headless", "--bare", Guests.endless, "--memory", "2M", "--store", store)
        try waitForEpoch(2, in: store)
        recorder.kill(signal)
        let outcome = try recorder.wait()
        #expect(outcome.status == status)
        #expect(outcome.errors.isEmpty && outcome.output.isEmpty)
        let verify = try Program.run("verify", "--store", store)
        #expect(verify.status == 0, "\(verify.output)\(verify.errors)")
        #expect(try Program.run("replay", "--store", store).status == 0)
    }
}

/// Asks as another process would until a recorder has stored so many epochs.
@discardableResult
func waitForEpoch(_ epoch: UInt64, in store: String, timeline: String = "main") throws -> UInt64 {
    let deadline = Date(timeIntervalSinceNow: 60)
    while Date() < deadline {
        let log = try Program.run("log", "--json", "--store", store, "\(timeline)@HEAD")
        if log.status == 0, let last = try log.objects().last?["epoch"] as? UInt64, last >= epoch { return last }
        usleep(10_000)
    }
    throw SupportError("no epoch \(epoch) of '\(timeline)' came within a minute")
}
