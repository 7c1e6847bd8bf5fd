import ArgumentParser
import TimeTravel

struct Replay: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Execute a range anew and compare each epoch with the recording.",
        discussion: """
            Compared are the inputs taken, TLB events, console output, machine state, the set of dirty pages and their \
            hashes. The status is 1 when something differs; the first difference is named.
            """)

    @Argument(help: "POSITION..POSITION, or one POSITION for its epoch (default: everything).")
    var range: String?
    @Option(name: .customLong("jobs"), help: ArgumentHelp("Parts of the range executed side by side.", valueName: "n"))
    var jobCount = 1
    @OptionGroup(title: "History") var history: HistoryArguments
    @OptionGroup var engine: EngineArguments

    func validate() throws {
        guard (1...1024).contains(jobCount) else {
            throw ValidationError("--jobs \(jobCount) is not between 1 and 1024")
        }
    }

    func run() throws {
        let store = try history.open()
        let range = try history.resolve(range: range, in: store)
        let status = StatusLine()
        let options = ReplayOptions(
            jobCount: jobCount, engine: engine.options,
            onProgress: { status.show("replay: epoch \($0.epochsDone) of \($0.epochsTotal)") })
        let replayer = Replayer(store, options: options)
        let result = try replayer.replay(range)
        status.clear()
        let report = ReplayReport(range, result)
        if history.json { try JSONLine.print(report) } else { print(report.line) }
        if let divergence = result.divergence { throw Failure.no("the replay diverged in \(divergence)") }
    }
}

private struct ReplayReport: Encodable {
    let from: String
    let to: String
    let epochs: Int
    let instructions: UInt64
    let seconds: Double
    let divergence: DivergenceRow?

    init(_ range: ResolvedRange, _ result: ReplayResult) {
        from = "\(range.start)"
        to = "\(range.end)"
        epochs = result.epochCount
        instructions = result.instructionCount
        seconds = result.seconds
        divergence = result.divergence.map(DivergenceRow.init)
    }

    private enum CodingKeys: CodingKey {
        case from, to, epochs, instructions, seconds, divergence
    }

    /// Written out for `divergence`, which is null rather than absent.
    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(from, forKey: .from)
        try container.encode(to, forKey: .to)
        try container.encode(epochs, forKey: .epochs)
        try container.encode(instructions, forKey: .instructions)
        try container.encode(seconds, forKey: .seconds)
        try container.encode(divergence, forKey: .divergence)
    }

    var line: String {
        let work = "\(epochs) epochs, \(instructions) instructions in \(Quantity.decimal(seconds, digits: 2)) s"
        guard let divergence else { return "\(from)..\(to): \(work), all as recorded" }
        return "\(from)..\(to): \(work), then epoch \(divergence.epoch) differs: \(divergence.what)"
    }
}

private struct DivergenceRow: Encodable {
    let timeline: String
    let epoch: UInt64
    let what: String

    init(_ divergence: Divergence) {
        timeline = divergence.timeline
        epoch = divergence.epoch
        what = "\(divergence.what)"
    }
}
