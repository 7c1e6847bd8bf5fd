import GuestMemory
import RISCV

/// The state of one hart as plain values: what a checkpoint keeps and a digest covers. No TLB, no decoded code.
public struct HartSnapshot: Equatable, Sendable {
    /// x0 ... x31.
    public var x: [UInt64]
    /// f0 ... f31.
    public var f: [UInt64]
    public var pc: UInt64
    public var privilege: Privilege
    public var isWaiting: Bool
    public var isStopped: Bool
    public var isSuspended: Bool
    /// Control and status registers by name, in the order of `HartSnapshot.registerNames`.
    public var registers: [UInt64]

    /// The registers kept, in the record's order.
    public static let registerNames = [
        "mstatus", "medeleg", "mideleg", "mie", "mip", "mtvec", "mscratch", "mepc", "mcause", "mtval", "mcounteren",
        "mcountinhibit", "menvcfg", "stvec", "sscratch", "sepc", "scause", "stval", "scounteren", "senvcfg", "satp",
        "stimecmp", "fcsr",
    ]

    /// A register by its name in `registerNames`.
    public subscript(name: String) -> UInt64? { Self.registerNames.firstIndex(of: name).map { registers[$0] } }

    public var pmpConfiguration: [UInt64]
    public var pmpAddress: [UInt64]
    public var stepCount: UInt64
    public var trapCount: UInt64
    public var cycleOffset: UInt64
    public var instructionOffset: UInt64
    public var reservation: UInt64
}

/// The state of a machine as plain values; with the content of its memory, everything that decides what happens next.
public struct MachineState: Equatable, Sendable {
    public var icount: UInt64
    public var skipped_ns: UInt64
    public var currentHart: Int
    public var quantumLeft: UInt64
    public var harts: [HartSnapshot]
    public var devices: DevicesState
    public var power: PowerState
    /// The pages with T. The guest cannot notice them, but which events an epoch has depends on where they began. nil in
    /// states that were saved before T outlived epochs.
    public var tablePages: TablePageList?
}

/// Why saved bytes are no machine's state.
public enum MachineStateError: Error, CustomStringConvertible {
    case malformed(String)
    case newerVersion(UInt32)
    case doesNotFit(String)

    public var description: String {
        switch self {
        case .malformed(let what): "the saved machine state is malformed: \(what)"
        case .newerVersion(let version):
            "the saved machine state has format version \(version), newer than this program knows; use a newer one"
        case .doesNotFit(let what): "the saved machine state does not fit the machine: \(what)"
        }
    }
}
