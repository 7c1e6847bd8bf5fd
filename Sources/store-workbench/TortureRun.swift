import Foundation

/// Trials one after the other, and their sums.
struct TortureRun {
    let library: String
    let directory: URL
    let deadline: Date
    private var results: [TortureKind: TortureResult] = [:]

    init(library: String, directory: URL, deadline: Date) {
        self.library = library
        self.directory = directory
        self.deadline = deadline
    }

    var isOver: Bool { Date() >= deadline }
    var faultCount: Int { results.values.reduce(0) { $0 + $1.faults } }
    var isRight: Bool { results.values.allSatisfy(\.isRight) }

    mutating func trial(_ kind: TortureKind, seed: UInt64, at call: Int? = nil) throws {
        let folder = directory.appendingPathComponent(
            "palimpsest-torture-\(kind)-\(seed)-\(UUID().uuidString.prefix(8))")
        var trial = try TortureTrial(kind: kind, seed: seed, folder: folder, library: library, strikeAt: call)
        try trial.run()
        results[kind, default: TortureResult()] += trial.result
        if trial.result.isRight {
            try FileManager.default.removeItem(at: folder)
        } else {
            report(trial, call)
        }
    }

    /// Strikes every `stride`-th call of one seed's child.
    mutating func sweep(_ kind: TortureKind, seed: UInt64, stride: Int) throws {
        let folder = directory.appendingPathComponent("palimpsest-torture-count-\(UUID().uuidString.prefix(8))")
        let last = try TortureTrial(kind: kind, seed: seed, folder: folder, library: library).callCount()
        try FileManager.default.removeItem(at: folder)
        for call in Swift.stride(from: 1 + Int(seed % UInt64(stride)), through: last, by: stride) where !isOver {
            try trial(kind, seed: seed, at: call)
        }
    }

    private func report(_ trial: TortureTrial, _ call: Int?) {
        let again = "--kind \(trial.kind) --seed \(trial.seed) --count 1" + (call.map { " --at \($0)" } ?? "")
        tell("torture: failed, kept in \(trial.folder.path); again with \(again)")
        for what in trial.result.lost.prefix(4) { tell("  lost: \(what)") }
        for what in trial.result.wrong.prefix(4) { tell("  wrong: \(what)") }
    }

    func printTotals() {
        func line(_ columns: [String]) {
            tell(columns.map { $0.padding(toLength: 14, withPad: " ", startingAt: 0) }.joined())
        }
        line(["kind", "faults", "reported", "acknowledged", "read right", "lost", "wrong"])
        var sum = TortureResult()
        for (kind, result) in results.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
            line([kind.rawValue] + Self.figures(result))
            sum += result
        }
        line(["all"] + Self.figures(sum))
    }

    private static func figures(_ result: TortureResult) -> [String] {
        [result.faults, result.reported, result.acknowledged, result.found, result.lost.count, result.wrong.count]
            .map(String.init)
    }
}
