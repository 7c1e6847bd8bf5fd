import ArgumentParser
import HistoryStore

struct Compact: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Rewrite the database's files so that they hold nothing that was deleted or replaced.",
        discussion: "'gc' does that where it removed something. This does all of it, which takes as long as copying the history.")

    @OptionGroup(title: "History") var store: StoreArguments
    @Flag(help: "Answer in JSON: one object.") var json = false

    func run() throws {
        let store = try store.openForWriting()
        let before = try store.occupiedBytes()
        let status = StatusLine()
        try store.compact { status.show("compact: \($0)") }
        let after = try store.occupiedBytes()
        try store.close()
        status.clear()
        if json { return try JSONLine.print(CompactRow(directoryBytesBefore: before, directoryBytes: after)) }
        print("on disk \(Quantity.bytes(before)) before, \(Quantity.bytes(after)) now")
    }
}

private struct CompactRow: Encodable {
    let directoryBytesBefore: Int
    let directoryBytes: Int
}
