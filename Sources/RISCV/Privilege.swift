/// Privilege modes (Privileged Architecture, 1.2), by their encoding.
public enum Privilege: UInt8, Sendable {
    case user = 0
    case supervisor = 1
    case machine = 3
}

/// Synchronous exception codes (Privileged Architecture, table of mcause values).
public enum ExceptionCause {
    public static let fetchAccess: UInt64 = 1
    public static let illegalInstruction: UInt64 = 2
    public static let breakpoint: UInt64 = 3
    public static let loadMisaligned: UInt64 = 4
    public static let loadAccess: UInt64 = 5
    public static let storeMisaligned: UInt64 = 6
    public static let storeAccess: UInt64 = 7
    public static let callFromUser: UInt64 = 8
    public static let fetchPageFault: UInt64 = 12
    public static let loadPageFault: UInt64 = 13
    public static let storePageFault: UInt64 = 15
}

/// Bits of mip, mie and mideleg.
public enum InterruptBit {
    public static let supervisorSoftware: UInt64 = 1 << 1
    public static let machineSoftware: UInt64 = 1 << 3
    public static let supervisorTimer: UInt64 = 1 << 5
    public static let machineTimer: UInt64 = 1 << 7
    public static let supervisorExternal: UInt64 = 1 << 9
    public static let machineExternal: UInt64 = 1 << 11

    static let supervisor = supervisorSoftware | supervisorTimer | supervisorExternal
    static let machine = machineSoftware | machineTimer | machineExternal
}

/// Fields of mstatus (Privileged Architecture, 3.1.6).
public enum MStatus {
    public static let sie: UInt64 = 1 << 1
    public static let mie: UInt64 = 1 << 3
    public static let spie: UInt64 = 1 << 5
    public static let mpie: UInt64 = 1 << 7
    public static let spp: UInt64 = 1 << 8
    public static let mppShift: UInt64 = 11
    public static let mpp: UInt64 = 3 << mppShift
    public static let fs: UInt64 = 3 << 13
    public static let mprv: UInt64 = 1 << 17
    public static let sum: UInt64 = 1 << 18
    public static let mxr: UInt64 = 1 << 19
    public static let tvm: UInt64 = 1 << 20
    public static let tw: UInt64 = 1 << 21
    public static let tsr: UInt64 = 1 << 22
    /// UXL and SXL, both fixed to 64 bits.
    static let xlen: UInt64 = (2 << 32) | (2 << 34)
    static let sd: UInt64 = 1 << 63

    static let writable = sie | mie | spie | mpie | spp | mpp | fs | mprv | sum | mxr | tvm | tw | tsr
    static let supervisorWritable = sie | spie | spp | fs | sum | mxr
    static let supervisorReadable = supervisorWritable | (2 << 32) | sd
}
