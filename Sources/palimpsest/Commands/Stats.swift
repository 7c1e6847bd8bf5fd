import ArgumentParser
import HistoryStore

struct Stats: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Tell what a history costs on disk, and for what.")

    @OptionGroup(title: "History") var store: StoreArguments
    @Flag(help: "Leave out what needs all segments to be read: sizes by kind of version, and delta depths.")
    var quick = false
    @Flag(help: "Answer in JSON: an object for each timeline, then one for the store.") var json = false

    func run() throws {
        let status = StatusLine()
        let statistics = try store.openForReading().stats(includingSegments: !quick) {
            status.show("stats: \($0.unit.rawValue) \($0.epochsDone) of \($0.epochsTotal)")
        }
        status.clear()
        let report = StatsReport(statistics)
        guard !json else {
            for timeline in statistics.timelines { try JSONLine.print(TimelineStatsRow(timeline)) }
            return try JSONLine.print(report)
        }
        report.lines.forEach { print($0) }
        guard statistics.timelines.count > 1 else { return }
        let table = TimelineStatsRow.table()
        for timeline in statistics.timelines { table.printRow(TimelineStatsRow(timeline).cells) }
    }
}

private struct TimelineStatsRow: Encodable {
    let timeline: String
    let epochs: UInt64
    let checkpoints: UInt64
    let dirtyPages: Int
    let duplicates: Int
    let storedBytes: Int

    init(_ statistics: TimelineStatistics) {
        timeline = statistics.timeline
        epochs = statistics.epochs
        checkpoints = statistics.checkpoints
        dirtyPages = statistics.pages.total
        duplicates = statistics.pages.duplicates
        storedBytes = statistics.storedBytes
    }

    static func table() -> Table {
        Table([
            .init(title: "timeline", width: 16, isText: true), .init(title: "epochs", width: 8),
            .init(title: "checkpoints", width: 11), .init(title: "dirty pages", width: 12),
            .init(title: "shared", width: 9), .init(title: "stored", width: 10),
        ])
    }

    var cells: [String] {
        [
            timeline, "\(epochs)", "\(checkpoints)", "\(dirtyPages)", "\(duplicates)", Quantity.bytes(storedBytes),
        ]
    }
}

private struct StatsReport: Encodable {
    let timelines: Int
    let epochs: UInt64
    let checkpoints: UInt64
    let forgotten: UInt64
    let pageVersions: Int
    let keyframes: Int
    let deltas: Int
    let zeroPages: Int
    let duplicates: Int
    let unchanged: Int
    let storedBytes: Int
    let segmentBytes: Int
    let manifestBytes: Int
    let stateBytes: Int
    let inputBytes: Int
    let tlbEventBytes: Int
    let consoleBytes: Int
    let logicalBytes: Int
    let keyframeBytes: Int?
    let deltaBytes: Int?
    let collectedVersions: Int?
    let deltaDepths: [Int]?
    let segmentFileBytes: Int
    let manifestFileBytes: Int
    let mapBytes: Int
    let indexBytes: Int
    let directoryBytes: Int
    /// Of the directory, what is kept for pruning and collecting on a full disk.
    let reserveBytes: Int
    let writeAmplification: Double?
    let uncollectedPrunings: UInt64
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
        let total = statistics.total
        timelines = statistics.timelines.count
        epochs = total.epochs
        checkpoints = total.checkpoints
        forgotten = total.forgotten
        pageVersions = total.pages.total
        keyframes = total.pages.keyframes
        deltas = total.pages.deltas
        zeroPages = total.pages.zero
        duplicates = total.pages.duplicates
        unchanged = total.pages.unchanged
        storedBytes = total.storedBytes
        segmentBytes = total.segmentBytes
        manifestBytes = total.manifestBytes
        stateBytes = total.stateBytes
        inputBytes = total.inputBytes
        tlbEventBytes = total.tlbEventBytes
        consoleBytes = total.consoleBytes
        logicalBytes = total.logicalBytes
        keyframeBytes = statistics.versions?.keyframeBytes
        deltaBytes = statistics.versions?.deltaBytes
        collectedVersions = statistics.versions?.gone
        deltaDepths = statistics.versions?.depths
        segmentFileBytes = statistics.segmentFileBytes
        manifestFileBytes = statistics.manifestFileBytes
        mapBytes = statistics.mapFileBytes
        indexBytes = statistics.indexFileBytes
        directoryBytes = statistics.directoryBytes
        reserveBytes = statistics.reserveBytes
        writeAmplification = statistics.writeAmplification
        uncollectedPrunings = statistics.uncollectedGenerations
        hotPages = total.capture.hotPages
        deferredPages = total.capture.deferredPages
        diffPages = total.capture.differencePages
        protectFaults = total.capture.protectFaults
        copiedBeforeWrite = total.capture.copiedBeforeWrite
        sentBytes = total.capture.sentBytes
        scan_us = total.scan_us
        copy_us = total.copy_us
        stun_us = statistics.stuns_us.sum
        stunP50Us = statistics.stuns_us.percentile(0.5)
        stunP99Us = statistics.stuns_us.percentile(0.99)
        stunMax_us = statistics.stuns_us.max
    }

    var lines: [String] { contentLines + diskLines + captureLines }

    private var contentLines: [String] {
        var lines = [
            "timelines      \(timelines)",
            "epochs         \(epochs)" + (checkpoints < epochs ? ", \(checkpoints) of them with a checkpoint" : ""),
            "page versions  \(pageVersions): \(keyframes) stored whole, \(deltas) as deltas, \(zeroPages) of zeros, "
                + "\(duplicates) known already, \(unchanged) unchanged",
        ]
        if let keyframeBytes, let deltaBytes, let deltaDepths {
            let depths = deltaDepths.enumerated().filter { $1 > 0 }.map { "\($0): \($1)" }.joined(separator: ", ")
            lines.append("in segments    whole \(Quantity.bytes(keyframeBytes)), deltas \(Quantity.bytes(deltaBytes))")
            lines.append("delta depth    \(depths)")
        }
        return lines
    }

    private var diskLines: [String] {
        var lines = [
            "stored         \(Quantity.bytes(storedBytes)): segments \(Quantity.bytes(segmentBytes)), "
                + "manifests \(Quantity.bytes(manifestBytes)); in them machine states \(Quantity.bytes(stateBytes)), "
                + "inputs \(Quantity.bytes(inputBytes)), TLB events \(Quantity.bytes(tlbEventBytes)), "
                + "console \(Quantity.bytes(consoleBytes))",
            "without deltas and sharing  \(Quantity.bytes(logicalBytes))",
            "on disk        \(Quantity.bytes(directoryBytes)): segments \(Quantity.bytes(segmentFileBytes)), "
                + "manifests \(Quantity.bytes(manifestFileBytes)), page maps \(Quantity.bytes(mapBytes)), "
                + "indexes \(Quantity.bytes(indexBytes))"
                + (reserveBytes > 0 ? ", reserve for gc \(Quantity.bytes(reserveBytes))" : "")
                + "; the rest is the log",
        ]
        if let writeAmplification {
            lines.append("written        \(Quantity.decimal(writeAmplification, digits: 2)) bytes for each byte stored")
        }
        if uncollectedPrunings > 0 {
            lines.append("pruned and not yet collected: 'palimpsest gc' gives the space back")
        }
        return lines
    }

    private var captureLines: [String] {
        [
            "captured       \(hotPages) pages copied in the stun, \(deferredPages) deferred, \(diffPages) as differences; "
                + "\(Quantity.bytes(sentBytes)) sent",
            "write faults   \(protectFaults) on deferred pages, \(copiedBeforeWrite) of them copied before the write",
            "stun           p50 \(Quantity.milliseconds(us: stunP50Us)), p99 \(Quantity.milliseconds(us: stunP99Us)), "
                + "longest \(Quantity.milliseconds(us: stunMax_us)) ms",
        ]
    }
}
