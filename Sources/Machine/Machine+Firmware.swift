import Devices
import GuestMemory
import RISCV

/// The machine as the built-in firmware sees it (SBI 2.0).
extension Machine: SBIHost {
    func serveFirmwareCall(_ h: Hart) {
        let x = h.pointee.x
        let call = SBICall(
            hart: h.pointee.id, a0: x[10], a1: x[11], a2: x[12], a3: x[13], a4: x[14], a5: x[15], a6: x[16], a7: x[17])
        let result = SBIFirmware.handle(call, host: self)
        // A hart that was stopped, or resumes elsewhere, keeps the registers it was given.
        let resumesElsewhere = h.pointee.isStopped || hasFirmwareResume
        hasFirmwareResume = false
        if resumesElsewhere { return }
        x[10] = UInt64(bitPattern: result.error)
        x[11] = UInt64(bitPattern: result.value)
    }

    public var hartCount: Int { cluster.hartCount }
    public var mvendorid: UInt64 { 0 }
    public var marchid: UInt64 { 0 }
    public var mimpid: UInt64 { 0 }

    public func hartState(_ hart: Int) -> SBIHartState {
        let h = cluster.harts[hart]
        if h.pointee.isStopped { return .stopped }
        return isSuspended[hart] && h.pointee.isWaiting ? .suspended : .started
    }

    public func startHart(_ hart: Int, address: GuestPhysicalAddress, opaque: UInt64) {
        enterSupervisor(hart, address: address, opaque: opaque)
        cluster.harts[hart].pointee.isStopped = false
    }

    private func enterSupervisor(_ hart: Int, address: GuestPhysicalAddress, opaque: UInt64) {
        let h = cluster.harts[hart]
        h.pointee.x[10] = UInt64(hart)
        h.pointee.x[11] = opaque
        cluster.resetToSupervisor(h, pc: address.rawValue, by: clock.activeHart)
        isSuspended[hart] = false
    }

    public func stopHart(_ hart: Int) {
        cluster.harts[hart].pointee.isStopped = true
        leaveSlice()
    }

    public func suspendHart(_ hart: Int, resume: (address: GuestPhysicalAddress, opaque: UInt64)?) {
        if let resume {
            enterSupervisor(hart, address: resume.address, opaque: resume.opaque)
            hasFirmwareResume = true
        }
        isSuspended[hart] = true
        cluster.harts[hart].pointee.isWaiting = true
        leaveSlice()
    }

    public func setTimer(hart: Int, deadline_ticks: UInt64) {
        cluster.harts[hart].pointee.stimecmp = deadline_ticks
        leaveSlice()
    }

    public func sendSoftwareInterrupt(hart: Int) {
        cluster.harts[hart].pointee.softwareInterrupts |= InterruptBit.supervisorSoftware
    }

    /// Decoded code is never stale.
    public func fenceInstructions(hart: Int) {}
    /// Cached translations always equal a fresh walk.
    public func fenceTranslations(hart: Int, range: SBIFenceRange, asid: UInt64?) {
        switch range {
        case .all: cluster.fenceTranslations(cluster.harts[hart], nil)
        case .bytes(let start, let byteCount): cluster.fenceTranslations(cluster.harts[hart], (start, byteCount))
        }
    }

    public func resetSystem(_ type: SBIResetType, reason: SBIResetReason) {
        switch (type, reason) {
        case (.shutdown, .none): endGuest(.off)
        case (.shutdown, .systemFailure): endGuest(.failed(code: 1))
        default: endGuest(.resetRequested)
        }
    }

    public func isMemory(_ address: GuestPhysicalAddress, byteCount: UInt64) -> Bool {
        guard byteCount <= UInt64(Int.max) else { return false }
        return memory.contains(address, count: Int(byteCount))
    }

    /// The firmware reads as a hart would: the pages count as touched.
    public func readMemory(_ address: GuestPhysicalAddress, byteCount: Int) -> [UInt8] {
        (try? memory.read(address, count: byteCount)) ?? []
    }

    public func writeMemory(_ address: GuestPhysicalAddress, bytes: [UInt8]) {
        let hart = clock.activeHart ?? cluster.harts[currentHart]
        bytes.withUnsafeBytes { _ = cluster.writeFromOutside(hart, address, $0) }
    }

    public func writeConsole(_ bytes: [UInt8]) { consoleOutput += bytes }

    public func readConsole(byteCountMax: Int) -> [UInt8] { firmwareConsoleRead(byteCountMax: byteCountMax) }
}
