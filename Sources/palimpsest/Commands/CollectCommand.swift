import ArgumentParser
import HistoryStore

struct CollectCommand: MaintenanceCommand {
    static let configuration = CommandConfiguration(
        commandName: "gc",
        abstract: "Remove what no checkpoint needs any longer, and give its space back.",
        discussion: """
            It may be interrupted or killed at any point and run again. What 'prune' took away cannot be had back, before or \
            after.
            """)

    @OptionGroup(title: "History") var store: StoreArguments
    @Flag(help: "Answer in JSON: one object.") var json = false

    var storePath: String { store.path }
    var cacheByteCount: Int { store.cacheByteCount }

    func run() throws { try carryOut() }

    func perform(on store: HistoryStore, _ host: MaintenanceHost) throws {
        let before = try store.occupiedBytes()
        let report = try store.collectGarbage(
            progress: { host.progress("gc: \($0.unit.rawValue) \($0.epochsDone) of \($0.epochsTotal)") },
            shouldStop: host.shouldStop)
        let row = CollectionRow(report, before, try store.occupiedBytes())
        host.answer(json ? try JSONLine.text(row) : row.text)
        for what in report.unreadable { host.complain("left as it is: \(what)") }
        try Interruption.check(host, "interrupted; run gc again to finish")
        guard report.unreadable.isEmpty else {
            throw Failure.no(
                "\(report.unreadable.count) things could not be read; 'palimpsest verify --data' tells more")
        }
    }
}

private struct CollectionRow: Encodable {
    let segments: Int
    let segmentsRemoved: Int
    let segmentsRewritten: Int
    let versionsRemoved: Int
    let versionsStoredAnew: Int
    let bytesFreed: Int
    let directoryBytesBefore: Int
    let directoryBytes: Int
    let complete: Bool
    let needless: Bool

    init(_ report: CollectionReport, _ before: Int, _ after: Int) {
        segments = report.segmentCount
        segmentsRemoved = report.removedSegmentCount
        segmentsRewritten = report.rewrittenSegmentCount
        versionsRemoved = report.removedVersionCount
        versionsStoredAnew = report.reencodedVersionCount
        bytesFreed = report.freedByteCount
        directoryBytesBefore = before
        directoryBytes = after
        complete = report.isComplete
        needless = report.wasNeedless
    }

    var text: String {
        if needless { return "nothing was pruned since the last collection" }
        return "\(versionsRemoved) page versions removed, \(versionsStoredAnew) stored anew; \(segmentsRemoved) of "
            + "\(segments) segments removed, \(segmentsRewritten) rewritten; on disk \(Quantity.bytes(directoryBytesBefore)) "
            + "before, \(Quantity.bytes(directoryBytes)) now"
    }
}
