import Foundation

/// A `torture-child` or `torture-check`, run to its end.
struct TortureProcess {
    struct Outcome {
        /// 128 + n for signal n.
        var status: Int32
        var output: Data
        var errors: String
        var timedOut = false

        var wasKilled: Bool { status == 128 + SIGKILL && !timedOut }
    }

    static let executable =
        ProcessInfo.processInfo.environment["PALIMPSEST_WORKBENCH"] ?? Bundle.main.executablePath
        ?? CommandLine.arguments[0]

    /// - Parameter killAfter_us: sends SIGKILL after so long.
    static func run(
        _ arguments: [String], environment: [String: String] = [:], killAfter_us: Int? = nil, in folder: URL
    ) throws -> Outcome {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: executable)
        process.arguments = arguments
        // Swift's backtracer takes seconds over a crash, and this provokes many.
        process.environment = ProcessInfo.processInfo.environment.merging(["SWIFT_BACKTRACE": "enable=no"]) { $1 }
            .merging(environment) { $1 }
        process.standardInput = FileHandle.nullDevice
        let output = folder.appendingPathComponent("output")
        let errors = folder.appendingPathComponent("errors")
        process.standardOutput = try file(output)
        process.standardError = try file(errors)
        let ended = DispatchSemaphore(value: 0)
        process.terminationHandler = { _ in ended.signal() }
        try process.run()
        let timedOut = wait(for: ended, of: process, killAfter_us: killAfter_us)
        let bySignal = process.terminationReason == .uncaughtSignal
        return Outcome(
            status: process.terminationStatus + (bySignal ? 128 : 0), output: try Data(contentsOf: output),
            errors: String(decoding: try Data(contentsOf: errors), as: UTF8.self), timedOut: timedOut)
    }

    private static func file(_ url: URL) throws -> FileHandle {
        try Data().write(to: url)
        return try FileHandle(forWritingTo: url)
    }

    /// Whether it had to be ended because it hung.
    private static func wait(for ended: DispatchSemaphore, of process: Process, killAfter_us: Int?) -> Bool {
        if let killAfter_us {
            if ended.wait(timeout: .now() + .microseconds(killAfter_us)) == .success { return false }
            kill(process.processIdentifier, SIGKILL)
            ended.wait()
            return false
        }
        if ended.wait(timeout: .now() + .seconds(120)) == .success { return false }
        kill(process.processIdentifier, SIGKILL)
        ended.wait()
        return true
    }
}
