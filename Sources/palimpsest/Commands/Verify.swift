import ArgumentParser
import HistoryStore

struct Verify: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Read and check everything in a history.",
        discussion: "Prints a line for everything that is wrong; the status is then 1.")

    @OptionGroup(title: "History") var store: StoreArguments
    @Flag(help: "Answer in JSON: an object for each finding, then one with the counts.") var json = false

    func run() throws {
        let store = try store.openForReading()
        let status = StatusLine()
        var epochCount = 0
        let findings = try store.verify { progress in
            epochCount = progress.epochsDone
            status.show("verify: epoch \(progress.epochsDone) of \(progress.epochsTotal)")
        }
        status.clear()
        for finding in findings {
            if json { try JSONLine.print(FindingRow(finding)) } else { print(finding) }
        }
        if json {
            try JSONLine.print(VerifyReport(epochs: epochCount, findings: findings.count))
        } else if findings.isEmpty {
            print("\(epochCount) epochs are as they were written")
        }
        guard findings.isEmpty else {
            throw Failure.no("'\(store.path)' is damaged: \(findings.count) findings; restore it from a copy")
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

private struct VerifyReport: Encodable {
    let epochs: Int
    let findings: Int
}
