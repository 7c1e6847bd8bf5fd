/// A wall clock with an alarm: `google,goldfish-rtc` (Android's goldfish virtual hardware document, "Goldfish real-time
/// clock"; Linux's rtc-goldfish driver).
///
/// Time is nanoseconds since 1970: the virtual clock, moved by a base that the machine's configuration sets and the
/// guest may change.
///
///     0x00 TIME_LOW          read: latches the time, gives its low half; write: sets the low half
///     0x04 TIME_HIGH         read: the latched high half; write: sets the high half
///     0x08 ALARM_LOW         write: sets the low half and arms the alarm
///     0x0c ALARM_HIGH        write: sets the high half
///     0x10 IRQ_ENABLED       bit 0
///     0x14 CLEAR_ALARM       any write disarms
///     0x18 ALARM_STATUS      1 while armed
///     0x1c CLEAR_INTERRUPT   any write lowers the interrupt
///
/// Registers take 4-byte accesses; any other width reads zero and writes nothing.
public final class GoldfishRTC: MMIODevice {
    public let name = "rtc"
    public let size: UInt64 = 0x1000

    /// Called when the interrupt line changes.
    public var onInterruptChange: (_ high: Bool) -> Void = { _ in }
    /// Called when `nextDeadline_ticks` has changed for another reason than the passing of time.
    public var onDeadlineChange: () -> Void = {}

    let clock: any VirtualClock
    var state: State

    /// - Parameter baseTime_ns: what the clock shows when virtual time is zero, in nanoseconds since 1970.
    public init(clock: any VirtualClock, baseTime_ns: UInt64) {
        self.clock = clock
        state = State(offset_ns: baseTime_ns)
    }

    /// The time that the guest would read now, in nanoseconds since 1970.
    public var time_ns: UInt64 { clock.now_ns &+ state.offset_ns }

    /// The level of the interrupt line.
    public var isInterruptHigh: Bool { state.isInterruptEnabled && state.isInterruptPending }

    /// The first tick of the clock at which `advance()` will fire the alarm; nil when it is not armed or out of reach.
    public var nextDeadline_ticks: UInt64? {
        guard state.isAlarmArmed else { return nil }
        let now = time_ns
        guard state.alarm_ns > now else { return clock.now_ticks }
        let wait_ns = state.alarm_ns - now
        let wait_ticks = wait_ns / Timebase.tick_ns + (wait_ns % Timebase.tick_ns == 0 ? 0 : 1)
        let (deadline, overflow) = clock.now_ticks.addingReportingOverflow(wait_ticks)
        return overflow ? nil : deadline
    }

    /// Fires the alarm if its time has come. The machine calls this when the clock reaches `nextDeadline_ticks`.
    public func advance() {
        guard state.isAlarmArmed, state.alarm_ns <= time_ns else { return }
        state.isAlarmArmed = false
        update { $0.isInterruptPending = true }
        onDeadlineChange()
    }

    public func read(offset: UInt64, size: Int) -> UInt64 {
        guard size == 4 else { return 0 }
        switch offset {
        case 0x00:
            let now = time_ns
            state.latchedTimeHigh = UInt32(truncatingIfNeeded: now >> 32)
            return now & 0xffff_ffff
        case 0x04: return UInt64(state.latchedTimeHigh)
        case 0x08: return state.alarm_ns & 0xffff_ffff
        case 0x0c: return state.alarm_ns >> 32
        case 0x10: return state.isInterruptEnabled ? 1 : 0
        case 0x18: return state.isAlarmArmed ? 1 : 0
        default: return 0
        }
    }

    public func write(offset: UInt64, value: UInt64, size: Int) {
        guard size == 4 else { return }
        let low = value & 0xffff_ffff
        switch offset {
        case 0x00: setTime(time_ns & ~0xffff_ffff | low)
        case 0x04: setTime(time_ns & 0xffff_ffff | low << 32)
        case 0x08:
            state.alarm_ns = state.alarm_ns & ~0xffff_ffff | low
            state.isAlarmArmed = true
            // An alarm in the past rings at once.
            advance()
            onDeadlineChange()
        case 0x0c: state.alarm_ns = state.alarm_ns & 0xffff_ffff | low << 32
        case 0x10: update { $0.isInterruptEnabled = low & 1 != 0 }
        case 0x14:
            state.isAlarmArmed = false
            onDeadlineChange()
        case 0x1c: update { $0.isInterruptPending = false }
        default: break
        }
    }

    private func setTime(_ time: UInt64) {
        state.offset_ns = time &- clock.now_ns
        onDeadlineChange()
    }

    /// Changes the state and reports the interrupt line if that moved it.
    private func update(_ change: (inout State) -> Void) {
        let before = isInterruptHigh
        change(&state)
        if isInterruptHigh != before { onInterruptChange(isInterruptHigh) }
    }
}
