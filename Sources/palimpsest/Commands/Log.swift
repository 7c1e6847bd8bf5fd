import ArgumentParser
import TimeTravel

struct Log: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "List epochs: icount, time, dirty pages, TLB events, bytes stored.")

    @Argument(help: "POSITION..POSITION, or one POSITION (default: everything).")
    var range: String?
    @Flag(help: "How each epoch's pages were captured, and how long that took, instead of what the epoch holds.")
    var capture = false
    @OptionGroup(title: "History") var history: HistoryArguments

    func run() throws {
        let store = try history.open()
        let range = try history.resolve(range: range, in: store)
        let table = history.json ? nil : capture ? LogRow.captureTable() : LogRow.table()
        try EpochListing(store).forEachRow(in: range) { epoch in
            let row = LogRow(epoch)
            if let table { table.printRow(capture ? row.captureCells : row.cells) } else { try JSONLine.print(row) }
            return true
        }
    }
}

/// An epoch in a list.
struct LogRow: Encodable {
    let timeline: String
    let epoch: UInt64
    let icountFrom: UInt64
    /// At the epoch's end.
    let icount: UInt64
    let virtualTime_ns: UInt64
    let wallTime_ns: UInt64
    let dirtyPages: Int
    let keyframes: Int
    let deltas: Int
    let zeroPages: Int
    let duplicates: Int
    let unchanged: Int
    let tlbEvents: UInt64
    let tlbEventBytes: Int
    let inputs: UInt64
    let storedBytes: Int
    let stun_us: UInt64
    let scan_us: UInt64
    let copy_us: UInt64
    let hotPages: Int
    let deferredPages: Int
    let diffPages: Int
    let protectFaults: Int
    let copiedBeforeWrite: Int
    let sentBytes: Int
    /// "checkpoint" or "forgotten"; absent when nothing was pruned.
    let pruned: String?
    let firstEpoch: UInt64?

    init(_ row: EpochRow) {
        timeline = row.timeline
        epoch = row.epoch
        icountFrom = row.icountFrom
        icount = row.icountTo
        virtualTime_ns = row.virtualTime_ns
        wallTime_ns = row.wallTime_ns
        dirtyPages = row.dirtyPageCount
        keyframes = row.pages.keyframes
        deltas = row.pages.deltas
        zeroPages = row.pages.zero
        duplicates = row.pages.duplicates
        unchanged = row.pages.unchanged
        tlbEvents = row.tlbEventCount
        tlbEventBytes = row.tlbEventByteCount
        inputs = row.inputCount
        storedBytes = row.storedBytes
        stun_us = row.stun_us
        scan_us = row.scan_us
        copy_us = row.copy_us
        hotPages = row.capture.hotPages
        deferredPages = row.capture.deferredPages
        diffPages = row.capture.differencePages
        protectFaults = row.capture.protectFaults
        copiedBeforeWrite = row.capture.copiedBeforeWrite
        sentBytes = row.capture.sentBytes
        switch row.pruning {
        case .none: (pruned, firstEpoch) = (nil, nil)
        case .checkpoint: (pruned, firstEpoch) = ("checkpoint", nil)
        case .forgotten: (pruned, firstEpoch) = ("forgotten", row.firstEpoch)
        }
    }

    static func table() -> Table {
        Table([
            .init(title: "epoch", width: 7), .init(title: "icount", width: 14), .init(title: "time s", width: 12),
            .init(title: "dirty pages", width: 11), .init(title: "TLB events", width: 10),
            .init(title: "inputs", width: 6), .init(title: "bytes stored", width: 12),
            .init(title: "stun ms", width: 8), .init(title: "timeline", width: 8, isText: true),
        ])
    }

    /// The columns have the names that they have in JSON.
    static func captureTable() -> Table {
        Table([
            .init(title: "epoch", width: 7), .init(title: "dirty_pages", width: 11),
            .init(title: "hot_pages", width: 9),
            .init(title: "deferred_pages", width: 14), .init(title: "diff_pages", width: 10),
            .init(title: "protect_faults", width: 14), .init(title: "copied_before_write", width: 19),
            .init(title: "scan_us", width: 7), .init(title: "copy_us", width: 7), .init(title: "stun_us", width: 7),
        ])
    }

    var captureCells: [String] {
        [
            "\(epoch)", "\(dirtyPages)", "\(hotPages)", "\(deferredPages)", "\(diffPages)", "\(protectFaults)",
            "\(copiedBeforeWrite)", "\(scan_us)", "\(copy_us)", "\(stun_us)",
        ]
    }

    var cells: [String] {
        [
            "\(epoch)", "\(icount)", Quantity.seconds(ns: virtualTime_ns), "\(dirtyPages)", "\(tlbEvents)", "\(inputs)",
            "\(storedBytes)", Quantity.milliseconds(us: stun_us), timeline + note,
        ]
    }

    private var note: String {
        guard let pruned else { return "" }
        return firstEpoch.map { " forgotten from epoch \($0) on" } ?? " pruned \(pruned)"
    }
}
