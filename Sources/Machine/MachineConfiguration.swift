import RISCV

/// What a machine is made of. Together with the content of checkpoint 0 it determines everything that is not input.
public struct MachineConfiguration: Equatable, Sendable {
    /// Bytes of RAM, from `Machine.memoryBase`.
    public var memoryByteCount: UInt64
    /// 1 ... 8.
    public var hartCount: Int
    /// Instructions that a hart executes before the next one has its turn.
    public var quantum: UInt64
    /// What the real-time clock shows when the machine starts, in nanoseconds since 1970.
    public var startTime_ns: UInt64
    /// Seeds what the guest is given as randomness (rng-seed in the device tree).
    public var randomSeed: UInt64
    /// Whether the machine serves SBI calls itself; otherwise the guest's own M-mode code does.
    public var hasBuiltInFirmware: Bool
    /// Address of `tohost` for bare guests that have one.
    public var hostInterfaceAddress: UInt64?
    /// The words of the command line that chose the guest, for people.
    public var summary: String

    public static let hartCountMax = 8
    public static let quantumDefault: UInt64 = 10_000

    public init(
        memoryByteCount: UInt64, hartCount: Int = 1, quantum: UInt64 = Self.quantumDefault, startTime_ns: UInt64 = 0,
        randomSeed: UInt64 = 0, hasBuiltInFirmware: Bool = true, hostInterfaceAddress: UInt64? = nil,
        summary: String = ""
    ) {
        self.memoryByteCount = memoryByteCount
        self.hartCount = hartCount
        self.quantum = quantum
        self.startTime_ns = startTime_ns
        self.randomSeed = randomSeed
        self.hasBuiltInFirmware = hasBuiltInFirmware
        self.hostInterfaceAddress = hostInterfaceAddress
        self.summary = summary
    }
}

/// Options of the engine that the guest cannot notice.
public struct EngineOptions: Equatable, Sendable {
    public var tlb: TLBOptions

    public init(tlb: TLBOptions = TLBOptions()) { self.tlb = tlb }
}
