/// Where things lie in a generated image. Everything is below 2 MiB from the start of RAM; that part is compared.
///
///     +0x00000  prologue, trap handlers, epilogue
///     +0x10000  the stream (code that the seed decides)
///     +0x60000  operand pool, one page, reached from x27
///     +0x70000  data, 64 KiB, reached from x26 at its middle
///     +0x80000  page tables
///     +0xa0000  playground: 8 data pages, then 8 code pages, mapped by random page-table entries
///     +0xc0000  trap log, reached from x31
///     +0x1ff000 final registers
enum ImageLayout {
    static let ram: UInt64 = 0x8000_0000
    static let comparedByteCount = 0x20_0000
    /// RAM of the machine under test: QEMU puts its device tree in the last 16 MiB.
    static let memoryMegabytes = 64

    static let stream = ram + 0x1_0000
    static let streamEnd = ram + 0x6_0000
    static let pool = ram + 0x6_0000
    static let poolEntryCount = 512
    static let data = ram + 0x7_0000
    static let dataByteCount: UInt64 = 0x1_0000
    static let tables = ram + 0x8_0000
    static let playground = ram + 0xa_0000
    static let trapLog = ram + 0xc_0000
    static let trapLogEnd = ram + 0x1f_f000
    static let results = ram + 0x1f_f000

    /// User code runs at an alias of the image, because S-mode may not execute pages that U-mode may.
    static let userAlias: UInt64 = 0x4000_0000

    /// Writing 0x5555 here ends a QEMU run (SiFive test device).
    static let testDevice: UInt64 = 0x10_0000
    static let clint: UInt64 = 0x200_0000
    /// A physical address that nothing answers, on QEMU's board and on ours.
    static let nothing: UInt64 = 0x1800_0000
}

/// Registers with a duty in every image; the generator uses x1…x24 freely.
enum Reserved {
    static let loopCounter = 25
    static let data = 26
    static let pool = 27
    /// Non-zero: the next `ecall` asks the handler to carry on in M-mode.
    static let command = 28
    static let scratch = 29
    static let scratch2 = 30
    static let log = 31
    static let first = 25
}

/// CSR numbers (Privileged Specification, "CSR Listing").
enum CSR {
    static let fflags = 0x001, frm = 0x002, fcsr = 0x003
    static let cycle = 0xc00, time = 0xc01, instret = 0xc02
    static let sstatus = 0x100, sie = 0x104, stvec = 0x105, scounteren = 0x106, senvcfg = 0x10a
    static let sscratch = 0x140, sepc = 0x141, scause = 0x142, stval = 0x143, sip = 0x144, stimecmp = 0x14d
    static let satp = 0x180
    static let mstatus = 0x300, misa = 0x301, medeleg = 0x302, mideleg = 0x303, mie = 0x304, mtvec = 0x305
    static let mcounteren = 0x306, menvcfg = 0x30a, mcountinhibit = 0x320
    static let mscratch = 0x340, mepc = 0x341, mcause = 0x342, mtval = 0x343, mip = 0x344
    static let pmpcfg0 = 0x3a0, pmpaddr0 = 0x3b0
    static let mcycle = 0xb00, minstret = 0xb02
    static let mvendorid = 0xf11, marchid = 0xf12, mimpid = 0xf13, mhartid = 0xf14, mconfigptr = 0xf15
}
