/// A point in a history, as written on the command line (DESIGN.md, "Command line"):
///
///     [TIMELINE@]BASE[+INSTRUCTIONS]      BASE: EPOCH | HEAD | HEAD~EPOCHS | iICOUNT | PERCENT% | TAG
///
/// `12` is the checkpoint at the end of epoch 12; `12+500` is 500 instructions later. `50%` is half of the instructions
/// from checkpoint 0 to the timeline's head. Whether the position exists is `PositionResolver`'s business.
public struct Position: Equatable, Sendable {
    public enum Base: Equatable, Sendable {
        case epoch(UInt64)
        /// The timeline's last epoch, or so many before it.
        case head(epochsBack: UInt64)
        /// Instructions retired by all harts since checkpoint 0.
        case icount(UInt64)
        /// 0 ... 100.
        case percent(Double)
        case tag(String)
    }

    /// nil for the default timeline (`PositionResolver.defaultTimeline`), or a tag's own.
    public var timeline: String?
    public var base: Base
    /// Instructions after `base`.
    public var instructions: UInt64

    public init(timeline: String? = nil, _ base: Base, instructions: UInt64 = 0) {
        self.timeline = timeline
        self.base = base
        self.instructions = instructions
    }

    /// Checkpoint 0 and the last epoch's end.
    public static let start = Position(.epoch(0))
    public static let head = Position(.head(epochsBack: 0))
}

extension Position {
    /// - Throws: `PositionError.malformed`, naming the part that is wrong.
    public init(parsing text: String) throws {
        func malformed(_ reason: String) -> PositionError { .malformed(text: text, reason: reason) }
        var rest = Substring(text)
        var timeline: String?
        if let at = rest.firstIndex(of: "@") {
            timeline = String(rest[..<at])
            rest = rest[rest.index(after: at)...]
            guard Self.isName(timeline!) else { throw malformed("'\(timeline!)' is no name for a timeline") }
        }
        var instructions: UInt64 = 0
        if let plus = rest.firstIndex(of: "+") {
            let digits = rest[rest.index(after: plus)...]
            guard let count = Self.number(digits) else { throw malformed("'\(digits)' is no number of instructions") }
            instructions = count
            rest = rest[..<plus]
        }
        guard !rest.isEmpty else { throw malformed("it names no epoch, icount or tag") }
        guard let base = try Self.base(rest, malformed) else { throw malformed("'\(rest)' is no epoch, icount or tag") }
        self.init(timeline: timeline, base, instructions: instructions)
    }

    /// nil when `text` has none of the forms.
    private static func base(_ text: Substring, _ malformed: (String) -> PositionError) throws -> Base? {
        if text.first!.isASCIIDigit, text.allSatisfy(\.isASCIIDigit) {
            guard let epoch = number(text) else { throw malformed("epoch \(text) is too large a number") }
            return .epoch(epoch)
        }
        if text == "HEAD" { return .head(epochsBack: 0) }
        if text.hasPrefix("HEAD~") {
            let digits = text.dropFirst(5)
            guard let back = number(digits) else { throw malformed("'\(digits)' is no number of epochs") }
            return .head(epochsBack: back)
        }
        if text.first == "i", text.count > 1, text.dropFirst().allSatisfy(\.isASCIIDigit) {
            guard let icount = number(text.dropFirst()) else { throw malformed("\(text) is too large an icount") }
            return .icount(icount)
        }
        if text.last == "%" {
            let digits = text.dropLast()
            guard digits.allSatisfy({ $0.isASCIIDigit || $0 == "." }), let percent = Double(digits), percent <= 100
            else { throw malformed("'\(digits)' is no percentage from 0 to 100") }
            return .percent(percent)
        }
        return isName(String(text)) ? .tag(String(text)) : nil
    }

    private static func number(_ digits: Substring) -> UInt64? {
        digits.allSatisfy(\.isASCIIDigit) ? UInt64(digits) : nil
    }

    /// Names of timelines and tags have none of the signs that positions and ranges are made of.
    private static func isName(_ text: String) -> Bool {
        !text.isEmpty && !text.hasPrefix(".") && !text.contains("..")
            && text.unicodeScalars.allSatisfy {
                $0.properties.isAlphabetic || $0.properties.numericType != nil || "-_.".unicodeScalars.contains($0)
            }
    }

    /// Whether a tag of this name could be reached: `7`, `HEAD` and `i7` mean something else, and dots at the beginning or
    /// in a row would cut a range in the wrong place.
    public static func isUsableTagName(_ name: String) -> Bool {
        guard isName(name), let position = try? Position(parsing: name) else { return false }
        return position.base == .tag(name)
    }
}

extension Character {
    fileprivate var isASCIIDigit: Bool { isASCII && isNumber }
}

extension Position: CustomStringConvertible {
    /// As it is written on the command line.
    public var description: String {
        var text = timeline.map { $0 + "@" } ?? ""
        switch base {
        case .epoch(let epoch): text += "\(epoch)"
        case .head(0): text += "HEAD"
        case .head(let epochsBack): text += "HEAD~\(epochsBack)"
        case .icount(let icount): text += "i\(icount)"
        case .percent(let percent):
            text += percent == percent.rounded() ? "\(Int(percent))%" : "\(percent)%"
        case .tag(let name): text += name
        }
        return instructions == 0 ? text : text + "+\(instructions)"
    }
}
