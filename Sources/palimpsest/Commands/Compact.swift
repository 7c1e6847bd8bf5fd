import ArgumentParser
import HistoryStore

struct Compact: MaintenanceCommand {
    static let configuration = CommandConfiguration(
        abstract: "Rewrite the database's files so that they hold nothing that was deleted or replaced.",
        discussion:
            "'gc' does that where it removed something. This does all of it, which takes as long as copying the history."
    )

    @OptionGroup(title: "History") var store: StoreArguments
    @Flag(help: "Answer in JSON: one object.") var json = false

    var storePath: String { store.path }
    var cacheByteCount: Int { store.cacheByteCount }

    func run() throws { try carryOut() }

    func perform(on store: HistoryStore, _ host: MaintenanceHost) throws {
        let before = try store.occupiedBytes()
        try store.compact { host.progress("compact: \($0)") }
        let after = try store.occupiedBytes()
        let row = CompactRow(directoryBytesBefore: before, directoryBytes: after)
        host.answer(
            json
                ? try JSONLine.text(row)
                : "on disk \(Quantity.bytes(before)) before, \(Quantity.bytes(after)) now")
    }
}

private struct CompactRow: Encodable {
    let directoryBytesBefore: Int
    let directoryBytes: Int
}
