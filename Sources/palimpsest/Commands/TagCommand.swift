import ArgumentParser
import HistoryStore
import TimeTravel

struct TagCommand: MaintenanceCommand {
    static let configuration = CommandConfiguration(
        commandName: "tag",
        abstract: "List tags, name a position, or take a name away.",
        usage: """
            palimpsest tag [--json]
            palimpsest tag NAME [POSITION]
            palimpsest tag --delete NAME
            """,
        discussion: "A tag of the same name is moved.")

    @Argument(help: "The new tag; without it, tags are listed.")
    var name: String?
    @Argument(help: "What it names (default: HEAD).")
    var position: String?
    @Option(help: ArgumentHelp("Delete this tag.", valueName: "name"))
    var delete: String?
    @OptionGroup(title: "History") var history: HistoryArguments

    func validate() throws {
        if delete != nil, name != nil { throw ValidationError("--delete takes one name and nothing else") }
        if let name, !Position.isUsableTagName(name) {
            throw ValidationError(
                "'\(name)' cannot be a tag: it would mean another position, or has signs other than letters, digits, "
                    + "'-', '_' and '.'")
        }
    }

    var storePath: String { history.store.path }
    var cacheByteCount: Int { history.store.cacheByteCount }

    func run() throws {
        if delete == nil, name == nil { try list() } else { try carryOut() }
    }

    func perform(on store: HistoryStore, _ host: MaintenanceHost) throws {
        if let delete {
            try store.deleteTag(name: delete)
        } else if let name {
            let place = try history.resolve(position ?? "HEAD", in: store)
            try store.setTag(name: name, timeline: place.timeline, epoch: place.epoch, instructions: place.instructions)
        }
    }

    private func list() throws {
        let rows = try history.open().tags().map(TagRow.init)
        if history.json {
            for row in rows { try JSONLine.print(row) }
            return
        }
        let table = Table([
            .init(title: "tag", width: 16, isText: true), .init(title: "position", width: 16, isText: true),
        ])
        for row in rows { table.printRow([row.tag, row.position]) }
    }
}

private struct TagRow: Encodable {
    let tag: String
    let position: String
    let timeline: String
    let epoch: UInt64
    let offset: UInt64

    init(_ tag: Tag) {
        self.tag = tag.name
        position = "\(tag.timeline)@\(tag.epoch)" + (tag.instructions == 0 ? "" : "+\(tag.instructions)")
        timeline = tag.timeline
        epoch = tag.epoch
        offset = tag.instructions
    }
}

extension HistoryStore {
    /// Does something with the store and closes it, whatever comes of it.
    func using(_ body: (HistoryStore) throws -> Void) throws {
        do {
            try body(self)
        } catch {
            try? close()
            throw error
        }
        try close()
    }
}
