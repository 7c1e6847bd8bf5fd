import Devices
import GuestMemory
import RISCV

/// Why `Machine.run` returned.
public enum StopReason: Equatable, Sendable {
    case icountReached
    /// `shouldPause` said so.
    case interrupted
    /// See `Machine.power`.
    case ended
    /// Every hart waits, no timer is set and no input is at hand: only input can go on.
    case waitingForInput
    /// Every hart waits until a timer; `idle` said not to skip there.
    case idle
}

extension Machine {
    /// Executes until `icount` reaches `target`, the guest ends, or a pause is asked for.
    ///
    /// A position's state is the one before the inputs and skips that carry its icount, so a run stops at `target` before
    /// them, and after them executes at least one step.
    ///
    /// - Parameter idle: asked when every hart waits, with the virtual time of the next timer (nil: none) in nanoseconds;
    ///   returns true to skip there at once, false to return `.idle` so that the caller may wait and bring input. Without
    ///   it every wait is skipped.
    /// - Throws: the error of a page that could not be fetched; the machine's state is then worthless.
    public func run(until target: UInt64, idle: ((UInt64?) -> Bool)? = nil) throws -> StopReason {
        var nextPauseCheck = icount &+ pauseCheckInterval
        while icount < target {
            if power == .resetRequested, let resetImage { try reset(to: resetImage) }
            if power != .running { return .ended }
            if icount >= nextPauseCheck || cluster.hasLaggedBehind {
                cluster.hasLaggedBehind = false
                if shouldPause?() == true { return .interrupted }
                nextPauseCheck = icount &+ pauseCheckInterval
            }
            try applyInputs()
            if let hart = chooseHart() {
                runSlice(hart, until: min(target, nextPauseCheck))
                if let failure = memory.fetchFailure { throw failure }
            } else if let stop = passTime(idle) {
                return stop
            }
        }
        return power == .running || (power == .resetRequested && resetImage != nil) ? .icountReached : .ended
    }

    // MARK: Scheduling

    /// The hart that goes on: the current one while its turn lasts and it can run, else the next that can.
    private func chooseHart() -> Hart? {
        let current = cluster.harts[currentHart]
        if quantumLeft > 0, isRunnable(current) { return current }
        for distance in 1...cluster.hartCount {
            let candidate = (currentHart + distance) % cluster.hartCount
            guard isRunnable(cluster.harts[candidate]) else { continue }
            switchTo(candidate)
            return cluster.harts[candidate]
        }
        return nil
    }

    private func switchTo(_ hart: Int) {
        if hart != currentHart {
            // Another hart may now store: no reservation outlives the turn (see HartCluster+Atomic).
            cluster.harts[currentHart].pointee.reservation = HartState.noReservation
            currentHart = hart
        }
        quantumLeft = configuration.quantum
    }

    /// Wakes a waiting hart when an interrupt that it enables is pending.
    private func isRunnable(_ h: Hart) -> Bool {
        if h.pointee.isStopped { return false }
        updateTimers(h)
        if h.pointee.isWaiting && h.hasWakeUp { h.pointee.isWaiting = false }
        return !h.pointee.isWaiting
    }

    private func updateTimers(_ h: Hart) {
        cluster.updateTimerLines(
            h, time_ticks: devices.clint.mtime_ticks, machineTimer: devices.clint.isTimerPending(hart: h.pointee.id))
    }

    private func runSlice(_ h: Hart, until limit: UInt64) {
        var budget = min(limit - icount, quantumLeft)
        if let deadline = nextDeadline_ns(of: h) {
            let now = virtualTime_ns
            budget = min(budget, deadline > now ? deadline - now : 1)
        }
        if let scripted = nextScriptedIcount, scripted > icount { budget = min(budget, scripted - icount) }
        clock.activeHart = h
        let executed = UInt64(cluster.run(h, budget: Int64(budget)))
        clock.activeHart = nil
        icount += executed
        quantumLeft -= executed
        cluster.icountAtSliceStart = icount
        if let alarm = devices.nextDeadline_ticks, alarm <= clock.now_ticks { devices.advance() }
    }

    // MARK: Time

    /// Virtual time at which the next timer of this hart, or the clock's alarm, changes something.
    private func nextDeadline_ns(of h: Hart) -> UInt64? {
        let time_ticks = devices.clint.mtime_ticks
        var deadline: UInt64?
        if let ticks = cluster.supervisorTimerDeadline_ticks(h, time_ticks: time_ticks) {
            deadline = nanoseconds(ticks &- devices.clint.mtimeOffset_ticks)
        }
        for ticks in [devices.clint.deadline_ticks(hart: h.pointee.id), devices.nextDeadline_ticks] {
            if let ticks { deadline = min(deadline ?? .max, nanoseconds(ticks)) }
        }
        // mtime turns over where firmware has set it close to its end: every comparison changes there.
        let turnover = nanoseconds(0 &- devices.clint.mtimeOffset_ticks)
        if turnover > virtualTime_ns { deadline = min(deadline ?? .max, turnover) }
        return deadline
    }

    private func nanoseconds(_ ticks: UInt64) -> UInt64 {
        let (product, overflow) = ticks.multipliedReportingOverflow(by: Timebase.tick_ns)
        return overflow ? .max : product
    }

    /// Every hart waits: skips to what comes first, a scripted input or a timer.
    /// - Returns: nil to go on, or why `run` must return.
    private func passTime(_ idle: ((UInt64?) -> Bool)?) -> StopReason? {
        if cluster.harts.allSatisfy({ $0.pointee.isStopped }) {
            power = .off
            return .ended
        }
        let deadline = cluster.harts.filter { !$0.pointee.isStopped }.compactMap { wakeUpTime_ns($0) }.min()
        if script == nil {
            if !waitingInput.isEmpty, devices.uart.canReceive { return nil }
            if let idle, !idle(deadline) { return deadline == nil ? .waitingForInput : .idle }
        }
        // Beyond 292 years is never: virtual time must not wrap.
        guard let deadline, deadline < 1 << 63 else { return .waitingForInput }
        skip(to: deadline)
        return nil
    }

    /// When a timer wakes this hart: a deadline counts only if mie lets it.
    private func wakeUpTime_ns(_ h: Hart) -> UInt64? {
        var times: [UInt64] = []
        if h.pointee.mie & InterruptBit.supervisorTimer != 0,
            let ticks = cluster.supervisorTimerDeadline_ticks(h, time_ticks: devices.clint.mtime_ticks)
        {
            times.append(nanoseconds(ticks &- devices.clint.mtimeOffset_ticks))
        }
        if h.pointee.mie & InterruptBit.machineTimer != 0, let ticks = devices.clint.deadline_ticks(hart: h.pointee.id)
        {
            times.append(nanoseconds(ticks))
        }
        let external = InterruptBit.supervisorExternal | InterruptBit.machineExternal
        if h.pointee.mie & external != 0, let ticks = devices.nextDeadline_ticks { times.append(nanoseconds(ticks)) }
        return times.min()
    }

    func skip(to time_ns: UInt64) {
        if time_ns > virtualTime_ns { cluster.skipped_ns &+= time_ns - virtualTime_ns }
        if let alarm = devices.nextDeadline_ticks, alarm <= clock.now_ticks { devices.advance() }
    }
}
