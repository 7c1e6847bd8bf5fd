import ArgumentParser
import Foundation
import StoreTraffic

/// Makes stores fail in every way it knows, and checks that nothing acknowledged is lost and nothing read is wrong.
struct Torture: ParsableCommand {
    @Option(help: "The compiled tools/torture.d/faults.c.") var library: String
    @Option(help: "kill, io, full, short, power, flip, or mixed.") var kind = "mixed"
    @Option(help: "The first trial's seed; the next has the next one.") var seed: UInt64 = 1
    @Option(help: "Goes on for so long.") var seconds = 60.0
    @Option(help: "Trials; then it ends earlier.") var count = Int.max
    @Option(help: "Faults; as many, or a few more, and it ends earlier.") var faults = Int.max
    @Option(help: "Strikes every n-th call that a child makes, the first by the seed (io, full, short).")
    var sweep: Int?
    @Option(help: "Strikes this call (io, full, short).") var at: Int?
    @Option(help: "The folder to work in.") var directory = NSTemporaryDirectory()

    func run() throws {
        var run = TortureRun(
            library: library, directory: URL(fileURLWithPath: directory), deadline: Date(timeIntervalSinceNow: seconds))
        tell("torture: \(kind), seed \(seed)")
        if let sweep {
            for kind in try kinds where kind.strikesCalls { try run.sweep(kind, seed: seed, stride: sweep) }
        } else {
            try goThrough(&run)
        }
        run.printTotals()
        if !run.isRight { throw ExitCode(1) }
    }

    private var kinds: [TortureKind] {
        get throws {
            if kind == "mixed" { return TortureKind.allCases }
            guard let kind = TortureKind(rawValue: kind) else { throw ValidationError("there is no kind '\(kind)'") }
            return [kind]
        }
    }

    private func goThrough(_ run: inout TortureRun) throws {
        let kinds = try kinds
        var done = 0
        while done < count, run.faultCount < faults, !run.isOver {
            try run.trial(kinds[Int((seed + UInt64(done)) % UInt64(kinds.count))], seed: seed + UInt64(done), at: at)
            done += 1
        }
    }

    func validate() throws {
        guard FileManager.default.fileExists(atPath: library) else { throw ValidationError("no library '\(library)'") }
        guard sweep ?? 1 > 0, at ?? 1 > 0, count > 0, faults > 0 else {
            throw ValidationError("the numbers must be positive")
        }
        _ = try kinds
    }
}

/// Prints a line at once, also into a file.
func tell(_ line: String) { FileHandle.standardOutput.write(Data((line + "\n").utf8)) }

extension TortureKind {
    var strikesCalls: Bool { [.io, .full, .short].contains(self) }
}
