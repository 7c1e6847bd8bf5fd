import Foundation
import Machine
import RISCV

/// Runs an image in our machine beside a QEMU trace of it and says where the two part.
struct LockstepComparison {
    let image: StreamImage
    let trace: QEMUTrace

    /// What differs, or nil: first one step at a time with every state compared, then in one go with memory and the last
    /// state compared, because the engine takes other paths when it is not stopped after each instruction.
    func divergence() throws -> String? {
        let stepped = try MachineSubject(bytes: image.bytes, megabytes: ImageLayout.memoryMegabytes)
        if let report = try compareSteps(stepped) { return report }
        let last = stepped.state
        if let report = try compareMemory(stepped, "stepped") { return report }

        let options = EngineOptions(tlb: TLBOptions(entryCount: [256, 0, 1, 16][Int(image.seed % 4)]))
        let free = try MachineSubject(bytes: image.bytes, megabytes: ImageLayout.memoryMegabytes, options: options)
        _ = try free.machine.run(until: stepped.machine.icount)
        let differences = free.state.differences(from: last)
        if !differences.isEmpty {
            return report(
                "run in one go with \(options.tlb.entryCount) TLB entries (ours, against ours stepped)", differences)
        }
        return try compareMemory(free, "run in one go with \(options.tlb.entryCount) TLB entries")
    }

    /// Every state of the trace, in turn. A trap is a step of its own here. QEMU prints no state before it takes an
    /// interrupt, nor before a fetch that faults: the trap's first state follows the last instruction's directly.
    private func compareSteps(_ subject: MachineSubject) throws -> String? {
        while subject.state.pc != image.begin {
            try subject.step()
            if subject.machine.icount > 10_000 { return report("the stream never began", []) }
        }
        for index in trace.states.indices {
            let expected = trace.states[index]
            var state = subject.state
            if state.pc != expected.pc, isTrapBeforeInstruction(expected, at: state.pc) {
                try subject.step()
                state = subject.state
            }
            let differences = state.differences(from: expected)
            if !differences.isEmpty { return report(at: index, differences, state) }
            try subject.step()
        }
        return nil
    }

    private func isTrapBeforeInstruction(_ state: ArchitecturalState, at pc: UInt64) -> Bool {
        [("mcause", "mepc"), ("scause", "sepc")].contains { cause, epc in
            let isBeforeInstruction = state.csr(cause) >> 63 == 1 || [1, 12].contains(state.csr(cause))
            return isBeforeInstruction && state.csr(epc) == pc
        }
    }

    private func compareMemory(_ subject: MachineSubject, _ how: String) throws -> String? {
        // The store that ends the run.
        let ours = try subject.memory(byteCount: ImageLayout.comparedByteCount)
        guard ours != trace.memory else { return nil }
        var differences: [String] = []
        for offset in stride(from: 0, to: ours.count, by: 8)
        where ours[offset..<offset + 8] != trace.memory[offset..<offset + 8] {
            let address = hex(ImageLayout.ram + UInt64(offset))
            differences.append("\(address): \(double(ours, offset)) against \(double(trace.memory, offset))")
        }
        return report("memory, \(how): \(differences.count) doublewords differ", Array(differences.prefix(20)))
    }

    private func double(_ bytes: [UInt8], _ offset: Int) -> String {
        hex((0..<8).reduce(UInt64(0)) { $0 | UInt64(bytes[offset + $1]) << UInt64(8 * $1) })
    }

    // MARK: reports

    private func report(at index: Int, _ differences: [String], _ state: ArchitecturalState) -> String {
        guard index > 0 else { return report("at the stream's first instruction", differences) }
        let before = trace.states[index - 1]
        var title = "after instruction \(index - 1) at \(hex(before.pc)): "
        if let word = image.word(at: before.pc) {
            title += "\(String(word, radix: 16)) \(Disassembly.text(of: word) ?? "") (as generated)"
        }
        let history = trace.states[max(0, index - 12)..<index].map { earlier in
            "\(hex(earlier.pc)) \(image.word(at: earlier.pc).flatMap { Disassembly.text(of: $0) } ?? "-")"
        }
        return report(
            title + "\n  in: \(image.note(at: before.pc))",
            differences + ["instructions before:"] + history + [
                "state before:", before.dump, "ours after:", state.dump,
            ])
    }

    private func report(_ title: String, _ lines: [String]) -> String {
        """
        profile \(image.profile) seed \(image.seed): \(title)
        ours against QEMU's:
        \(lines.map { "  \($0)" }.joined(separator: "\n"))
        reproduce: PALIMPSEST_LOCKSTEP_PROFILE=\(image.profile) PALIMPSEST_LOCKSTEP_SEED=\(image.seed) \
        swift test -c release -Xswiftc -enable-testing --filter LockstepTests
        """
    }
}
