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
    let hotPages: Int
    let deferredPages: Int
    let diffPages: Int
    let protectFaults: Int
    let copiedBeforeWrite: Int
    let sentBytes: Int
    let scan_us: UInt64
    let copy_us: UInt64
    let stun_us: UInt64
    let stunP50Us: UInt64
    let stunP99Us: UInt64
    let stunMax_us: UInt64

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
        hotPages = statistics.capture.hotPages
        deferredPages = statistics.capture.deferredPages
        diffPages = statistics.capture.differencePages
        protectFaults = statistics.capture.protectFaults
        copiedBeforeWrite = statistics.capture.copiedBeforeWrite
        sentBytes = statistics.capture.sentBytes
        scan_us = statistics.scan_us
        copy_us = statistics.copy_us
        stun_us = statistics.stuns_us.sum
        stunP50Us = statistics.stuns_us.percentile(0.5)
        stunP99Us = statistics.stuns_us.percentile(0.99)
        stunMax_us = statistics.stuns_us.max
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
            "captured       \(hotPages) pages copied in the stun, \(deferredPages) deferred, \(diffPages) as differences; "
                + "\(Quantity.bytes(sentBytes)) sent",
            "write faults   \(protectFaults) on deferred pages, \(copiedBeforeWrite) of them copied before the write",
            "stun           p50 \(Quantity.milliseconds(us: stunP50Us)), p99 \(Quantity.milliseconds(us: stunP99Us)), "
                + "longest \(Quantity.milliseconds(us: stunMax_us)) ms",
        ]
    }
}
