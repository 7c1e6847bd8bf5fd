import Foundation
import StoreTraffic

/// What a child says it does and did, a line each, in a file outside the store: before an operation what is attempted,
/// after it what was acknowledged. A line is one `write`, so a kill leaves no half of one.
enum LedgerLine: Equatable {
    /// `parent` says where the timeline hangs.
    case begin(EpochAttempt, parent: HistoryFork?)
    case stored(EpochAttempt, durable: Bool)
    /// Every epoch of the timeline up to this one is durable.
    case flushed(timeline: String, epoch: UInt64)
    /// Every epoch of every timeline is.
    case closed
    case tagging(name: String, timeline: String, epoch: UInt64)
    case tagged(name: String)
    case untagging(name: String)
    case untagged(name: String)
    /// A timeline of this head is about to be pruned.
    case pruning(timeline: String, head: UInt64, PruneRule)
    case failed(String)
    case wrong(String)
}

/// Which checkpoints a child prunes.
struct PruneRule: Equatable {
    var keepLast: UInt64
    var keepEvery: UInt64
    var dropsInputs: Bool
}

/// The last epoch that a timeline shares with its parent.
struct HistoryFork: Equatable {
    var timeline: String
    var epoch: UInt64
}

extension LedgerLine {
    var text: String {
        switch self {
        case .begin(let attempt, let parent):
            "begin \(attempt.words)" + (parent.map { " \($0.timeline) \($0.epoch)" } ?? "")
        case .stored(let attempt, let durable): "\(durable ? "durable" : "stored") \(attempt.words)"
        case .flushed(let timeline, let epoch): "flushed \(timeline) \(epoch)"
        case .closed: "closed"
        case .tagging(let name, let timeline, let epoch): "tagging \(name) \(timeline) \(epoch)"
        case .tagged(let name): "tagged \(name)"
        case .untagging(let name): "untagging \(name)"
        case .untagged(let name): "untagged \(name)"
        case .pruning(let timeline, let head, let rule):
            "pruning \(timeline) \(head) \(rule.keepLast) \(rule.keepEvery) \(rule.dropsInputs ? 1 : 0)"
        case .failed(let what): "failed \(what.replacing("\n", with: " "))"
        case .wrong(let what): "wrong \(what.replacing("\n", with: " "))"
        }
    }

    init?(_ text: Substring) {
        let words = text.split(separator: " ").map(String.init)
        let rest = Array(words.dropFirst())
        switch words.first {
        case "begin":
            guard let attempt = EpochAttempt(rest) else { return nil }
            self = .begin(attempt, parent: HistoryFork(Array(rest.dropFirst(3))))
        case "stored", "durable":
            guard let attempt = EpochAttempt(rest) else { return nil }
            self = .stored(attempt, durable: words[0] == "durable")
        case "flushed":
            guard let end = HistoryFork(rest) else { return nil }
            self = .flushed(timeline: end.timeline, epoch: end.epoch)
        case "closed": self = .closed
        case "tagging":
            guard rest.count == 3, let epoch = UInt64(rest[2]) else { return nil }
            self = .tagging(name: rest[0], timeline: rest[1], epoch: epoch)
        case "tagged": self = .tagged(name: rest.joined())
        case "untagging": self = .untagging(name: rest.joined())
        case "untagged": self = .untagged(name: rest.joined())
        case "pruning":
            let numbers = rest.dropFirst().compactMap { UInt64($0) }
            guard numbers.count == 4 else { return nil }
            self = .pruning(
                timeline: rest[0], head: numbers[0],
                PruneRule(keepLast: numbers[1], keepEvery: numbers[2], dropsInputs: numbers[3] == 1))
        case "failed": self = .failed(rest.joined(separator: " "))
        case "wrong": self = .wrong(rest.joined(separator: " "))
        default: return nil
        }
    }
}

extension EpochAttempt {
    fileprivate var words: String { "\(timeline) \(epoch) \(number)" }

    fileprivate init?(_ words: [String]) {
        guard words.count >= 3, let epoch = UInt64(words[1]), let number = UInt64(words[2]) else { return nil }
        self.init(timeline: words[0], epoch: epoch, number: number)
    }
}

extension HistoryFork {
    fileprivate init?(_ words: [String]) {
        guard words.count == 2, let epoch = UInt64(words[1]) else { return nil }
        self.init(timeline: words[0], epoch: epoch)
    }
}

/// A ledger that is being written.
final class LedgerWriter {
    private let descriptor: Int32

    init(path: String) throws {
        descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw TortureError("cannot write '\(path)'") }
    }

    deinit { close(descriptor) }

    func note(_ line: LedgerLine) {
        let bytes = Array((line.text + "\n").utf8)
        guard write(descriptor, bytes, bytes.count) == bytes.count else { fatalError("the ledger cannot be written") }
    }
}

struct TortureError: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}
