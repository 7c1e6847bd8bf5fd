import ArgumentParser
import HistoryStore

struct Stats: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Tell what a history costs on disk.")

    @OptionGroup(title: "History") var store: StoreArguments
    @Flag(help: "Answer in JSON: one object a line.") var json = false

    func run() throws {
        let report = StatsReport(try store.openForReading().stats())
        if json { try JSONLine.print(report) } else { report.lines.forEach { print($0) } }
    }
}

private struct StatsReport: Encodable {
    let timelines: Int
    let epochs: Int
    let pageVersions: Int
    let keyframes: Int
    let deltas: Int
    let zeroPages: Int
    let duplicates: Int
    let unchanged: Int
    let storedBytes: Int
    let segmentBytes: Int
    let manifestBytes: Int
    let mapBytes: Int
    let logicalBytes: Int
    let directoryBytes: Int

    init(_ statistics: StoreStatistics) {
        timelines = statistics.timelines
        epochs = statistics.epochs
        pageVersions = statistics.pageVersions
        keyframes = statistics.pages.keyframes
        deltas = statistics.pages.deltas
        zeroPages = statistics.pages.zero
        duplicates = statistics.pages.duplicates
        unchanged = statistics.pages.unchanged
        storedBytes = statistics.storedBytes
        segmentBytes = statistics.segmentBytes
        manifestBytes = statistics.manifestBytes
        mapBytes = statistics.mapBytes
        logicalBytes = statistics.logicalBytes
        directoryBytes = statistics.directoryBytes
    }

    var lines: [String] {
        [
            "timelines      \(timelines)",
            "epochs         \(epochs)",
            "page versions  \(pageVersions): \(keyframes) stored whole, \(deltas) as deltas, \(zeroPages) of zeros, "
                + "\(duplicates) known already, \(unchanged) unchanged",
            "stored         \(Quantity.bytes(storedBytes)): segments \(Quantity.bytes(segmentBytes)), "
                + "manifests \(Quantity.bytes(manifestBytes)), page maps \(Quantity.bytes(mapBytes))",
            "without deltas and sharing  \(Quantity.bytes(logicalBytes))",
            "on disk, indexes and log included  \(Quantity.bytes(directoryBytes))",
        ]
    }
}
