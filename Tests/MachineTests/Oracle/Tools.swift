import Foundation

/// The programs the tests call: QEMU, and the Swift toolchain's own clang, lld and objdump.
enum Tools {
    static let qemu = find("qemu-system-riscv64")
    static let clang = find("clang", besideSwift: true)
    static let objdump = find("llvm-objdump", besideSwift: true)

    /// Says once that the oracle is not here; tests that need it then count as run without it.
    static func sayQEMUIsAbsent(_ what: String) {
        print(
            "ABSENT: qemu-system-riscv64 is not installed; \(what) was not compared with it (1 test without its oracle)"
        )
    }

    private static func find(_ name: String, besideSwift: Bool = false) -> URL? {
        let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
        let folders = path.split(separator: ":").map { URL(fileURLWithPath: String($0)) }
        var candidates = folders.map { $0.appendingPathComponent(name) }
        if besideSwift, let swift = find("swift") {
            candidates.insert(
                swift.resolvingSymlinksInPath().deletingLastPathComponent().appendingPathComponent(name), at: 0)
        }
        return candidates.first { FileManager.default.isExecutableFile(atPath: $0.path) }
    }

    /// A new directory for a test's files, in memory where the host offers that.
    static func scratchDirectory() throws -> URL {
        let shared = URL(fileURLWithPath: "/dev/shm")
        let parent =
            FileManager.default.isWritableFile(atPath: shared.path) ? shared : FileManager.default.temporaryDirectory
        let folder = parent.appendingPathComponent("machine-tests-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        return folder
    }

    /// Runs a program and returns its exit status and what it printed on both outputs. After `timeLimit_s` it is killed.
    static func run(
        _ program: URL, _ arguments: [String], timeLimit_s: Int = 120
    ) throws -> (status: Int32, output: String) {
        let process = Process()
        process.executableURL = program
        process.arguments = arguments
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = pipe
        process.standardInput = FileHandle.nullDevice
        try process.run()
        let identifier = process.processIdentifier
        let limit = DispatchWorkItem { kill(identifier, SIGKILL) }
        DispatchQueue.global().asyncAfter(deadline: .now() + .seconds(timeLimit_s), execute: limit)
        defer { limit.cancel() }
        let data = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return (process.terminationStatus, String(decoding: data, as: UTF8.self))
    }
}
