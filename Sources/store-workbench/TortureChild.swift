import ArgumentParser
import Foundation
import StoreTraffic

/// What `torture` torments: a program that writes to a store and notes what was acknowledged.
struct TortureChild: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "torture-child", shouldDisplay: false)

    @Argument(help: "The store's directory.") var store: String
    @Option(help: "The file to note in, outside the store.") var ledger: String
    @Option var seed: UInt64
    @Option(help: "Which child of this store it is.") var round: UInt64 = 0
    @Option(help: "Operations.") var steps = 40
    @Option(help: "Errors after which it ends.") var errors = 3
    @Flag(help: "End without closing the store.") var unclosed = false

    /// Exit status 0 when nothing failed, 3 when an error was reported.
    func run() throws {
        let walk = try TortureWalk(path: store, plan: TorturePlan(seed: seed), round: round, ledgerPath: ledger)
        let wasSmooth = try walk.go(steps: steps, errorsMax: errors)
        if unclosed { _exit(wasSmooth ? 0 : 3) }
        do {
            try walk.close()
        } catch {
            try LedgerWriter(path: ledger).note(.failed("\(error)"))
            throw ExitCode(3)
        }
        if !wasSmooth { throw ExitCode(3) }
    }
}
