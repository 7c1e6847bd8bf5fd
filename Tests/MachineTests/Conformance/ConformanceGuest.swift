import Foundation

/// One program of Tests/Guests/conformance in one environment.
struct ConformanceGuest: Sendable, CustomStringConvertible {
    enum Environment: String, Sendable, CaseIterable {
        /// The program starts in M-mode on hart 0.
        case machine
        /// A program for U-mode, on physical addresses.
        case physical
        /// A program for U-mode, paged in and out by a kernel with Sv39 or Sv48.
        case sv39, sv48
    }

    let source: URL
    let environment: Environment
    let hartCount: Int

    var description: String {
        let folder = source.deletingLastPathComponent().lastPathComponent
        return "\(folder)/\(source.lastPathComponent) \(environment.rawValue)"
            + (hartCount > 1 ? " \(hartCount) harts" : "")
    }

    /// Tests/Guests/conformance, beside this target.
    static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appendingPathComponent("Guests/conformance")

    /// Everything in the folder, in every environment it is for.
    static let all: [ConformanceGuest] =
        programs("machine").map { ConformanceGuest(source: $0, environment: .machine, hartCount: 1) }
        + programs("supervisor").map { ConformanceGuest(source: $0, environment: .machine, hartCount: 1) }
        + programs("user").flatMap { source in
            [.physical, .sv39, .sv48].map { ConformanceGuest(source: source, environment: $0, hartCount: 1) }
        }
        + programs("multihart").flatMap { source in
            [2, 4, 8].map { ConformanceGuest(source: source, environment: .machine, hartCount: $0) }
        }

    private static func programs(_ name: String) -> [URL] {
        let files = try? FileManager.default.contentsOfDirectory(
            at: folder.appendingPathComponent(name), includingPropertiesForKeys: nil)
        return (files ?? []).filter { $0.pathExtension == "S" }.sorted { $0.path < $1.path }
    }

    /// Builds the program with the Swift toolchain's clang and lld.
    /// - Parameter forQEMU: leaves out the checks that QEMU 7.2 is known to fail.
    func build(with clang: URL, forQEMU: Bool, in scratch: URL) throws -> URL {
        let environmentFolder = Self.folder.appendingPathComponent("env")
        let elf = scratch.appendingPathComponent(
            "\(source.lastPathComponent)-\(environment)-\(hartCount)-\(forQEMU).elf")
        var inputs = [environmentFolder.appendingPathComponent("start.S").path, source.path]
        var script = "link.ld"
        switch environment {
        case .machine: break
        case .physical: inputs.append(environmentFolder.appendingPathComponent("physical.S").path)
        case .sv39, .sv48:
            let kernel = scratch.appendingPathComponent("kernel_paging-\(environment).o")
            let levels = environment == .sv39 ? 3 : 4
            try Self.compile(
                clang,
                Self.common + ["-march=rv64ima_zicsr_zifencei", "-DLEVELS=\(levels)", "-c", "-o", kernel.path]
                    + [environmentFolder.appendingPathComponent("kernel_paging.c").path])
            inputs += [kernel.path, environmentFolder.appendingPathComponent("kernel_entry.S").path]
            script = "virtual.ld"
        }
        var arguments = Self.common + ["-march=rv64gc_zicsr_zifencei_sstc", "-DHARTS=\(hartCount)"]
        if forQEMU { arguments.append("-DQEMU") }
        arguments += ["-nostdlib", "-static", "-fuse-ld=lld", "-Wl,--build-id=none"]
        arguments.append("-Wl,-T,\(environmentFolder.appendingPathComponent(script).path)")
        try Self.compile(clang, arguments + inputs + ["-o", elf.path])
        return elf
    }

    private static var common: [String] {
        [
            "-target", "riscv64-unknown-elf", "-mabi=lp64", "-mcmodel=medany", "-mno-relax", "-O2", "-std=c17",
            "-ffreestanding", "-fno-builtin", "-Wall", "-Wextra", "-Werror", "-I",
            folder.appendingPathComponent("env").path,
        ]
    }

    private static func compile(_ clang: URL, _ arguments: [String]) throws {
        let (status, output) = try Tools.run(clang, arguments)
        if status != 0 { throw BuildFailure(output: output) }
    }

    struct BuildFailure: Error, CustomStringConvertible {
        let output: String
        var description: String { "the guest does not build:\n\(output)" }
    }
}
