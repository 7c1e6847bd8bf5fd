import ArgumentParser
import HistoryStore

struct Import: MaintenanceCommand {
    static let configuration = CommandConfiguration(
        abstract: "Put an exported stretch of a history into this one, as a new timeline.",
        discussion: """
            The whole file is checked before anything is stored, and each page is compared with its hash as it is stored. What \
            the history has already is shared. Without a history one is made.
            """)

    @Argument(help: "What 'export' wrote.", completion: .file()) var file: String
    @Option(help: ArgumentHelp("The name of the new timeline (default: the one it had).", valueName: "name"))
    var timeline: String?
    @OptionGroup(title: "History") var store: StoreArguments
    @Flag(help: "Answer in JSON: one object.") var json = false

    var storePath: String { store.path }
    var cacheByteCount: Int { store.cacheByteCount }
    var createsStore: Bool { true }

    func run() throws {
        // A mistake there leaves no empty store behind.
        _ = try HistoryStore.checkExport(file)
        try carryOut()
    }

    func perform(on store: HistoryStore, _ host: MaintenanceHost) throws {
        let report = try store.importHistory(
            file, as: timeline, progress: { host.progress("import: epoch \($0.epochsDone) of \($0.epochsTotal)") },
            shouldStop: host.shouldStop)
        let row = TransferRow(report, file: file)
        host.answer(json ? try JSONLine.text(row) : row.importLine)
        try Interruption.check(host, "interrupted; timeline '\(report.timeline)' has the epochs up to there")
    }
}

/// What was exported or imported.
struct TransferRow: Encodable {
    let timeline: String
    let file: String
    let firstEpoch: UInt64
    let lastEpoch: UInt64
    let epochs: Int
    let pages: Int
    let fileBytes: UInt64
    let storedBytes: Int?

    init(_ report: TransferReport, file: String) {
        timeline = report.timeline
        self.file = file
        firstEpoch = report.firstEpoch
        lastEpoch = report.lastEpoch
        epochs = report.epochCount
        pages = report.pageCount
        fileBytes = report.byteCount
        storedBytes = report.storedByteCount > 0 ? report.storedByteCount : nil
    }

    private var stretch: String { "\(timeline)@\(firstEpoch)..\(timeline)@\(lastEpoch)" }

    var exportLine: String {
        "\(stretch) in \(file): \(epochs) epochs, \(pages) pages, \(Quantity.bytes(Int(fileBytes)))"
    }

    var importLine: String {
        "\(stretch) from \(file): \(epochs) epochs, \(pages) pages; \(Quantity.bytes(storedBytes ?? 0)) stored"
    }
}
