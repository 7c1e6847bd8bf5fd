import Checkpointing
import Foundation
import GuestMemory
import HistoryStore
import Machine
import RISCV
import TimeTravel

/// A directory of its own for a test, removed at the end.
final class TemporaryDirectory {
    let path: String
    init() {
        path = NSTemporaryDirectory() + "palimpsest-travel-" + UUID().uuidString
    }
    deinit { try? FileManager.default.removeItem(atPath: path) }
}

struct GuestBuildError: Error, CustomStringConvertible {
    let description: String
}

/// The guests of Tests/Guests, built once a run.
enum Guest {
    static let echo = Result { try build("echo.c") }
    static let pair = Result { try build("pair.S") }
    static let counter = Result { try build("counter.S") }
    static let reset = Result { try build("reset.S") }

    private static let repository = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()

    private static func build(_ source: String) throws -> ELFFile {
        let directory = TemporaryDirectory()
        let output = directory.path + "/guest.elf"
        let process = Process()
        process.executableURL = repository.appending(path: "tools/build-guest")
        process.arguments = [repository.appending(path: "Tests/Guests/\(source)").path, "-o", output]
        let errors = Pipe()
        process.standardError = errors
        try process.run()
        let complaint = errors.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw GuestBuildError(description: "\(source): " + String(decoding: complaint, as: UTF8.self))
        }
        return try BootFile.readBareProgram(path: output)
    }
}

/// A bare guest and what is typed to it, the same in every run: host time decides nothing.
struct Scenario {
    var program: ELFFile
    var hartCount = 1
    /// Each is typed when the guest has waited for the tenth time since the one before.
    var typed: [String] = []

    static func echo() throws -> Scenario {
        Scenario(program: try Guest.echo.get(), typed: ["a", "bc", "hello", "zz", "q"])
    }
    static func pair() throws -> Scenario { Scenario(program: try Guest.pair.get(), hartCount: 2) }
    static func counter() throws -> Scenario { Scenario(program: try Guest.counter.get()) }
    static func reset() throws -> Scenario { Scenario(program: try Guest.reset.get()) }

    var configuration: MachineConfiguration {
        MachineConfiguration(memoryByteCount: 16 << 20, hartCount: hartCount, quantum: 700, randomSeed: 42)
    }

    func boot(tlbEntryCount: Int = TLBOptions.entryCountDefault) throws -> Machine {
        try Machine.boot(
            .bare(program), configuration: configuration,
            options: EngineOptions(tlb: TLBOptions(entryCount: tlbEntryCount)))
    }

    /// Runs to `icount` or the end, typing on the way.
    /// - Parameter run: executes up to an icount with an `idle` closure: the machine's own `run`, or a recorder's.
    func play(
        _ machine: Machine, until icount: UInt64 = .max, typist: Typist,
        _ run: (UInt64, @escaping (UInt64?) -> Bool) throws -> StopReason
    ) throws {
        while true {
            let reason = try run(icount) { typist.isWaitOver(deadline_ns: $0) }
            guard reason == .idle, let (text, time_ns) = typist.takeText() else { return }
            machine.queueInput(Array(text.utf8), at: time_ns)
        }
    }

    /// The machine after running live, unrecorded.
    func run(until icount: UInt64 = .max, tlbEntryCount: Int = TLBOptions.entryCountDefault) throws -> Machine {
        let machine = try boot(tlbEntryCount: tlbEntryCount)
        try play(machine, until: icount, typist: Typist(typed)) { try machine.run(until: $0, idle: $1) }
        return machine
    }
}

/// Types at waits that are counted, at moments that follow from virtual time alone.
final class Typist {
    private var texts: ArraySlice<String>
    private var waitCount = 0
    private var moment_ns: UInt64?

    init(_ texts: [String]) { self.texts = texts[...] }

    /// - Returns: false at every tenth wait while there is something to type.
    func isWaitOver(deadline_ns: UInt64?) -> Bool {
        waitCount += 1
        guard waitCount % 10 == 0, !texts.isEmpty, let deadline_ns else { return true }
        moment_ns = deadline_ns - 1234
        return false
    }

    func takeText() -> (String, UInt64)? {
        guard let text = texts.popFirst(), let moment_ns else { return nil }
        return (text, moment_ns)
    }
}

/// A scenario recorded into a store of its own.
final class Recording {
    static let timeline = "main"
    let directory = TemporaryDirectory()
    let scenario: Scenario
    let store: HistoryStore
    /// At the end.
    let digest: MachineDigest
    let icount: UInt64
    let console: [UInt8]
    let power: PowerState

    init(
        _ scenario: Scenario, _ boundary: EpochBoundary, durability: Durability = .off,
        tlbEntryCount: Int = TLBOptions.entryCountDefault
    ) throws {
        self.scenario = scenario
        store = try HistoryStore.open(path: directory.path, mode: .create)
        let machine = try scenario.boot(tlbEntryCount: tlbEntryCount)
        let writer = try store.createTimeline(
            name: Self.timeline, metadata: machine.configuration.encoded(),
            options: WriterOptions(durability: durability))
        let recorder = try Recorder(
            machine: machine, writer: writer, nextEpoch: 0, options: RecorderOptions(boundary: boundary))
        let printed = Printed()
        recorder.onConsoleOutput = { printed.bytes += $0 }
        try scenario.play(machine, typist: Typist(scenario.typed)) { try recorder.run(until: $0, idle: $1) }
        try recorder.finish()
        digest = try machine.digest()
        icount = machine.icount
        console = printed.bytes
        power = machine.power
    }

    func range(_ text: String = "..") throws -> ResolvedRange {
        try PositionResolver(store).resolve(PositionRange(parsing: text))
    }

    func position(_ text: String) throws -> ResolvedPosition {
        try PositionResolver(store).resolve(Position(parsing: text))
    }

    func replay(_ text: String = "..", options: ReplayOptions = ReplayOptions()) throws -> ReplayResult {
        try Replayer(store, options: options).replay(range(text))
    }

    var headEpoch: UInt64 { get throws { try store.headEpoch(timeline: Self.timeline) } }
}

final class Printed {
    var bytes: [UInt8] = []
}
