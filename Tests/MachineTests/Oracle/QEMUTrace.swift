import Foundation

/// QEMU's record of one stream: the state before each instruction, from the image's `begin` to its `end`, and memory
/// when the run ended.
struct QEMUTrace: Sendable {
    let states: [ArchitecturalState]
    /// The first `ImageLayout.comparedByteCount` bytes of RAM.
    let memory: [UInt8]
}

enum QEMUFailure: Error, CustomStringConvertible {
    case unreadableLog(String)
    case neverBegan
    /// With the program counter and mepc of the last states.
    case neverEnded(stateCount: Int, tail: [String])
    case noMemory(String)
    case silent(seconds: Int)

    var description: String {
        switch self {
        case .unreadableLog(let line): "QEMU's log is not what version 7.2 prints: \(line)"
        case .neverBegan: "QEMU ended before the stream began"
        case .neverEnded(let count, let tail):
            "the stream did not end within \(count) instructions:\n" + tail.joined(separator: "\n")
        case .silent(let seconds): "QEMU printed nothing for \(seconds) s: the stream waits for ever"
        case .noMemory(let path): "QEMU left no memory image at \(path)"
        }
    }
}

/// Runs images in `qemu-system-riscv64` 7.2, one instruction a translation block, and reads its log as it is written.
struct QEMUOracle {
    let program: URL

    /// The extensions of our machine, no others. `debug=false` leaves out triggers, `pmu-num=0` the extra counters, both
    /// of which the specification makes optional.
    static let cpu =
        "rv64,v=false,h=false,zba=false,zbb=false,zbc=false,zbs=false,sstc=true,debug=false,pmu-num=0,"
        + "Zihintpause=false,mvendorid=0,marchid=0,mimpid=0"

    /// Arguments that run an image whose bytes are the start of the file that backs RAM.
    ///
    /// Two harts even where one is compared: with one, QEMU 7.2 executes an AMO as a load and a store, and the AMO raises
    /// the load's exceptions.
    static func arguments(memoryFile: String, megabytes: Int, harts: Int = 2) -> [String] {
        [
            "-M", "virt,memory-backend=ram", "-object",
            "memory-backend-file,id=ram,size=\(megabytes)M,mem-path=\(memoryFile),share=on", "-m", "\(megabytes)M",
            "-smp", "\(harts)", "-bios", "none", "-display", "none", "-serial", "none", "-monitor", "none", "-cpu", cpu,
        ]
    }

    /// Runs `image` and returns its trace. A stream longer than `stateLimit` states is an error.
    func trace(_ image: StreamImage, stateLimit: Int = 400_000) throws -> QEMUTrace {
        let folder = try Tools.scratchDirectory()
        defer { try? FileManager.default.removeItem(at: folder) }
        let memoryFile = folder.appendingPathComponent("ram").path
        try Self.writeMemory(image.bytes, to: memoryFile, megabytes: ImageLayout.memoryMegabytes)

        let process = Process()
        process.executableURL = program
        process.arguments =
            Self.arguments(memoryFile: memoryFile, megabytes: ImageLayout.memoryMegabytes)
            // By name, so that QEMU buffers what it writes; to the standard error it would not.
            + ["-singlestep", "-d", "cpu,fpu,nochain", "-D", "/dev/stdout"]
        let log = Pipe()
        process.standardOutput = log
        process.standardInput = FileHandle.nullDevice
        try process.run()
        var reader = QEMULogReader(descriptor: log.fileHandleForReading.fileDescriptor)
        let result = Result { try Self.read(&reader, image, stateLimit) }
        // Not SIGTERM: QEMU heeds that only once its log, which nobody reads any more, has been written.
        if case .failure = result { kill(process.processIdentifier, SIGKILL) }
        process.waitUntilExit()
        let states = try result.get()
        return QEMUTrace(states: states, memory: try Self.readMemory(memoryFile))
    }

    private static func read(
        _ reader: inout QEMULogReader, _ image: StreamImage, _ stateLimit: Int
    ) throws -> [ArchitecturalState] {
        var states: [ArchitecturalState] = []
        var ended = false
        while let state = try reader.next() {
            if state.csr("mhartid") != 0 { continue }
            if states.isEmpty && state.pc != image.begin || ended { continue }
            states.append(state)
            ended = state.pc == image.end
            if states.count > stateLimit { throw unended(states, image) }
        }
        guard let last = states.last else { throw QEMUFailure.neverBegan }
        // The store that ends the run is the instruction before `end`: QEMU stops there or at `end`.
        guard ended || last.pc == image.end - 4 else {
            throw unended(states, image)
        }
        if ended { states.removeLast() }
        return states
    }

    private static func unended(_ states: [ArchitecturalState], _ image: StreamImage) -> QEMUFailure {
        let tail = states.suffix(40).map { state in
            let word = image.word(at: state.pc).map { String($0, radix: 16) } ?? "-"
            return "\(hex(state.pc)) \(word) \(image.note(at: state.pc)) mcause \(state.csr("mcause")) "
                + "mepc \(hex(state.csr("mepc"))) scause \(state.csr("scause")) sepc \(hex(state.csr("sepc")))"
        }
        return .neverEnded(stateCount: states.count, tail: tail)
    }

    /// A file of `megabytes` that begins with `bytes` and is zero behind them.
    static func writeMemory(_ bytes: [UInt8], to path: String, megabytes: Int) throws {
        try Data(bytes).write(to: URL(fileURLWithPath: path))
        let file = try FileHandle(forUpdating: URL(fileURLWithPath: path))
        try file.truncate(atOffset: UInt64(megabytes) << 20)
        try file.close()
    }

    private static func readMemory(_ path: String) throws -> [UInt8] {
        guard let file = FileHandle(forReadingAtPath: path),
            let data = try file.read(upToCount: ImageLayout.comparedByteCount),
            data.count == ImageLayout.comparedByteCount
        else { throw QEMUFailure.noMemory(path) }
        return [UInt8](data)
    }
}
