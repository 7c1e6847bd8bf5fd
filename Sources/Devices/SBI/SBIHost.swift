import GuestMemory

/// What the firmware interface needs of a machine. Everything happens at once, before the calling hart's next
/// instruction; harts are numbered 0 ..< `hartCount`, and their ids are their numbers.
public protocol SBIHost: AnyObject {
    var hartCount: Int { get }

    // Identity, as the machine-mode CSRs of the same names would show it.
    var mvendorid: UInt64 { get }
    var marchid: UInt64 { get }
    var mimpid: UInt64 { get }

    // Hart state management
    func hartState(_ hart: Int) -> SBIHartState
    /// Starts a stopped hart in S-mode at `address` with satp = 0, sstatus.SIE = 0, a0 = its id and a1 = `opaque`.
    func startHart(_ hart: Int, address: GuestPhysicalAddress, opaque: UInt64)
    /// Stops the calling hart.
    func stopHart(_ hart: Int)
    /// Suspends the calling hart until an enabled interrupt is pending, as WFI does. With `resume` it then starts there
    /// as `startHart` does; without, it goes on after the call.
    func suspendHart(_ hart: Int, resume: (address: GuestPhysicalAddress, opaque: UInt64)?)

    // Interrupts
    /// Sets when the hart's supervisor timer interrupt is pending: whenever `time` >= `deadline_ticks`. What was
    /// pending before is cleared by a deadline in the future.
    func setTimer(hart: Int, deadline_ticks: UInt64)
    /// Makes the hart's supervisor software interrupt pending (mip.SSIP).
    func sendSoftwareInterrupt(hart: Int)

    // Remote fences; `hart` may be the caller.
    func fenceInstructions(hart: Int)
    /// SFENCE.VMA on another hart; for one address space only when `asid` is given.
    func fenceTranslations(hart: Int, range: SBIFenceRange, asid: UInt64?)

    /// Ends or restarts the machine.
    func resetSystem(_ type: SBIResetType, reason: SBIResetReason)

    // Guest memory
    /// Whether all of `address ..< address + byteCount` is memory (not devices, not beyond the end). Must hold for any
    /// values, those that overflow included.
    func isMemory(_ address: GuestPhysicalAddress, byteCount: UInt64) -> Bool
    /// Reads what `isMemory` allowed; at most `SBIFirmware.consoleByteCountMax` bytes.
    func readMemory(_ address: GuestPhysicalAddress, byteCount: Int) -> [UInt8]
    /// Writes where `isMemory` allowed; at most `SBIFirmware.consoleByteCountMax` bytes.
    func writeMemory(_ address: GuestPhysicalAddress, bytes: [UInt8])

    // Console
    func writeConsole(_ bytes: [UInt8])
    /// Takes up to `byteCountMax` bytes of input that wait; none is a fine answer.
    func readConsole(byteCountMax: Int) -> [UInt8]
}
