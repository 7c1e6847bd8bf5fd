/// What the machine's run loop asks about timers (Sstc; Privileged Architecture, 3.2.1).
extension HartCluster {
    /// Recomputes the timer bits of mip for this moment.
    /// - Parameter machineTimer: the level of the CLINT's line for this hart.
    public func updateTimerLines(_ h: Hart, time_ticks: UInt64, machineTimer: Bool) {
        var lines: UInt64 = machineTimer ? InterruptBit.machineTimer : 0
        if hasSupervisorTimer(h), time_ticks >= h.pointee.stimecmp { lines |= InterruptBit.supervisorTimer }
        h.pointee.timerLines = lines
    }

    /// The tick of the guest's clock at which STIP rises; nil when it is pending already or never rises.
    public func supervisorTimerDeadline_ticks(_ h: Hart, time_ticks: UInt64) -> UInt64? {
        guard hasSupervisorTimer(h), h.pointee.stimecmp > time_ticks, h.pointee.stimecmp != .max else { return nil }
        return h.pointee.stimecmp
    }

    private func hasSupervisorTimer(_ h: Hart) -> Bool {
        h.pointee.menvcfg & EnvironmentConfiguration.stimecmpEnable != 0
    }

    /// Asks a hart to end its slice at the next block boundary.
    public func requestLeave(_ h: Hart) { h.pointee.mustLeaveSlice = true }
}
