import Foundation

/// The built program, driven as a user does.
struct Program {
    struct Outcome {
        /// 128 + n for signal n.
        var status: Int32
        var output: String
        var errors: String

        var errorLines: [Substring] { errors.split(separator: "\n") }

        /// The objects of `--json`.
        func objects() throws -> [[String: Any]] {
            try output.split(separator: "\n").map {
                guard let object = try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any] else {
                    throw SupportError("no JSON object: \($0)")
                }
                return object
            }
        }
    }

    /// Next to the test bundle.
    static let path = Bundle.main.bundleURL.appendingPathComponent("palimpsest").path

    /// A process that is running.
    final class Running {
        let process = Process()
        private let folder: URL

        /// - Parameter input: what is its standard input; none by default.
        init(
            _ arguments: [String], input: Any? = FileHandle.nullDevice, environment: [String: String] = [:]
        ) throws {
            folder = try Scratch.folder()
            process.executableURL = URL(fileURLWithPath: Program.path)
            process.arguments = arguments
            // Swift's backtracer waits for ever where a parent has blocked the signal it stops threads with.
            process.environment = ProcessInfo.processInfo.environment.merging(["SWIFT_BACKTRACE": "enable=no"]) { $1 }
                .merging(environment) { $1 }
            process.standardInput = input
            process.standardOutput = try Self.file(folder.appendingPathComponent("output"))
            process.standardError = try Self.file(folder.appendingPathComponent("errors"))
            try process.run()
        }

        private static func file(_ url: URL) throws -> FileHandle {
            try Data().write(to: url)
            return try FileHandle(forWritingTo: url)
        }

        var output: String { read("output") }
        private func read(_ name: String) -> String {
            String(decoding: (try? Data(contentsOf: folder.appendingPathComponent(name))) ?? Data(), as: UTF8.self)
        }

        func kill(_ signal: Int32) { Foundation.kill(process.processIdentifier, signal) }

        /// Waits for its end, but not for ever.
        func wait(seconds: Double = 120) throws -> Outcome {
            let deadline = Date(timeIntervalSinceNow: seconds)
            while process.isRunning, Date() < deadline { usleep(5000) }
            guard !process.isRunning else {
                kill(SIGKILL)
                throw SupportError(
                    "palimpsest \(process.arguments ?? []) did not end; it printed: \(output.suffix(500))")
            }
            let bySignal = process.terminationReason == .uncaughtSignal
            let outcome = Outcome(
                status: process.terminationStatus + (bySignal ? 128 : 0), output: output, errors: read("errors"))
            try? FileManager.default.removeItem(at: folder)
            return outcome
        }

        /// Waits until `text` has been printed.
        func wait(for text: String, seconds: Double = 120) throws {
            let deadline = Date(timeIntervalSinceNow: seconds)
            while !output.contains(text) {
                guard process.isRunning, Date() < deadline else {
                    kill(SIGKILL)
                    throw SupportError("'\(text)' was not printed, but: \(output.suffix(500)) \(read("errors"))")
                }
                usleep(20_000)
            }
        }
    }

    static func start(_ arguments: String..., input: Any? = FileHandle.nullDevice) throws -> Running {
        try Running(arguments, input: input)
    }

    @discardableResult
    static func run(_ arguments: String...) throws -> Outcome { try Running(arguments).wait() }

    @discardableResult
    static func run(_ arguments: [String], environment: [String: String] = [:]) throws -> Outcome {
        try Running(arguments, environment: environment).wait()
    }
}

struct SupportError: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}

/// Folders for a test's files, gone when the test process ends.
enum Scratch {
    private static let root: URL = {
        let root = FileManager.default.temporaryDirectory
            .appendingPathComponent("palimpsest-cli-\(ProcessInfo.processInfo.processIdentifier)")
        try? FileManager.default.createDirectory(at: root, withIntermediateDirectories: true)
        atexit { Scratch.remove() }
        return root
    }()

    private static func remove() { try? FileManager.default.removeItem(at: root) }

    static func folder() throws -> URL {
        let folder = root.appendingPathComponent(UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        return folder
    }

    /// A path at which nothing is yet.
    static func path(_ name: String) throws -> String { try folder().appendingPathComponent(name).path }

    static func file(_ name: String, _ bytes: [UInt8]) throws -> String {
        let path = try path(name)
        try Data(bytes).write(to: URL(fileURLWithPath: path))
        return path
    }
}
