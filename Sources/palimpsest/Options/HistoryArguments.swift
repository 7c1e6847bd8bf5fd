import ArgumentParser
import HistoryStore
import TimeTravel

/// A question to a history: where it is, the timeline that is meant, and the form of the answer.
struct HistoryArguments: ParsableArguments {
    @OptionGroup var store: StoreArguments

    @Option(
        help: ArgumentHelp(
            "The timeline of positions that name none (default: the only one, else 'main', else the newest).",
            valueName: "name"))
    var timeline: String?

    @Flag(help: "Answer in JSON: one object a line.")
    var json = false

    func open() throws -> HistoryStore { try store.openForReading() }

    /// - Throws: `PositionError`, `HistoryStoreError`.
    func resolve(_ text: String, in store: HistoryStore) throws -> ResolvedPosition {
        try PositionResolver(store).resolve(onTimeline(Position(parsing: text)))
    }

    /// - Parameter text: nil for everything.
    /// - Throws: `PositionError`, `HistoryStoreError`.
    func resolve(range text: String?, in store: HistoryStore) throws -> ResolvedRange {
        var range = try text.map { try PositionRange(parsing: $0) } ?? .all
        if timeline != nil {
            range.start = range.isLone ? nil : onTimeline(range.start ?? .start)
            range.end = onTimeline(range.end ?? .head)
        }
        return try PositionResolver(store).resolve(range)
    }

    private func onTimeline(_ position: Position) -> Position {
        var position = position
        if case .tag = position.base { return position }
        position.timeline = position.timeline ?? timeline
        return position
    }
}
