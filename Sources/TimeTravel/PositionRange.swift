/// A stretch of a history, as written on the command line: `POSITION..POSITION`, either side of which may be left out for
/// the start or the head. A lone POSITION stands for the epoch that ends there, or for its part up to there.
public struct PositionRange: Equatable, Sendable {
    /// nil for checkpoint 0.
    public var start: Position?
    /// nil for the timeline's head.
    public var end: Position?
    /// `end` was written alone.
    public var isLone: Bool

    /// Everything.
    public static let all = PositionRange(from: nil, to: nil)

    public init(from start: Position?, to end: Position?) {
        self.start = start
        self.end = end
        isLone = false
    }

    public init(lone position: Position) {
        start = nil
        end = position
        isLone = true
    }

    /// - Throws: `PositionError.malformed`.
    public init(parsing text: String) throws {
        guard let dots = text.firstRange(of: "..") else {
            self.init(lone: try Position(parsing: text))
            return
        }
        let start = text[..<dots.lowerBound]
        let end = text[dots.upperBound...]
        self.init(
            from: start.isEmpty ? nil : try Position(parsing: String(start)),
            to: end.isEmpty ? nil : try Position(parsing: String(end)))
    }
}

extension PositionRange: CustomStringConvertible {
    public var description: String {
        let end = end?.description ?? ""
        return isLone ? end : (start?.description ?? "") + ".." + end
    }
}
