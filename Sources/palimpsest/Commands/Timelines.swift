import ArgumentParser
import HistoryStore
import Machine

struct Timelines: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "List timelines: where each forked, where it ends, what ran.")

    @OptionGroup(title: "History") var store: StoreArguments
    @Flag(help: "Answer in JSON: one object a line.") var json = false

    func run() throws {
        let store = try store.openForReading()
        let rows = try store.timelines().map { try TimelineRow($0, in: store) }
        if json {
            for row in rows { try JSONLine.print(row) }
            return
        }
        let table = TimelineRow.table()
        for row in rows { table.printRow(row.cells) }
    }
}

private struct TimelineRow: Encodable {
    let timeline: String
    let parent: String?
    let parentEpoch: UInt64?
    let headEpoch: UInt64
    let icount: UInt64
    let createdWallTime_ns: UInt64
    let machine: String

    init(_ info: TimelineInfo, in store: HistoryStore) throws {
        timeline = info.name
        parent = info.parent
        parentEpoch = info.parentEpoch
        headEpoch = info.headEpoch
        icount = try store.manifest(timeline: info.name, epoch: info.headEpoch).icountTo
        createdWallTime_ns = info.createdWallTime_ns
        machine = try MachineConfiguration(encoded: info.metadata).summary
    }

    static func table() -> Table {
        Table([
            .init(title: "timeline", width: 16, isText: true), .init(title: "forked from", width: 20, isText: true),
            .init(title: "head", width: 7), .init(title: "icount", width: 14),
            .init(title: "machine", width: 8, isText: true),
        ])
    }

    var cells: [String] {
        let fork = parent.flatMap { parent in parentEpoch.map { "\(parent)@\($0)" } } ?? "-"
        return [timeline, fork, "\(headEpoch)", "\(icount)", machine]
    }
}
