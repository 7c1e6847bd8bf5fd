import ArgumentParser
import GuestMemory
import TimeTravel

struct Diff: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "List registers, device fields, pages and bytes that differ between two positions.")

    @Argument(help: "A position.") var first: String
    @Argument(help: "Another, of the same timeline or not.") var second: String
    @OptionGroup(title: "History") var history: HistoryArguments
    @OptionGroup var engine: EngineArguments

    func run() throws {
        let store = try history.open()
        let diff = try PositionDiff(
            store, history.resolve(first, in: store), history.resolve(second, in: store),
            options: CheckoutOptions(engine: engine.options))
        for difference in diff.stateDifferences() {
            if history.json { try JSONLine.print(StateRow(difference)) } else { print(difference) }
        }
        try diff.forEachPage { difference in
            let row = PageRow(difference)
            if history.json { try JSONLine.print(row) } else { print(row.line) }
            return true
        }
    }
}

private struct StateRow: Encodable {
    let state: String
    let first: String
    let second: String

    init(_ difference: StateDifference) {
        state = difference.name
        first = difference.first
        second = difference.second
    }
}

private struct PageRow: Encodable {
    /// Guest-physical address of the page's first byte.
    let page: String
    let differentBytes: Int
    /// Offsets of the first byte and of the one after the last.
    let ranges: [[Int]]

    init(_ difference: PageDifference) {
        page = "\(difference.page.baseAddress)"
        differentBytes = difference.differentByteCount
        ranges = difference.ranges.map { [$0.lowerBound, $0.upperBound] }
    }

    private static let rangesShownMax = 6

    var line: String {
        let shown = ranges.prefix(Self.rangesShownMax).map { range in
            let (first, last) = (Quantity.hex(UInt64(range[0])), Quantity.hex(UInt64(range[1] - 1)))
            return first == last ? first : "\(first)-\(last)"
        }
        let rest = ranges.count > shown.count ? " and \(ranges.count - shown.count) more" : ""
        return "page \(page): \(differentBytes) bytes, at \(shown.joined(separator: " "))\(rest)"
    }
}
