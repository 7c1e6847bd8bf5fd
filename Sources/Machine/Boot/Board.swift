import Crypto
import Devices
import GuestMemory

/// The emulated board: what is where. Addresses and interrupt numbers are those of QEMU's `virt`, so that firmware and
/// kernels built for that run here unchanged.
public enum Board {
    public static let powerBase = GuestPhysicalAddress(0x10_0000)
    public static let rtcBase = GuestPhysicalAddress(0x10_1000)
    public static let clintBase = GuestPhysicalAddress(0x200_0000)
    public static let plicBase = GuestPhysicalAddress(0xc00_0000)
    public static let uartBase = GuestPhysicalAddress(0x1000_0000)
    public static let memoryBase = GuestPhysicalAddress(0x8000_0000)

    /// PLIC sources.
    public static let uartInterrupt = 10
    public static let rtcInterrupt = 11

    public static let hartCountMax = 8

    /// The machine and supervisor contexts of a hart at the PLIC.
    public static func machineContext(hart: Int) -> Int { 2 * hart }
    public static func supervisorContext(hart: Int) -> Int { 2 * hart + 1 }

    /// 64 bytes for `/chosen/rng-seed` from the machine's recorded seed: twice what makes Linux's generator ready.
    public static func rngSeed(machineSeed: UInt64) -> [UInt8] {
        var hash = SHA512()
        hash.update(data: Array("palimpsest rng-seed".utf8))
        withUnsafeBytes(of: machineSeed.littleEndian) { hash.update(bufferPointer: $0) }
        return Array(hash.finalize())
    }
}

/// The largest page-table mode of the harts, as the device tree names it.
public enum PageTableMode: String, Sendable, CaseIterable {
    case sv39 = "riscv,sv39"
    case sv48 = "riscv,sv48"
    case sv57 = "riscv,sv57"
}

/// What of a board varies from machine to machine, as far as its guest is told.
public struct BoardConfiguration: Equatable, Sendable {
    /// Bytes of memory at `Board.memoryBase`, whole pages.
    public var memorySize: UInt64
    /// 1 ... `Board.hartCountMax`.
    public var hartCount: Int
    /// The kernel's command line.
    public var bootArguments: String
    /// At least 32 bytes, so that Linux's random numbers are ready at once; see `Board.rngSeed(machineSeed:)`.
    public var rngSeed: [UInt8]
    /// M-mode firmware runs below the kernel, so the guest is told of the CLINT as well.
    public var hasMachineModeFirmware: Bool
    public var pageTableMode: PageTableMode
    /// Instruction set extensions in canonical order: single letters first.
    public var extensions: [String]
    /// Guest-physical memory that the kernel must leave alone: resident firmware, unless it says so itself in the device
    /// tree, as OpenSBI does.
    public var reservedMemory: [Range<UInt64>]

    public static let standardExtensions = [
        "i", "m", "a", "f", "d", "c", "zicntr", "zicsr", "zifencei", "sstc",
    ]

    public init(
        memorySize: UInt64, hartCount: Int, bootArguments: String = "", rngSeed: [UInt8],
        hasMachineModeFirmware: Bool = false, pageTableMode: PageTableMode = .sv48,
        extensions: [String] = Self.standardExtensions, reservedMemory: [Range<UInt64>] = []
    ) {
        self.memorySize = memorySize
        self.hartCount = hartCount
        self.bootArguments = bootArguments
        self.rngSeed = rngSeed
        self.hasMachineModeFirmware = hasMachineModeFirmware
        self.pageTableMode = pageTableMode
        self.extensions = extensions
        self.reservedMemory = reservedMemory
    }

    /// Guest-physical memory.
    public var memory: Range<UInt64> {
        Board.memoryBase.rawValue..<Board.memoryBase.rawValue + memorySize
    }

    /// The `riscv,isa` string: single letters together, longer names after underscores.
    var isaString: String {
        let letters = extensions.filter { $0.count == 1 }.joined()
        return (["rv64" + letters] + extensions.filter { $0.count > 1 }).joined(separator: "_")
    }
}
