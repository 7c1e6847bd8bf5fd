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

    @Option(
        help: ArgumentHelp(
            "Memory for what is read from the history; recording needs more for what it compares with.",
            valueName: "size"))
    var cache = ByteCount(bytes: UInt64(HistoryStore.cacheByteCountDefault))

    var cacheByteCount: Int { Int(clamping: cache.bytes) }

    var path: String {
        if let store { return store }
        if let named = ProcessInfo.processInfo.environment["PALIMPSEST_STORE"], !named.isEmpty { return named }
        return "palimpsest-history"
    }

    func validate() throws {
        if !(1 << 20...1 << 40 ~= cache.bytes) { throw ValidationError("--cache \(cache) is not between 1M and 1024G") }
        if store == "" { throw ValidationError("--store needs the name of a directory") }
    }

    /// Opens it beside whatever process records into it.
    func openForReading() throws -> HistoryStore { try open(.readOnly) }

    func open(_ mode: HistoryStore.Mode) throws -> HistoryStore {
        try HistoryStore.open(path: path, mode: mode, cacheByteCount: cacheByteCount)
    }
}
