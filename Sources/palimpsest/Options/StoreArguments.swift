import ArgumentParser
import Foundation
import HistoryStore

/// Where the history is.
struct StoreArguments: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The history's directory; otherwise $PALIMPSEST_STORE, or ./palimpsest-history.", valueName: "dir"),
        completion: .directory)
    var store: String?

    var path: String {
        if let store { return store }
        if let named = ProcessInfo.processInfo.environment["PALIMPSEST_STORE"], !named.isEmpty { return named }
        return "palimpsest-history"
    }

    func validate() throws {
        if store == "" { throw ValidationError("--store needs the name of a directory") }
    }

    /// Opens it for writing, which one process at a time can.
    func openForWriting() throws -> HistoryStore { try HistoryStore.open(path: path, mode: .readWrite) }

    /// Opens it beside whatever process records into it.
    func openForReading() throws -> HistoryStore { try HistoryStore.open(path: path, mode: .readOnly) }
}
