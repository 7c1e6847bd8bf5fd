import Machine

/// What gdb is told of a hart's registers (gdb manual, "Target Description Format" and "RISC-V Features").
///
/// `osabi` none makes gdb read NT_RISCV_CSR, of which Linux has none; the note's words are those of the csr feature, in its
/// order. fflags and frm are there rather than with the other floating-point registers, as no other note holds them.
enum TargetDescription {
    static let text: String = {
        let features = [("cpu", integers), ("fpu", floats), ("csr", controlRegisters.map { register($0, "int") })]
        let body = features.map { name, registers in
            "<feature name=\"org.gnu.gdb.riscv.\(name)\">\n\(registers.joined())</feature>\n"
        }
        return """
            <?xml version="1.0"?>
            <!DOCTYPE target SYSTEM "gdb-target.dtd">
            <target>
            <architecture>riscv:rv64</architecture>
            <osabi>none</osabi>
            \(body.joined())</target>

            """
    }()

    private static let integers: [String] =
        [("zero", "int"), ("ra", "code_ptr"), ("sp", "data_ptr"), ("gp", "data_ptr"), ("tp", "data_ptr")]
        .map(register) + ["t0", "t1", "t2"].map { register($0, "int") } + [register("fp", "data_ptr")]
        + (["s1"] + numbered("a", 0..<8) + numbered("s", 2..<12) + numbered("t", 3..<7)).map { register($0, "int") }
        + [register("pc", "code_ptr")]

    private static let floats: [String] =
        (numbered("ft", 0..<8) + numbered("fs", 0..<2) + numbered("fa", 0..<8) + numbered("fs", 2..<12)
        + numbered("ft", 8..<12)).map { register($0, "ieee_double") } + [register("fcsr", "int")]

    private static func numbered(_ name: String, _ numbers: Range<Int>) -> [String] { numbers.map { "\(name)\($0)" } }

    private static func register(_ name: String, _ type: String) -> String {
        "<reg name=\"\(name)\" bitsize=\"64\" type=\"\(type)\"/>\n"
    }

    /// Those of `HartSnapshot`, then what it keeps elsewhere. priv is the privilege: 0 user, 1 supervisor, 3 machine. mip has
    /// the bits that software writes.
    static let controlRegisters =
        HartSnapshot.registerNames.filter { $0 != "fcsr" } + ["fflags", "frm", "mhartid", "pmpcfg0", "pmpcfg2"]
        + numbered("pmpaddr", 0..<16) + ["priv"]

    /// The values of `controlRegisters`.
    static func controlRegisters(of hart: HartSnapshot, index: Int) -> [UInt8] {
        let fcsr = hart["fcsr"] ?? 0
        var values = HartSnapshot.registerNames.filter { $0 != "fcsr" }.map { hart[$0] ?? 0 }
        values += [fcsr & 0x1f, fcsr >> 5 & 7, UInt64(index)] + hart.pmpConfiguration + hart.pmpAddress
        values.append(UInt64(hart.privilege.rawValue))
        assert(values.count == controlRegisters.count)
        var output = LittleEndianBytes()
        output.append(values)
        return output.bytes
    }
}
