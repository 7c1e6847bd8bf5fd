import Foundation

/// Guests of Tests/Guests, built once by tools/build-guest, and Debian where it has been fetched.
enum Guests {
    static let repository = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    static let counter = build("counter.S")
    static let failing = build("failing.S")
    static let endless = build("endless.S")
    static let echo = build("echo.S")
    static let noise = build("noise.S")
    static let ticker = build("ticker.S")
    static let remap = build("remap.S")
    static let pair = build("pair.S")
    static let story = build("story.c")
    static let mirrors = build("mirrors.S")

    private static func build(_ source: String) -> String {
        do {
            let output = try Scratch.path("\(source).elf")
            let process = Process()
            process.executableURL = repository.appendingPathComponent("tools/build-guest")
            process.arguments = [repository.appendingPathComponent("Tests/Guests/\(source)").path, "-o", output]
            try process.run()
            process.waitUntilExit()
            guard process.terminationStatus == 0 else { throw SupportError("tools/build-guest \(source) failed") }
            return output
        } catch {
            fatalError("\(error)")
        }
    }

    static func bytes(_ path: String) throws -> [UInt8] { [UInt8](try Data(contentsOf: URL(fileURLWithPath: path))) }
}

/// Debian's kernel and initramfs, as tools/fetch-debian and tools/initramfs leave them.
enum Debian {
    private static let cache: String = {
        let environment = ProcessInfo.processInfo.environment
        if let named = environment["PALIMPSEST_CACHE"] { return named }
        return (environment["XDG_CACHE_HOME"] ?? (environment["HOME"] ?? "") + "/.cache") + "/palimpsest"
    }()

    static let kernel = cache + "/debian-riscv64/vmlinux"
    static let interactive = cache + "/initramfs/interactive.cpio.gz"

    static var isThere: Bool { [kernel, interactive].allSatisfy { FileManager.default.isReadableFile(atPath: $0) } }
}
