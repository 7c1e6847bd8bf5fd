import Devices

/// The state of every device of the board, as part of the machine's.
public struct DevicesState: Equatable, Sendable {
    public var plic: PLIC.State
    public var clint: CLINT.State
    public var uart: UART.State
    public var rtc: GoldfishRTC.State
    public var power: PowerController.State

    public init(
        plic: PLIC.State, clint: CLINT.State, uart: UART.State, rtc: GoldfishRTC.State, power: PowerController.State
    ) {
        self.plic = plic
        self.clint = clint
        self.uart = uart
        self.rtc = rtc
        self.power = power
    }
}
