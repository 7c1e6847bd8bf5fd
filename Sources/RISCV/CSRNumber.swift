/// Numbers of the control and status registers that exist here (Privileged Architecture, 2.2).
public enum CSRNumber {
    public static let fflags = 0x001, frm = 0x002, fcsr = 0x003
    public static let sstatus = 0x100, sie = 0x104, stvec = 0x105, scounteren = 0x106, senvcfg = 0x10a
    public static let sscratch = 0x140, sepc = 0x141, scause = 0x142, stval = 0x143, sip = 0x144, stimecmp = 0x14d
    public static let satp = 0x180
    public static let mstatus = 0x300, misa = 0x301, medeleg = 0x302, mideleg = 0x303, mie = 0x304, mtvec = 0x305
    public static let mcounteren = 0x306, menvcfg = 0x30a, mcountinhibit = 0x320, mhpmevent3 = 0x323
    public static let mhpmevent31 = 0x33f
    public static let mscratch = 0x340, mepc = 0x341, mcause = 0x342, mtval = 0x343, mip = 0x344
    public static let pmpcfg0 = 0x3a0, pmpcfg2 = 0x3a2, pmpcfg14 = 0x3ae, pmpaddr0 = 0x3b0, pmpaddr63 = 0x3ef
    public static let tselect = 0x7a0, tdata1 = 0x7a1, tdata3 = 0x7a3
    public static let mcycle = 0xb00, minstret = 0xb02, mhpmcounter3 = 0xb03, mhpmcounter31 = 0xb1f
    public static let cycle = 0xc00, time = 0xc01, instret = 0xc02, hpmcounter3 = 0xc03, hpmcounter31 = 0xc1f
    public static let mvendorid = 0xf11, marchid = 0xf12, mimpid = 0xf13, mhartid = 0xf14, mconfigptr = 0xf15
}

/// Fields of menvcfg and senvcfg (Privileged Architecture, 3.1.18; Sstc).
public enum EnvironmentConfiguration {
    static let fiom: UInt64 = 1
    /// STCE: S-mode has stimecmp, and STIP follows it.
    public static let stimecmpEnable: UInt64 = 1 << 63
}
