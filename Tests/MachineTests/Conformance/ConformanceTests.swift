import Foundation
import GuestMemory
import Machine
import RISCV
import Testing

/// Directed programs: each is first run by QEMU, so that what it expects is checked, then by our machine.
@Suite struct ConformanceTests {
    /// No guest needs this many steps.
    private static let stepLimit: UInt64 = 50_000_000

    @Test(arguments: ConformanceGuest.all)
    func passes(guest: ConformanceGuest) throws {
        let clang = try #require(Tools.clang, "clang must be beside the swift program, or in PATH")
        let scratch = try Tools.scratchDirectory()
        defer { try? FileManager.default.removeItem(at: scratch) }
        if let qemu = Tools.qemu {
            let elf = try guest.build(with: clang, forQEMU: true, in: scratch)
            // With one hart QEMU executes an AMO as a load and a store: see QEMUOracle.arguments.
            var (status, output) = try Tools.run(
                qemu, Self.qemuArguments(elf, harts: max(2, guest.hartCount)), timeLimit_s: 60)
            // QEMU's timers follow the host's clock: where the host is busy, one goes off before it is looked at.
            for _ in 0..<3 where status != 0 {
                (status, output) = try Tools.run(
                    qemu, Self.qemuArguments(elf, harts: max(2, guest.hartCount)), timeLimit_s: 60)
            }
            #expect(status == 0, "QEMU: check \(status) of \(guest) fails\n\(output)")
        } else {
            Tools.sayQEMUIsAbsent("\(guest)")
        }
        let elf = try guest.build(with: clang, forQEMU: false, in: scratch)
        for variant in Self.variants(guest) {
            let outcome = try Self.run(elf, guest, variant)
            #expect(outcome.power == .testPassed, "\(guest) \(variant): \(outcome.power), \(outcome.place)")
        }
    }

    /// The convention itself: a failing check ends both with its number.
    @Test func reportsAFailingCheck() throws {
        let clang = try #require(Tools.clang)
        let scratch = try Tools.scratchDirectory()
        defer { try? FileManager.default.removeItem(at: scratch) }
        let source = scratch.appendingPathComponent("fails.S")
        let text = """
            #include "conformance.h"
            .globl main
            main:
                CASE    7
                li      a0, 1
                EXPECT_ZERO a0
                PASS

            """
        try text.write(to: source, atomically: true, encoding: .utf8)
        let guest = ConformanceGuest(source: source, environment: .machine, hartCount: 1)
        let elf = try guest.build(with: clang, forQEMU: false, in: scratch)
        #expect(try Self.run(elf, guest, Variant()).power == .testFailed(number: 7))
        if let qemu = Tools.qemu {
            #expect(try Tools.run(qemu, Self.qemuArguments(elf, harts: 2), timeLimit_s: 60).status == 7)
        } else {
            Tools.sayQEMUIsAbsent("a failing guest")
        }
    }

    @Test func findsThePrograms() {
        // A folder that was moved would otherwise pass by testing nothing.
        #expect(ConformanceGuest.all.count >= 45)
    }

    /// What the guest must not notice, or must live with.
    struct Variant: CustomStringConvertible {
        var tlbEntryCount = TLBOptions.entryCountDefault
        var quantum = MachineConfiguration.quantumDefault
        var description: String { "with \(tlbEntryCount) TLB entries and turns of \(quantum) instructions" }
    }

    private static func variants(_ guest: ConformanceGuest) -> [Variant] {
        if guest.hartCount > 1 {
            // A reservation does not outlive a turn, so a turn must hold an LR, an SC and what is between them.
            return [10_000, 1000, 61, 13].map { Variant(quantum: $0) }
        }
        return [256, 0, 2].map { Variant(tlbEntryCount: $0) }
    }

    private static func run(
        _ elf: URL, _ guest: ConformanceGuest, _ variant: Variant
    ) throws -> (power: PowerState, place: String) {
        let program = try ELFFile(bytes: [UInt8](try Data(contentsOf: elf)))
        let configuration = MachineConfiguration(
            memoryByteCount: 64 << 20, hartCount: guest.hartCount, quantum: variant.quantum)
        let machine = try Machine.boot(
            .bare(program), configuration: configuration,
            options: EngineOptions(tlb: TLBOptions(entryCount: variant.tlbEntryCount)))
        let reason = try machine.run(until: stepLimit)
        let places = machine.cluster.harts.map { hart in
            "hart \(hart.pointee.id) at \(hex(hart.pointee.pc)) in \(hart.pointee.privilege) mode, mcause "
                + "\(hart.pointee.mcause) mepc \(hex(hart.pointee.mepc)), gp \(hart.pointee.x[3])"
        }
        return (machine.power, "\(reason) after \(machine.icount) steps: \(places.joined(separator: "; "))")
    }

    private static func qemuArguments(_ elf: URL, harts: Int) -> [String] {
        [
            "-M", "virt", "-m", "64M", "-smp", "\(harts)", "-bios", "none", "-display", "none", "-serial", "none",
            "-monitor", "none", "-cpu", QEMUOracle.cpu, "-kernel", elf.path,
        ]
    }
}
