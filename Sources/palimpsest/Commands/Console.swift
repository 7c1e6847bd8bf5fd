import ArgumentParser
import TimeTravel

struct Console: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Print what the guest printed then.")

    @Argument(help: "POSITION..POSITION, or one POSITION for its epoch (default: everything).")
    var range: String?
    @OptionGroup(title: "History") var history: HistoryArguments
    @OptionGroup var engine: EngineArguments

    func run() throws {
        let store = try history.open()
        let range = try history.resolve(range: range, in: store)
        let console = ConsoleText(store, options: CheckoutOptions(engine: engine.options))
        if history.json {
            let text = String(decoding: try console.bytes(in: range), as: UTF8.self)
            try JSONLine.print(ConsoleReport(from: "\(range.start)", to: "\(range.end)", text: text))
        } else {
            try console.forEachPiece(in: range) { Output.write($0) }
        }
    }
}

private struct ConsoleReport: Encodable {
    let from: String
    let to: String
    let text: String
}
