import Machine

/// The registers of a hart, values in hexadecimal.
struct HartReport: Encodable {
    let hart: Int
    let pc: String
    let privilege: String
    let isWaiting: Bool
    let isStopped: Bool
    let x: [String]
    let f: [String]
    let csr: [String: String]

    init(_ hart: HartSnapshot, index: Int) {
        self.hart = index
        pc = Quantity.hex64(hart.pc)
        privilege = "\(hart.privilege)"
        isWaiting = hart.isWaiting
        isStopped = hart.isStopped
        x = hart.x.map(Quantity.hex64)
        f = hart.f.map(Quantity.hex64)
        csr = Dictionary(
            uniqueKeysWithValues: zip(HartSnapshot.registerNames, hart.registers.map(Quantity.hex64)))
    }

    /// Names of x0 ... x31 in the calling convention (RISC-V ABIs Specification, "Integer Register Convention").
    private static let names =
        ["zero", "ra", "sp", "gp", "tp", "t0", "t1", "t2", "s0", "s1"] + (0..<8).map { "a\($0)" }
        + (2..<12).map { "s\($0)" } + (3..<7).map { "t\($0)" }

    var lines: [String] {
        let condition = isStopped ? ", stopped" : isWaiting ? ", waiting" : ""
        let registers = zip(Self.names, x).map { Self.cell($0, $1) }
        let controls = HartSnapshot.registerNames.map { Self.cell($0, csr[$0] ?? "") }
        return ["hart \(hart)  pc \(pc)  \(privilege) mode\(condition)"] + Self.rows(registers, inEach: 4)
            + Self.rows(controls, inEach: 3)
    }

    private static func cell(_ name: String, _ value: String) -> String {
        String(repeating: " ", count: max(0, 13 - name.count)) + name + " " + value
    }

    private static func rows(_ cells: [String], inEach count: Int) -> [String] {
        stride(from: 0, to: cells.count, by: count).map { cells[$0..<min($0 + count, cells.count)].joined() }
    }
}
