import Foundation
import GuestMemory
import Testing

@testable import Machine

/// Debian's files as `tools/fetch-debian` leaves them; nil when they were not fetched.
private func debianFile(_ name: String) -> String? {
    let environment = ProcessInfo.processInfo.environment
    let cache =
        environment["PALIMPSEST_CACHE"] ?? environment["XDG_CACHE_HOME"].map { $0 + "/palimpsest" }
        ?? NSHomeDirectory() + "/.cache/palimpsest"
    let path = "\(cache)/debian-riscv64/\(name)"
    return FileManager.default.isReadableFile(atPath: path) ? path : nil
}

private let canBoot =
    locate("qemu-system-riscv64") != nil && debianFile("vmlinux") != nil && debianFile("fw_dynamic.bin") != nil

/// The board's map is QEMU's, so QEMU is an oracle for what we hand to a guest: Debian's OpenSBI and kernel must find
/// every device, hart and file in our device tree and at our addresses, without QEMU's own tree in sight.
@Suite struct QEMUBootTests {
    @Test(
        .enabled(if: canBoot, "needs qemu-system-riscv64 and the files of tools/fetch-debian"),
        .timeLimit(.minutes(5)), arguments: ["fw_dynamic.bin", "fw_jump.bin"])
    func debianBootsFromOurPlan(firmwareName: String) throws {
        let firmware = try #require(debianFile(firmwareName))
        var configuration = testConfiguration(memory_MiB: 128, harts: 2)
        configuration.bootArguments = "console=ttyS0 earlycon panic=-1"
        let plan = try BootPlan.linux(
            kernel: try BootFile.readKernel(path: try #require(debianFile("vmlinux"))), initrd: emptyArchive,
            firmware: try BootFile.readFirmware(path: firmware), configuration: configuration)
        let console = try runInQEMU(plan, harts: 2)

        for line in [
            "Platform Name               : palimpsest", "Platform HART Count         : 2",
            "Platform Console Device     : uart8250", "Machine model: palimpsest",
            "Kernel command line: console=ttyS0 earlycon panic=-1", "smp: Brought up 1 node, 2 CPUs",
            "Trying to unpack rootfs image as initramfs", "serial: ttyS0 at MMIO 0x10000000", "is a 16550A",
            "goldfish_rtc 101000.rtc",
            "mapped 63 interrupts with 2 handlers for 4 contexts", "crng init done",
            // Nothing was mounted, so the kernel panics, and resets through the firmware: that ends QEMU.
            "Kernel panic - not syncing: VFS: Unable to mount root fs",
        ] { #expect(console.contains(line), "the console lacks: \(line)\n\(console)") }
        for complaint in [
            "OF: reserved mem: OVERLAP", "Malformed early option", "Initramfs unpacking failed", "WARNING:",
        ] {
            #expect(!console.contains(complaint), "the console has: \(complaint)")
        }
    }

    /// A cpio archive (newc) that holds nothing but its trailer.
    private var emptyArchive: [UInt8] {
        let name = "TRAILER!!!\0"
        let fields = [0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, name.count, 0].map {
            let digits = String($0, radix: 16)
            return String(repeating: "0", count: 8 - digits.count) + digits
        }
        let bytes = Array(("070701" + fields.joined() + name).utf8)
        return bytes + Array(repeating: 0, count: 512 - bytes.count)
    }

    /// Starts all harts of QEMU's machine as the plan says, and gives what the guest printed.
    private func runInQEMU(_ plan: BootPlan, harts: Int) throws -> String {
        let folder = FileManager.default.temporaryDirectory.appending(path: "palimpsest-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }

        // Memory beyond the plan's, for QEMU's own device tree at its top and for the trampoline.
        var arguments = ["-M", "virt", "-m", "512M", "-smp", "\(harts)", "-bios", "none", "-nographic", "-no-reboot"]
        let trampoline: UInt64 = 0x9000_0000
        let files = plan.loads.map { ($0.address.rawValue, $0.bytes) } + [(trampoline, trampolineCode(plan))]
        for (address, bytes) in files {
            let file = folder.appending(path: String(address, radix: 16))
            try Data(bytes).write(to: file)
            arguments += ["-device", "loader,file=\(file.path),addr=\(address),force-raw=on"]
        }
        for hart in 0..<harts { arguments += ["-device", "loader,addr=\(trampoline),cpu-num=\(hart)"] }

        let process = Process()
        process.executableURL = URL(fileURLWithPath: try #require(locate("qemu-system-riscv64")))
        process.arguments = arguments
        process.standardInput = FileHandle.nullDevice
        let output = Pipe()
        process.standardOutput = output
        process.standardError = output
        try process.run()
        let console = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return String(decoding: console, as: UTF8.self)
    }

    /// Sets a0 to a2 as the plan wants them and jumps to its entry.
    private func trampolineCode(_ plan: BootPlan) -> [UInt8] {
        let code: [UInt32] = [
            0xf140_2573,  // csrr  a0, mhartid
            0x0000_0297,  // auipc t0, 0
            0x0142_b583,  // ld    a1, 20(t0)
            0x01c2_b603,  // ld    a2, 28(t0)
            0x0242_b303,  // ld    t1, 36(t0)
            0x0003_0067,  // jr    t1
        ]
        let data = [plan.deviceTree.rawValue, plan.firmwareInfo, plan.entry.rawValue]
        return code.flatMap { word in withUnsafeBytes(of: word.littleEndian) { Array($0) } }
            + data.flatMap { word in withUnsafeBytes(of: word.littleEndian) { Array($0) } }
    }
}
