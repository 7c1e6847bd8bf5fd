import ArgumentParser
import HistoryStore
import TimeTravel

struct Verify: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Check a history: its structure, its contents, its execution.",
        usage: """
            palimpsest verify [--data [n/t | PERCENT | --since POSITION]] [--replay] [--rebuild-index]
            """,
        discussion: """
            Without options: that every record and segment is there and as it was written (by its hash), that they follow \
            from each other, and that the indexes say the same. --data also decodes page contents and compares each with its \
            hash; --replay executes the epochs and compares them with what was recorded.

            Prints a line for everything that is wrong, then what can still be checked out; the status is then 1.
            """)

    @OptionGroup(title: "History") var store: StoreArguments

    @Flag(help: "Decode and hash page contents too: all, or those that the following argument or option chooses.")
    var data = false
    @Argument(
        help: ArgumentHelp(
            "With --data: the n-th of t parts, all of which together are everything, or a percentage of the epochs, chosen at "
                + "random.",
            valueName: "n/t|percent"))
    var subset: VerifySubset?
    @Option(help: ArgumentHelp("With --data: a timeline's epochs from there on.", valueName: "position"))
    var since: String?
    @Flag(help: "Execute every epoch and compare it with what was recorded.") var replay = false
    @Flag(help: "Make the indexes anew first. Nothing may record into the history.") var rebuildIndex = false
    @Option(help: ArgumentHelp("Threads that decode, machines that execute.", valueName: "n")) var jobs = 2
    @Flag(help: "Answer in JSON: an object for each finding, then one for each timeline, then one with the counts.")
    var json = false

    func validate() throws {
        if !data, subset != nil || since != nil {
            throw ValidationError("'n/t', a percentage and --since go with --data")
        }
        if subset != nil, since != nil { throw ValidationError("a part and --since exclude each other") }
        if !(1...64 ~= jobs) { throw ValidationError("--jobs \(jobs) is not between 1 and 64") }
    }

    func run() throws {
        Signals.catchInterrupts()
        if rebuildIndex { try rebuild() }
        let store = try store.openForReading()
        let status = StatusLine()
        let options = VerifyOptions(data: try chosenData(store), jobCount: jobs)
        var report = try store.verify(
            options,
            progress: { status.show("verify: \($0.unit.rawValue) \($0.epochsDone) of \($0.epochsTotal)") },
            shouldStop: { Signals.received != nil })
        if replay, !report.wasInterrupted {
            let check = ReplayCheck(store, jobCount: jobs, shouldStop: { Signals.received != nil }) {
                status.show("verify: \($0), epoch \($1.epochsDone) of \($1.epochsTotal)")
            }
            report.findings += try check.findings(in: report)
        }
        let executed = replay ? ", every epoch executed anew" : ""
        status.clear()
        try show(report, executed)
        if let signal = Signals.received { throw Failure(status: ExitStatus.signal(signal), message: "interrupted") }
        guard report.isSound else {
            throw Failure.no("'\(store.path)' is damaged: \(report.findings.count) findings; put a copy in its place")
        }
    }

    private func rebuild() throws {
        let writable = try store.open(.maintenance)
        try writable.rebuildIndexes()
        try writable.close()
    }

    private func chosenData(_ store: HistoryStore) throws -> VerifyData {
        guard data else { return .none }
        if let since {
            let position = try PositionResolver(store).resolve(Position(parsing: since))
            return .since(timeline: position.timeline, epoch: position.epoch)
        }
        switch subset {
        case .part(let part, let count): return .part(part, of: count)
        case .percent(let percent): return .percent(percent, seed: .random(in: 0 ... .max))
        case nil: return .all
        }
    }

    private func show(_ report: VerifyReport, _ executed: String) throws {
        for finding in report.findings {
            if json { try JSONLine.print(FindingRow(finding)) } else { print(finding) }
        }
        for health in report.timelines where json || !report.isSound {
            if json { try JSONLine.print(HealthRow(health)) } else { print(HealthRow(health).text) }
        }
        if json {
            try JSONLine.print(
                VerifySummary(
                    epochs: report.epochCount, segments: report.segmentCount, pages: report.pageCount,
                    findings: report.findings.count))
        } else if report.isSound, !report.wasInterrupted {
            let pages = data ? ", \(report.pageCount) page versions" : ""
            print(
                "\(report.epochCount) epochs, \(report.segmentCount) segments\(pages)\(executed): as they were written")
        }
    }
}

/// `3/10` or `5%`.
enum VerifySubset: ExpressibleByArgument {
    case part(UInt64, of: UInt64)
    case percent(Double)

    init?(argument: String) {
        let parts = argument.split(separator: "/", omittingEmptySubsequences: false).map { UInt64($0) }
        if parts.count == 2, let part = parts[0], let count = parts[1], part >= 1, part <= count {
            self = .part(part, of: count)
        } else if argument.hasSuffix("%"), let percent = Double(argument.dropLast()), percent > 0, percent <= 100 {
            self = .percent(percent)
        } else {
            return nil
        }
    }
}

private struct FindingRow: Encodable {
    let timeline: String?
    let epoch: UInt64?
    let what: String

    init(_ finding: Finding) {
        timeline = finding.timeline
        epoch = finding.epoch
        what = finding.what
    }
}

private struct HealthRow: Encodable {
    let timeline: String
    let checkpoints: Int
    let damagedCheckpoints: Int
    let damagedEpochs: [String]
    let damagedPages: [String]

    private static let rangeCountMax = 8

    init(_ health: TimelineHealth) {
        timeline = health.timeline
        checkpoints = health.checkpointCount
        damagedCheckpoints = health.damagedCheckpointCount
        damagedEpochs = health.damaged.map {
            $0.count == 1 ? "\($0.lowerBound)" : "\($0.lowerBound)..\($0.upperBound)"
        }
        damagedPages = health.damagedPages.sorted().map { "0x" + String($0 << 12, radix: 16) }
    }

    var text: String {
        guard damagedCheckpoints > 0 else {
            return "timeline '\(timeline)': all \(checkpoints) checkpoints can be read"
        }
        func list(_ items: [String]) -> String {
            items.prefix(Self.rangeCountMax).joined(separator: ", ") + (items.count > Self.rangeCountMax ? ", …" : "")
        }
        var text =
            "timeline '\(timeline)': \(max(checkpoints - damagedCheckpoints, 0)) of \(checkpoints) checkpoints can be read; "
        text += "damage reaches epochs \(list(damagedEpochs))"
        if !damagedPages.isEmpty {
            text += ", there the \(damagedPages.count == 1 ? "page" : "pages") at \(list(damagedPages))"
        }
        return text + "; 'checkout --memory FILE --skip-damaged' reads round it"
    }
}

private struct VerifySummary: Encodable {
    let epochs: Int
    let segments: Int
    let pages: Int
    let findings: Int
}
