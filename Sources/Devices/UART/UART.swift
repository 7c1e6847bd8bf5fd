/// The console's serial port: a National Semiconductor PC16550D (`ns16550a`), registers one byte apart.
///
/// The line has no speed: a byte written is sent before the next instruction, so the transmitter is always empty, and
/// received bytes that stay below the FIFO's trigger level count as timed out at once (their sender was four character
/// times ago). Guests cannot tell this from a fast line, and no virtual time is spent waiting.
///
/// Every register answers a byte; a wider access reaches the one register at its offset, zero-extended.
public final class UART: MMIODevice {
    /// Bytes that the receive FIFO holds when enabled; without FIFO there is one holding register.
    public static let fifoCapacity = 16

    public let name: String
    public let size: UInt64 = 0x100

    /// Called for each byte that leaves on the serial line.
    public var onTransmit: (_ byte: UInt8) -> Void = { _ in }
    /// Called when the interrupt line changes.
    public var onInterruptChange: (_ high: Bool) -> Void = { _ in }
    /// Called when `canReceive` turns true after `receive(_:)` was refused: the guest made room.
    public var onReceiveRoom: () -> Void = {}

    /// The level of the interrupt line. Derived from the state; valid after `load(_:)` as well.
    public internal(set) var isInterruptHigh = false

    var state = State()

    public init(name: String = "uart0") { self.name = name }

    /// Whether `receive(_:)` would take a byte now.
    public var canReceive: Bool {
        !state.isLoopback && state.received.count < (state.isFIFOEnabled ? Self.fifoCapacity : 1)
    }

    /// Puts a byte from the outside into the receiver.
    ///
    /// - Returns: false, with nothing changed but the promise of `onReceiveRoom`, when the receiver is full or cut off
    ///   by loopback mode. A human's keys are worth more than the overrun error that real hardware would report.
    public func receive(_ byte: UInt8) -> Bool {
        guard canReceive else {
            state.isSenderWaiting = true
            return false
        }
        state.received.append(byte)
        updateInterrupt()
        return true
    }

    public func read(offset: UInt64, size: Int) -> UInt64 {
        guard offset < 8 else { return 0 }
        let value = readRegister(Int(offset))
        finishAccess()
        return UInt64(value)
    }

    public func write(offset: UInt64, value: UInt64, size: Int) {
        guard offset < 8 else { return }
        writeRegister(Int(offset), UInt8(truncatingIfNeeded: value))
        finishAccess()
    }

    private func finishAccess() {
        updateInterrupt()
        if state.isSenderWaiting && canReceive {
            state.isSenderWaiting = false
            onReceiveRoom()
        }
    }

    func updateInterrupt() {
        let high = interruptIdentification & InterruptIdentification.none == 0
        guard high != isInterruptHigh else { return }
        isInterruptHigh = high
        onInterruptChange(high)
    }
}
