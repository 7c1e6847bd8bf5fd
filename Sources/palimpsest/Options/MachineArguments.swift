import ArgumentParser
import Machine

/// MACHINE: what a machine is made of and which guest it starts.
struct MachineArguments: ParsableArguments {
    @Option(
        help: ArgumentHelp("A RISC-V Linux image (Debian's boot/vmlinux-*).", valueName: "file"), completion: .file())
    var kernel: String?

    @Option(help: ArgumentHelp("The kernel's initial file system.", valueName: "file"), completion: .file())
    var initrd: String?

    @Option(help: ArgumentHelp("The kernel's command line.", valueName: "str"))
    var append: String?

    @Option(
        help: ArgumentHelp(
            "A bare program, run in M-mode; its 'tohost' word decides the exit status.", valueName: "elf"),
        completion: .file())
    var bare: String?

    @Option(help: ArgumentHelp("Memory in bytes, or with K, M or G.", valueName: "size"))
    var memory = ByteCount(bytes: 256 << 20)

    @Option(name: .customLong("harts"), help: ArgumentHelp("Hardware threads, 1 to 8.", valueName: "n"))
    var hartCount = 1

    @Option(
        help: ArgumentHelp("M-mode firmware (OpenSBI) in place of the built-in one.", valueName: "file"),
        completion: .file())
    var firmware: String?

    @Option(
        help: ArgumentHelp(
            "Seed of all randomness that the guest is given; fixed, so that runs repeat.", valueName: "n"))
    var seed: UInt64 = 0

    @Option(
        help: ArgumentHelp(
            "What the real-time clock shows first, in seconds since 1970, or 'now'; fixed, so that runs repeat.",
            valueName: "now|seconds"))
    var startTime = StartTime(time_ns: 0)

    @OptionGroup var engine: EngineArguments

    func validate() throws {
        guard (kernel == nil) != (bare == nil) else {
            throw ValidationError("name one guest, with --kernel FILE or --bare ELF")
        }
        if bare != nil {
            for (option, value) in [("--initrd", initrd), ("--append", append), ("--firmware", firmware)]
            where value != nil {
                throw ValidationError("\(option) belongs to --kernel and means nothing to --bare")
            }
        }
        guard (1...MachineConfiguration.hartCountMax).contains(hartCount) else {
            throw ValidationError("--harts \(hartCount) is not between 1 and \(MachineConfiguration.hartCountMax)")
        }
    }

    /// The machine before its first instruction.
    /// - Throws: `BootFileError`, `BootPlanError`, `GuestMemoryError`.
    func boot() throws -> Machine {
        try Machine.boot(
            try image(),
            configuration: MachineConfiguration(
                memoryByteCount: memory.bytes, hartCount: hartCount, startTime_ns: startTime.time_ns, randomSeed: seed,
                summary: summary),
            options: engine.options)
    }

    private func image() throws -> GuestImage {
        if let bare { return .bare(try BootFile.readBareProgram(path: bare)) }
        guard let kernel else { preconditionFailure("validate() lets no machine without a guest pass") }
        return .linux(
            kernel: try BootFile.readKernel(path: kernel),
            initrd: try initrd.map { try BootFile.read(path: $0, role: .initrd) },
            firmware: try firmware.map { try BootFile.readFirmware(path: $0) }, append: append ?? "")
    }

    /// The words that chose the guest.
    private var summary: String {
        var words: [String] = []
        for (option, value) in [
            ("--kernel", kernel), ("--initrd", initrd), ("--append", append), ("--bare", bare),
            ("--firmware", firmware),
        ] {
            if let value { words += [option, value.contains(" ") ? "'\(value)'" : value] }
        }
        return (words + ["--memory", "\(memory)", "--harts", "\(hartCount)"]).joined(separator: " ")
    }
}
