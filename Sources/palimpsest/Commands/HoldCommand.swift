import ArgumentParser
import HistoryStore
import TimeTravel

struct HoldCommand: MaintenanceCommand {
    static let configuration = CommandConfiguration(
        commandName: "hold",
        abstract: "List holds, protect a stretch of epochs from 'prune', or release it.",
        usage: """
            palimpsest hold [--json]
            palimpsest hold NAME RANGE
            palimpsest hold --delete NAME
            """,
        discussion: "A hold of the same name is replaced.")

    @Argument(help: "The hold's name.") var name: String?
    @Argument(help: "POSITION..POSITION, or one POSITION.") var range: String?
    @Flag(help: "Release the hold.") var delete = false
    @OptionGroup(title: "History") var history: HistoryArguments

    func validate() throws {
        if delete, name == nil { throw ValidationError("hold --delete needs a name") }
        if delete, range != nil { throw ValidationError("hold --delete takes a name only") }
        if !delete, name != nil, range == nil {
            throw ValidationError("hold needs a range: hold NAME POSITION..POSITION")
        }
    }

    var storePath: String { history.store.path }
    var cacheByteCount: Int { history.store.cacheByteCount }

    func run() throws {
        if name == nil { try list() } else { try carryOut() }
    }

    func perform(on store: HistoryStore, _ host: MaintenanceHost) throws {
        guard let name else { return }
        if delete {
            try store.deleteHold(name: name)
        } else if let range {
            let range = try history.resolve(range: range, in: store)
            try store.setHold(name: name, timeline: range.timeline, epochs: range.epochs)
        }
    }

    private func list() throws {
        let holds = try history.open().holds()
        if history.json {
            for hold in holds { try JSONLine.print(HoldRow(hold)) }
            return
        }
        let table = Table([
            .init(title: "hold", width: 20, isText: true), .init(title: "epochs", width: 30, isText: true),
        ])
        for hold in holds {
            table.printRow([hold.name, "\(hold.timeline)@\(hold.first)..\(hold.timeline)@\(hold.last)"])
        }
    }
}

private struct HoldRow: Encodable {
    let hold: String
    let timeline: String
    let firstEpoch: UInt64
    let lastEpoch: UInt64

    init(_ hold: Hold) {
        self.hold = hold.name
        timeline = hold.timeline
        firstEpoch = hold.first
        lastEpoch = hold.last
    }
}
