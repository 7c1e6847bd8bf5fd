import Foundation
import Testing

/// `--release-output durable`: what was seen is in the history (patents.md, requirement 18).
@Suite(.serialized) struct OutputReleaseTests {
    private static let killCount = 6

    /// The guest prints for ever; whenever the recorder is killed, everything it showed is in a durable epoch.
    @Test func whatWasSeenIsNeverLost() throws {
        for number in 0..<Self.killCount {
            let store = try Scratch.path("store")
            let recorder = try Program.start(
                "record", "--headless", "--bare", Guests.ticker, "--memory", "2M", "--store", store, "--epoch-rate",
                "50",
                "--release-output", "durable")
            try recorder.wait(for: "00000020\n")
            usleep(UInt32(10_000 * number + 3_000))
            recorder.kill(SIGKILL)
            let seen = try recorder.wait().output
            let kept = try Program.run("console", "--store", store)
            #expect(kept.status == 0, "\(kept.errors)")
            #expect(kept.output.hasPrefix(seen), "seen up to \(seen.suffix(20)), kept up to \(kept.output.suffix(20))")
        }
    }

    /// At the end everything is released, and nothing twice.
    @Test func allOfItIsShown() throws {
        for release in ["immediate", "durable"] {
            let store = try Scratch.path("store")
            let recorded = try Program.run(
                "record", "--headless", "--bare", Guests.ticker, "--memory", "2M", "--store", store, "--stop-at-icount",
                "20000000", "--release-output", release)
            #expect(recorded.status == 0, "\(recorded.errors)")
            #expect(recorded.output.hasPrefix("00000001\n00000002\n"))
            #expect(try Program.run("console", "--store", store).output == recorded.output, "\(release)")
        }
    }

    /// A guest that waits for an answer to its prompt is not kept waiting for an epoch that does not end.
    @Test func aPromptAppearsWhileTheGuestWaits() throws {
        let input = Pipe()
        let recorder = try Program.start(
            "record", "--bare", Guests.echo, "--memory", "2M", "--store", try Scratch.path("store"),
            "--epoch-instructions", "100000000000", "--release-output", "durable", input: input)
        try recorder.wait(for: ">")
        input.fileHandleForWriting.write(Data("a".utf8))
        try recorder.wait(for: ">a")
        input.fileHandleForWriting.write(Data("q".utf8))
        let outcome = try recorder.wait()
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(outcome.output == ">aq")
    }
}
