import GuestMemory

/// Everything that makes a fresh, zeroed machine ready for its first instruction: what lies where in memory, and how the
/// harts start.
public struct BootPlan: Equatable, Sendable {
    /// Bytes to be copied into guest-physical memory. Loads lie in memory and do not overlap.
    public struct Load: Equatable, Sendable {
        public let what: String
        public let address: GuestPhysicalAddress
        public let bytes: [UInt8]
    }

    public enum Privilege: Equatable, Sendable {
        /// Hart 0 starts in S-mode; the others wait to be started through SBI.
        case supervisor
        /// All harts start in M-mode.
        case machine
    }

    public let loads: [Load]
    /// The first pc of every hart that starts. Its a0 is its hart id, satp is 0.
    public let entry: GuestPhysicalAddress
    public let privilege: Privilege
    /// a1: where the device tree is.
    public let deviceTree: GuestPhysicalAddress
    /// a2: where firmware finds `struct fw_dynamic_info`; zero without firmware.
    public let firmwareInfo: UInt64
    /// Guest-physical address of the `tohost` word of a bare program that has one.
    public let tohost: GuestPhysicalAddress?
}

/// Why things do not fit into the machine's memory.
public enum BootPlanError: Error, Equatable, CustomStringConvertible {
    case memoryNotWholePages(memorySize: UInt64)
    case memoryTooSmall(memorySize: UInt64, required: UInt64)
    case memoryTooLarge(memorySize: UInt64)
    case segmentOutsideMemory(address: UInt64, byteCount: UInt64, memory: Range<UInt64>)
    case entryOutsideMemory(address: UInt64, memory: Range<UInt64>)
    case overlap(String, String)

    public var description: String {
        func hex(_ value: UInt64) -> String { "0x" + String(value, radix: 16) }
        func range(_ memory: Range<UInt64>) -> String { "\(hex(memory.lowerBound)) to \(hex(memory.upperBound))" }
        return switch self {
        case .memoryNotWholePages(let memorySize):
            "memory of \(memorySize) bytes is not a multiple of \(pageSize)"
        case .memoryTooSmall(let memorySize, let required):
            "memory of \(memorySize >> 20) MiB is too small: what is to be loaded needs "
                + "\(required / (1 << 20) + (required % (1 << 20) == 0 ? 0 : 1)) MiB; give more with --memory"
        case .memoryTooLarge(let memorySize):
            "memory of \(memorySize) bytes is more than the board's \(BootPlan.memorySizeMax >> 30) GiB"
        case .segmentOutsideMemory(let address, let byteCount, let memory):
            "the program's segment at \(hex(address)) of \(byteCount) bytes is not inside memory, "
                + "\(range(memory)); link it there or give more with --memory"
        case .entryOutsideMemory(let address, let memory):
            "the program's entry point \(hex(address)) is not inside memory, \(range(memory))"
        case .overlap(let one, let other):
            "\(one) and \(other) would lie over each other in memory; give more with --memory"
        }
    }
}
