import Machine

/// The notes: what Linux writes for a thread of a process, so that every debugger finds the registers, and what gdb writes for
/// bare harts, so that it finds the CSRs too.
///
///     CORE        1           NT_PRSTATUS       for each hart: pc, x1 … x31
///     CORE        2           NT_FPREGSET       f0 … f31, fcsr
///     GDB         0x900       NT_RISCV_CSR      the CSRs of `TargetDescription.controlRegisters`, 8 bytes each
///     CORE        3           NT_PRPSINFO       once: the position as the command's words
///     GDB         0xff000000  NT_GDB_TDESC      the target description that names the registers of all these
///     PALIMPSEST  0x50414c31  lines `KEY=value` in UTF-8, no zero at the end: POSITION, ICOUNT, VIRTUAL_TIME_NS, and for
///                             each hart n HARTn_PRIVILEGE (machine, supervisor, user) and HARTn_STATE (running, waiting,
///                             stopped)
extension ELFCore {
    static func notes(of state: MachineState, at position: String, virtualTime_ns: UInt64) -> [UInt8] {
        var output = LittleEndianBytes()
        for (index, hart) in state.harts.enumerated() {
            append(note: 1, "CORE", status(hart, index: index), to: &output)
            append(note: 2, "CORE", floatingPoint(hart), to: &output)
            append(note: 0x900, "GDB", TargetDescription.controlRegisters(of: hart, index: index), to: &output)
        }
        append(note: 3, "CORE", processInformation(position), to: &output)
        append(note: 0xff00_0000, "GDB", Array(TargetDescription.text.utf8), to: &output)
        let text = description(of: state, at: position, virtualTime_ns: virtualTime_ns)
        // Of a type that no system has: gdb looks at the types of some notes before their names.
        append(note: 0x5041_4c31, "PALIMPSEST", Array(text.utf8), to: &output)
        return output.bytes
    }

    private static func append(
        note type: UInt32, _ name: String, _ content: [UInt8], to output: inout LittleEndianBytes
    ) {
        output.append(UInt32(name.utf8.count + 1))
        output.append(UInt32(content.count))
        output.append(type)
        output.append(name, field: name.utf8.count + 1)
        output.pad(to: 4)
        output.append(content)
        output.pad(to: 4)
    }

    /// `struct elf_prstatus` of a 64-bit Linux (include/linux/elfcore.h), 376 bytes: pr_pid at byte 32, pr_reg at 112, in the
    /// order of RISC-V's `struct user_regs_struct`. No signal, no times.
    private static func status(_ hart: HartSnapshot, index: Int) -> [UInt8] {
        var output = LittleEndianBytes(capacity: 376)
        output.appendZeros(32)
        output.append(UInt32(index + 1))
        output.appendZeros(112 - 36)
        output.append([hart.pc] + hart.x.dropFirst())
        output.append(UInt32(1))  // pr_fpvalid
        output.appendZeros(4)
        return output.bytes
    }

    /// `struct __riscv_d_ext_state` with fcsr as wide as its place.
    private static func floatingPoint(_ hart: HartSnapshot) -> [UInt8] {
        var output = LittleEndianBytes(capacity: 264)
        output.append(hart.f + [hart["fcsr"] ?? 0])
        return output.bytes
    }

    /// `struct elf_prpsinfo` of a 64-bit Linux, 136 bytes: pr_fname at byte 40, pr_psargs at 56.
    private static func processInformation(_ position: String) -> [UInt8] {
        var output = LittleEndianBytes(capacity: 136)
        output.appendZeros(40)
        output.append("palimpsest", field: 16)
        output.append("palimpsest checkout \(position)", field: 80)
        return output.bytes
    }

    private static func description(of state: MachineState, at position: String, virtualTime_ns: UInt64) -> String {
        var lines = ["POSITION=\(position)", "ICOUNT=\(state.icount)", "VIRTUAL_TIME_NS=\(virtualTime_ns)"]
        for (index, hart) in state.harts.enumerated() {
            lines.append("HART\(index)_PRIVILEGE=\(hart.privilege)")
            lines.append(
                "HART\(index)_STATE=\(hart.isStopped ? "stopped" : hart.isWaiting ? "waiting" : "running")")
        }
        return lines.map { $0 + "\n" }.joined()
    }
}
