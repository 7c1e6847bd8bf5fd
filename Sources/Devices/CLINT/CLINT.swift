/// The core-local interruptor: software interrupts and the machine timer, in the SiFive layout (SiFive FU540-C000
/// manual, chapter 9), for firmware that runs in M-mode.
///
///     0x0000 + 4 * hart   msip, bit 0
///     0x4000 + 8 * hart   mtimecmp
///     0xbff8              mtime
///
/// `msip` takes 4-byte accesses (8 bytes for a pair); `mtimecmp` and `mtime` take 8 bytes or either half. Anything
/// narrower reads zero and writes nothing.
public final class CLINT: MMIODevice {
    /// Harts that the register map of `size` bytes has room for.
    public static let hartCountMax = 4095

    public let name = "clint"
    public let size: UInt64 = 0x1_0000

    /// Called when a hart's software interrupt line (mip.MSIP) changes.
    public var onSoftwareInterruptChange: (_ hart: Int, _ pending: Bool) -> Void = { _, _ in }
    /// Called after a write to `mtimecmp` or `mtime`: `isTimerPending` and the deadlines may have changed.
    public var onTimerChange: () -> Void = {}

    let clock: any VirtualClock
    var state: State

    public init(hartCount: Int, clock: any VirtualClock) {
        precondition(1...Self.hartCountMax ~= hartCount, "a CLINT has 1 to 4095 harts")
        self.clock = clock
        state = State(hartCount: hartCount)
    }

    /// The value of `mtime`, which the `time` CSR shadows: the clock, moved by what firmware wrote to `mtime`.
    public var mtime_ticks: UInt64 { clock.now_ticks &+ state.mtimeOffset_ticks }

    /// What to add to the clock, modulo 2^64, to get `mtime`. Zero unless firmware wrote `mtime`.
    public var mtimeOffset_ticks: UInt64 { state.mtimeOffset_ticks }

    /// The hart's timer compare register, in ticks of `mtime`.
    public func mtimecmp_ticks(hart: Int) -> UInt64 { state.mtimecmp_ticks[hart] }

    /// The level of mip.MTIP: `mtime` >= `mtimecmp` (privileged specification 1.12 section 3.2.1).
    public func isTimerPending(hart: Int) -> Bool { mtime_ticks >= state.mtimecmp_ticks[hart] }

    /// The level of mip.MSIP.
    public func isSoftwareInterruptPending(hart: Int) -> Bool { state.msip[hart] }

    /// When, in ticks of the clock, the hart's timer interrupt will rise; nil when it has already risen or never will.
    public func deadline_ticks(hart: Int) -> UInt64? {
        let now = clock.now_ticks
        let mtime = now &+ state.mtimeOffset_ticks
        let compare = state.mtimecmp_ticks[hart]
        guard compare > mtime else { return nil }
        let (deadline, overflow) = now.addingReportingOverflow(compare - mtime)
        return overflow ? nil : deadline
    }

    /// The earliest `deadline_ticks` of all harts.
    public var nextDeadline_ticks: UInt64? {
        state.mtimecmp_ticks.indices.lazy.compactMap { self.deadline_ticks(hart: $0) }.min()
    }

    public func read(offset: UInt64, size: Int) -> UInt64 {
        switch size {
        case 4 where offset & 3 == 0:
            return UInt64(readWord(offset))
        case 8 where offset & 7 == 0:
            let low = UInt64(readWord(offset))
            return low | UInt64(readWord(offset + 4)) << 32
        default:
            return 0
        }
    }

    public func write(offset: UInt64, value: UInt64, size: Int) {
        switch size {
        case 4 where offset & 3 == 0:
            writeWord(offset, UInt32(truncatingIfNeeded: value))
        case 8 where offset & 7 == 0:
            if let register = timerRegister(at: offset) {
                // At once: a timer interrupt must not be seen between the halves.
                writeTimer(register, value)
            } else {
                writeWord(offset, UInt32(truncatingIfNeeded: value))
                writeWord(offset + 4, UInt32(truncatingIfNeeded: value >> 32))
            }
        default:
            break
        }
    }
}

// MARK: - Registers

extension CLINT {
    private enum TimerRegister {
        case mtime
        case mtimecmp(hart: Int)
    }

    private func timerRegister(at offset: UInt64) -> TimerRegister? {
        if offset & ~7 == 0xbff8 { return .mtime }
        guard 0x4000..<0xbff8 ~= offset else { return nil }
        let hart = Int((offset - 0x4000) / 8)
        return hart < state.mtimecmp_ticks.count ? .mtimecmp(hart: hart) : nil
    }

    private func msipHart(at offset: UInt64) -> Int? {
        guard offset < 0x4000 else { return nil }
        let hart = Int(offset / 4)
        return hart < state.msip.count ? hart : nil
    }

    private func readWord(_ offset: UInt64) -> UInt32 {
        if let hart = msipHart(at: offset) { return state.msip[hart] ? 1 : 0 }
        guard let register = timerRegister(at: offset) else { return 0 }
        return UInt32(truncatingIfNeeded: readTimer(register) >> (offset & 4 == 0 ? 0 : 32))
    }

    private func writeWord(_ offset: UInt64, _ value: UInt32) {
        if let hart = msipHart(at: offset) {
            setSoftwareInterrupt(hart: hart, pending: value & 1 != 0)
            return
        }
        guard let register = timerRegister(at: offset) else { return }
        let old = readTimer(register)
        let new =
            offset & 4 == 0
            ? old & 0xffff_ffff_0000_0000 | UInt64(value)
            : old & 0x0000_0000_ffff_ffff | UInt64(value) << 32
        writeTimer(register, new)
    }

    private func readTimer(_ register: TimerRegister) -> UInt64 {
        switch register {
        case .mtime: mtime_ticks
        case .mtimecmp(let hart): state.mtimecmp_ticks[hart]
        }
    }

    private func writeTimer(_ register: TimerRegister, _ value: UInt64) {
        switch register {
        case .mtime: state.mtimeOffset_ticks = value &- clock.now_ticks
        case .mtimecmp(let hart): state.mtimecmp_ticks[hart] = value
        }
        onTimerChange()
    }

    private func setSoftwareInterrupt(hart: Int, pending: Bool) {
        guard state.msip[hart] != pending else { return }
        state.msip[hart] = pending
        onSoftwareInterruptChange(hart, pending)
    }
}
