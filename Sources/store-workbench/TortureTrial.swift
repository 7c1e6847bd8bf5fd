import Foundation
import StoreTraffic

enum TortureKind: String, CaseIterable {
    case kill, io, full, short, power, flip
}

/// One store tormented in one way: everything in it follows from kind and seed, but for what the scheduler decides.
///
///     FOLDER/disk/store   the store; faults strike below FOLDER/disk
///     FOLDER/ledger       what was acknowledged
struct TortureTrial {
    let kind: TortureKind
    let seed: UInt64
    let folder: URL
    /// The shim.
    let library: String
    /// The number of the call to strike; nil chooses by the seed.
    var strikeAt: Int?
    var generator: SeededGenerator
    private(set) var result = TortureResult()

    init(kind: TortureKind, seed: UInt64, folder: URL, library: String, strikeAt: Int? = nil) throws {
        self.kind = kind
        self.seed = seed
        self.folder = folder
        self.library = library
        self.strikeAt = strikeAt
        generator = SeededGenerator(seed: seed ^ 0x70_7274)
        try FileManager.default.createDirectory(at: disk, withIntermediateDirectories: true)
    }

    var disk: URL { folder.appendingPathComponent("disk") }
    var store: String { disk.appendingPathComponent("store").path }
    var ledger: String { folder.appendingPathComponent("ledger").path }
    var shimReport: String { folder.appendingPathComponent("report").path }

    mutating func run() throws {
        switch kind {
        case .kill: try runKills()
        case .io, .full, .short: try runFailingCall()
        case .power: try runPowerLosses()
        case .flip: try runFlips()
        }
    }

    // MARK: Processes

    /// Runs a child on the store.
    func child(
        round: UInt64, steps: Int, unclosed: Bool = false, faults: [String: String]? = nil, killAfter_us: Int? = nil
    ) throws -> TortureProcess.Outcome {
        let arguments =
            [
                "torture-child", store, "--ledger", ledger, "--seed", "\(seed)", "--round", "\(round)", "--steps",
                "\(steps)",
            ]
            + (unclosed ? ["--unclosed"] : [])
        var environment: [String: String] = [:]
        if let faults {
            environment = ["LD_PRELOAD": library, "FAULT_DIR": disk.path, "FAULT_REPORT": shimReport]
            environment.merge(faults) { $1 }
            try? FileManager.default.removeItem(atPath: shimReport)
        }
        return try TortureProcess.run(arguments, environment: environment, killAfter_us: killAfter_us, in: folder)
    }

    /// A child must end well, or report an error.
    mutating func judge(_ outcome: TortureProcess.Outcome, mayBeKilled: Bool = false, _ what: String) {
        if outcome.timedOut { return result.add(wrong: "\(what): the child hung") }
        guard ![0, 3].contains(outcome.status), !(mayBeKilled && outcome.wasKilled) else { return }
        result.add(wrong: "\(what): the child ended with \(outcome.status): \(outcome.errors.suffix(300))")
    }

    /// Compares a store with its ledger and takes down what was found.
    mutating func check(
        store: String? = nil, ledger: String? = nil, level: TorturePromises.Level, damaged: Bool = false, _ what: String
    ) throws {
        let arguments =
            ["torture-check", store ?? self.store, "--ledger", ledger ?? self.ledger, "--seed", "\(seed)"]
            + ["--level", level.rawValue] + (damaged ? ["--damaged"] : [])
        let outcome = try TortureProcess.run(arguments, in: folder)
        result.faults += 1
        guard outcome.status == 0, let report = try? JSONDecoder().decode(TortureReport.self, from: outcome.output)
        else {
            return result.add(wrong: "\(what): the reader ended with \(outcome.status): \(outcome.errors.suffix(300))")
        }
        result.add(report, what)
    }

    mutating func count(acknowledged ledger: String? = nil) {
        result.acknowledged += TorturePromises(path: ledger ?? self.ledger).acknowledgedCount
    }

    mutating func note(reported: Bool) { result.reported += reported ? 1 : 0 }
}

/// What came of one trial, or of many.
struct TortureResult {
    var faults = 0
    /// Epochs that were acknowledged, and how often one was found bit-exact.
    var acknowledged = 0
    var found = 0
    /// Faults that the program told of: an error, or damage named.
    var reported = 0
    private(set) var lost: [String] = []
    private(set) var wrong: [String] = []

    var isRight: Bool { lost.isEmpty && wrong.isEmpty }

    mutating func add(wrong what: String) { wrong.append(what) }

    mutating func add(_ report: TortureReport, _ what: String) {
        found += report.epochs
        reported += report.named.isEmpty ? 0 : 1
        lost += report.lost.map { "\(what): \($0)" }
        wrong += report.wrong.map { "\(what): \($0)" }
    }

    static func += (sum: inout TortureResult, other: TortureResult) {
        sum.faults += other.faults
        sum.acknowledged += other.acknowledged
        sum.found += other.found
        sum.reported += other.reported
        sum.lost += other.lost
        sum.wrong += other.wrong
    }
}
