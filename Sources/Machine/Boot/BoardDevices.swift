import Devices
import GuestMemory

/// The board's devices, on their bus and with their interrupt lines connected. The machine connects the rest: the PLIC's
/// contexts and the CLINT to harts, the UART to the console, the power controller to the run loop.
public final class BoardDevices {
    public let bus = Bus()
    public let plic: PLIC
    public let clint: CLINT
    public let uart = UART()
    public let rtc: GoldfishRTC
    public let power = PowerController()

    /// - Parameters:
    ///   - hartCount: 1 ... `Board.hartCountMax`.
    ///   - baseTime_ns: wall time at virtual time zero, nanoseconds since 1970.
    public init(hartCount: Int, clock: any VirtualClock, baseTime_ns: UInt64) {
        precondition(1...Board.hartCountMax ~= hartCount, "a board has 1 to \(Board.hartCountMax) harts")
        plic = PLIC(contextCount: 2 * hartCount)
        clint = CLINT(hartCount: hartCount, clock: clock)
        rtc = GoldfishRTC(clock: clock, baseTime_ns: baseTime_ns)
        let places: [(any MMIODevice, GuestPhysicalAddress)] = [
            (power, Board.powerBase), (rtc, Board.rtcBase), (clint, Board.clintBase), (plic, Board.plicBase),
            (uart, Board.uartBase),
        ]
        for (device, base) in places {
            do { try bus.attach(device, at: base) } catch { preconditionFailure("the board's map is wrong: \(error)") }
        }
        uart.onInterruptChange = { [unowned plic] in plic.setLine(Board.uartInterrupt, high: $0) }
        rtc.onInterruptChange = { [unowned plic] in plic.setLine(Board.rtcInterrupt, high: $0) }
    }

    /// The earliest tick at which a device wants `advance()`; the CLINT's and the harts' own timers aside.
    public var nextDeadline_ticks: UInt64? { rtc.nextDeadline_ticks }

    /// Lets devices act on the time that has come.
    public func advance() { rtc.advance() }

    public func save() -> DevicesState {
        DevicesState(
            plic: plic.save(), clint: clint.save(), uart: uart.save(), rtc: rtc.save(), power: power.save())
    }

    /// Takes over a saved state. Calls nothing back; the machine asks for the levels that now hold. After an error the
    /// devices are a mixture of old and new, fit only to be dropped.
    public func load(_ state: DevicesState) throws(DeviceStateError) {
        try plic.load(state.plic)
        try clint.load(state.clint)
        try uart.load(state.uart)
        rtc.load(state.rtc)
        power.load(state.power)
    }
}
