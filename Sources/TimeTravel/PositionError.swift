/// Why a position or a range means nothing in a history. Each reads as one sentence.
public enum PositionError: Error, Equatable, Sendable, CustomStringConvertible {
    case malformed(text: String, reason: String)
    /// The history holds no timeline at all.
    case emptyHistory(path: String)
    case beyondEnd(position: String, timeline: String, headEpoch: UInt64, icountTo: UInt64)
    case beforeStart(position: String, timeline: String, headEpoch: UInt64)
    case tagElsewhere(tag: String, timeline: String, asked: String)
    case backwards(start: String, end: String)
    /// The end is not on a line that leads on from the start.
    case notOneLine(start: String, end: String)

    public var description: String {
        switch self {
        case .malformed(let text, let reason):
            "'\(text)' is no position: \(reason); write [TIMELINE@]EPOCH[+INSTRUCTIONS], HEAD, HEAD~3, i8000000000, 50% "
                + "or a tag"
        case .emptyHistory(let path): "the history '\(path)' holds no timeline yet: record one"
        case .beyondEnd(let position, let timeline, let headEpoch, let icountTo):
            "\(position) is beyond the end of timeline '\(timeline)', which is epoch \(headEpoch) at i\(icountTo)"
        case .beforeStart(let position, let timeline, let headEpoch):
            "\(position) is before the start of timeline '\(timeline)', whose last epoch is \(headEpoch)"
        case .tagElsewhere(let tag, let timeline, let asked):
            "tag '\(tag)' is on timeline '\(timeline)', not on '\(asked)': leave the timeline out"
        case .backwards(let start, let end): "the range ends before it starts: \(end) comes before \(start)"
        case .notOneLine(let start, let end):
            "\(end) does not lie ahead of \(start): the two are on timelines that part before; name one timeline"
        }
    }
}
