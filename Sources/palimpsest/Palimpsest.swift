import ArgumentParser
import Foundation

/// The command line: one type a subcommand in `Commands`, each turning words into calls of the rooms below and their
/// answers into lines. What they share: `Options` (words), `Guest` (a live machine), `Terminal`, `Output`.
@main
struct Palimpsest: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "palimpsest",
        abstract: "A whole machine whose every past state stays on disk, cheap to keep and open to question.",
        discussion: """
            POSITION is [TIMELINE@]EPOCH[+INSTRUCTIONS], HEAD, HEAD~3, i8000000000 (an icount), 50% or a tag; RANGE is \
            POSITION..POSITION.

            Exit status: 0 success; 1 the answer is no (divergence, damage, a test that failed); 2 usage or bad input; \
            128 + n when ended by signal n. Errors are one line on standard error.
            """,
        version: "0.2.0",
        subcommands: [
            Run.self, Record.self, Log.self, Show.self, Console.self, CheckoutCommand.self, Replay.self, History.self,
            TLB.self,
            RestoreCommand.self, Timelines.self, TagCommand.self, HoldCommand.self, Stats.self, Diff.self, Verify.self,
            Prune.self, CollectCommand.self, Compact.self, Export.self,
            Import.self,
        ])

    /// Parses, runs and ends the process with the contract's exit status.
    static func main() {
        do {
            var command = try parseAsRoot()
            try command.run()
            try Output.finish()
            end(status: 0)
        } catch {
            finish(with: error)
        }
    }

    private static func finish(with error: any Error) -> Never {
        if let failure = Failure(error) {
            if let message = failure.message { Output.complain(message) }
            end(status: failure.status)
        }
        // What is left is ArgumentParser's: help and the like, or words that it could not make sense of.
        guard exitCode(for: error) != .success else {
            print(fullMessage(for: error))
            end(status: 0)
        }
        Output.complain("\(message(for: error)); 'palimpsest --help' tells more")
        end(status: ExitStatus.badInput)
    }

    /// Ends the process without running static destructors: RocksDB's pool may still have a thread that is just starting,
    /// and destroying what it locks aborts the process. Whatever must be durable was closed before.
    private static func end(status: Int32) -> Never {
        RawTerminal.leave()
        fflush(nil)
        _exit(status)
    }
}
