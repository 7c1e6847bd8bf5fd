import Foundation

/// Scripts in a namespace of their own, where an ordinary user may mount a small file system if the kernel allows it.
enum Namespace {
    static let canMount = (try? run("mount -t tmpfs none /mnt"))?.status == 0

    static func run(_ script: String) throws -> (status: Int32, output: String) {
        try Tool.run("/usr/bin/env", ["unshare", "-rm", "sh", "-c", script])
    }
}

/// Programs of the host that tests ask.
enum Tool {
    static let gdb = "/usr/bin/gdb-multiarch"
    static var hasGDB: Bool { FileManager.default.isExecutableFile(atPath: gdb) }
    static let readelf = ["/usr/bin/readelf", "/usr/bin/llvm-readelf"].first(
        where: FileManager.default.isExecutableFile)

    /// - Returns: standard output and standard error as they came.
    static func run(_ path: String, _ arguments: [String]) throws -> (status: Int32, output: String) {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: path)
        process.arguments = arguments
        let output = Pipe()
        process.standardOutput = output
        process.standardError = output
        process.standardInput = FileHandle.nullDevice
        try process.run()
        let text = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return (process.terminationStatus, String(decoding: text, as: UTF8.self))
    }
}
