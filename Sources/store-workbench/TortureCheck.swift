import ArgumentParser
import Foundation
import HistoryStore
import StoreTraffic

/// Compares a store with what its ledger promises, in a process of its own: whatever a broken store does to its reader
/// is then seen, too.
struct TortureCheck: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "torture-check", shouldDisplay: false)

    @Argument(help: "The store's directory.") var store: String
    @Option var ledger: String
    @Option var seed: UInt64
    @Option(help: "stored or durable: which acknowledgements bind.") var level = "stored"
    @Flag(help: "The store was damaged: naming the damage is an answer, too.") var damaged = false
    @Flag(help: "Only open for reading.") var readOnly = false

    func run() throws {
        guard let level = TorturePromises.Level(rawValue: level) else { throw ValidationError("--level \(level)") }
        var checker = TortureChecker(
            store: store, ledger: ledger, plan: TorturePlan(seed: seed), level: level, isDamaged: damaged)
        checker.check(.readOnly)
        if !readOnly {
            checker.check(.readWrite)
            if !damaged { checker.goOn() }
        }
        let report = checker.report
        try printJSON(["epochs": report.epochs, "lost": report.lost, "wrong": report.wrong, "named": report.named])
    }
}

/// What `torture-check` says.
struct TortureReport: Codable {
    /// Epochs found bit-exact.
    var epochs = 0
    var lost: [String] = []
    var wrong: [String] = []
    var named: [String] = []

    var isRight: Bool { lost.isEmpty && wrong.isEmpty }
}
