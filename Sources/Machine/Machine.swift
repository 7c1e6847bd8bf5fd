import Devices
import GuestMemory
import RISCV

/// How a machine came to its end, or that it has not.
public enum PowerState: Equatable, Sendable {
    case running
    case off
    case resetRequested
    /// The guest reports failure through the power controller.
    case failed(code: UInt16)
    /// A bare guest wrote 1 to `tohost`.
    case testPassed
    /// A bare guest wrote (n << 1) | 1 to `tohost`.
    case testFailed(number: UInt64)
}

/// A machine: harts, memory and devices on one board, and the loop that runs them.
///
/// Its state is a function of an earlier state, its configuration and the inputs since. Nothing in here reads a clock, a
/// file or a random number. Not thread-safe: one thread owns a machine.
public final class Machine {
    public static let memoryBase = Board.memoryBase

    public let configuration: MachineConfiguration
    public let memory: GuestMemory
    public let cluster: HartCluster
    public let devices: BoardDevices
    let bus: BusAdapter
    let clock: MachineClock

    /// Steps of all harts since checkpoint 0: instructions retired and traps taken. The machine's only clock.
    public internal(set) var icount: UInt64 = 0
    public internal(set) var power = PowerState.running

    /// Checkpoint 0, for a guest that asks for a reset. Without it such a guest ends.
    public var resetImage: ResetImage?

    // MARK: Scheduler (machine state)

    /// The hart whose turn it is.
    var currentHart = 0
    /// Steps left of its turn.
    var quantumLeft: UInt64

    /// Harts that SBI HSM suspended; meaningful while they wait.
    var isSuspended: [Bool]
    /// During a firmware call: the calling hart resumes elsewhere.
    var hasFirmwareResume = false

    // MARK: Input and output

    /// Console input that waits for room in the UART.
    var waitingInput: [UInt8] = []
    /// The virtual time at which it came, if every hart waited then.
    var inputTime_ns: UInt64?
    /// While replaying: the inputs to come, and how many of them have been applied.
    var script: [InputEvent]?
    var scriptPosition = 0
    /// Inputs applied since the list was last taken.
    public internal(set) var inputLog: [InputEvent] = []
    /// Bytes the guest has written to its console since they were last taken.
    public internal(set) var consoleOutput: [UInt8] = []
    /// The first input of the script that did not fit: the replay is not what was recorded.
    public internal(set) var scriptMismatch: String?

    /// Asked for between slices; true ends `run` with `.interrupted`. Only called when a step was executed since.
    public var shouldPause: (() -> Bool)?
    /// Steps between two questions to `shouldPause`.
    public var pauseCheckInterval: UInt64 = 50_000

    public init(configuration: MachineConfiguration, options: EngineOptions = EngineOptions()) throws {
        self.configuration = configuration
        quantumLeft = configuration.quantum
        isSuspended = Array(repeating: false, count: configuration.hartCount)
        memory = try GuestMemory(base: Self.memoryBase, byteCount: configuration.memoryByteCount)
        bus = BusAdapter()
        cluster = HartCluster(
            memory: memory, bus: bus, hartCount: configuration.hartCount, tlb: options.tlb)
        clock = MachineClock(cluster: cluster)
        devices = BoardDevices(
            hartCount: configuration.hartCount, clock: clock, baseTime_ns: configuration.startTime_ns)
        bus.bus = devices.bus
        connect()
    }

    public func takeInputLog() -> [InputEvent] {
        defer { inputLog.removeAll(keepingCapacity: true) }
        return inputLog
    }

    public func takeConsoleOutput() -> [UInt8] {
        defer { consoleOutput.removeAll(keepingCapacity: true) }
        return consoleOutput
    }

    public func takeTLBEvents() -> [TLBEvent] {
        defer { cluster.tlbEvents.removeAll(keepingCapacity: true) }
        return cluster.tlbEvents
    }

    /// Nanoseconds of virtual time: icount plus what was skipped while every hart waited.
    public var virtualTime_ns: UInt64 { icount &+ cluster.skipped_ns }
}
