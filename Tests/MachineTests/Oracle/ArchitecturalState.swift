/// What is compared after every instruction: everything QEMU's `-d cpu,fpu` log prints for a hart.
struct ArchitecturalState: Equatable, Sendable {
    var pc: UInt64 = 0
    /// In the order of `csrNames`.
    var csrs = [UInt64](repeating: 0, count: ArchitecturalState.csrNames.count)
    var x = [UInt64](repeating: 0, count: 32)
    var f = [UInt64](repeating: 0, count: 32)

    static let csrNames = [
        "mhartid", "mstatus", "mip", "mie", "mideleg", "medeleg", "mtvec", "stvec", "mepc", "sepc", "mcause", "scause",
        "mtval", "stval", "mscratch", "sscratch", "satp",
    ]
    static let csrNumbers = [
        CSR.mhartid, CSR.mstatus, CSR.mip, CSR.mie, CSR.mideleg, CSR.medeleg, CSR.mtvec, CSR.stvec, CSR.mepc, CSR.sepc,
        CSR.mcause, CSR.scause, CSR.mtval, CSR.stval, CSR.mscratch, CSR.sscratch, CSR.satp,
    ]

    func csr(_ name: String) -> UInt64 { csrs[Self.csrNames.firstIndex(of: name)!] }

    /// The registers that differ, one a line: name, this value, the other's.
    func differences(from other: ArchitecturalState) -> [String] {
        var lines: [String] = []
        func compare(_ name: String, _ mine: UInt64, _ theirs: UInt64) {
            if mine != theirs { lines.append("\(name): \(hex(mine)) against \(hex(theirs))") }
        }
        compare("pc", pc, other.pc)
        for (name, pair) in zip(Self.csrNames, zip(csrs, other.csrs)) { compare(name, pair.0, pair.1) }
        for index in 0..<32 { compare("x\(index)", x[index], other.x[index]) }
        for index in 0..<32 { compare("f\(index)", f[index], other.f[index]) }
        return lines
    }

    /// Every register, for a failure's report.
    var dump: String {
        var lines = ["pc \(hex(pc))"]
        lines += zip(Self.csrNames, csrs).map { "\($0) \(hex($1))" }
        for row in 0..<8 {
            lines.append((row * 4..<row * 4 + 4).map { "x\($0) \(hex(x[$0]))" }.joined(separator: "  "))
        }
        for row in 0..<8 {
            lines.append((row * 4..<row * 4 + 4).map { "f\($0) \(hex(f[$0]))" }.joined(separator: "  "))
        }
        return lines.joined(separator: "\n")
    }
}

/// Sixteen hexadecimal digits.
func hex(_ value: UInt64) -> String {
    let digits = String(value, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
}
