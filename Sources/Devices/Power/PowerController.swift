/// How a guest asked for an end.
public enum PowerRequest: Equatable, Sendable {
    case powerOff
    case reset
    /// The guest reports failure with a code of its own.
    case fail(code: UInt16)
}

/// The power switch: SiFive's test finisher (`sifive,test0`, `sifive,test1`), one 32-bit register at offset 0 that Linux
/// and OpenSBI drive as a `syscon`. The low 16 bits written are a command, the high 16 a failure's code.
public final class PowerController: MMIODevice {
    /// The commands, which the device tree's `syscon-poweroff` and `syscon-reboot` nodes name as well.
    public enum Command {
        public static let fail: UInt32 = 0x3333
        public static let powerOff: UInt32 = 0x5555
        public static let reset: UInt32 = 0x7777
    }

    public let name = "power"
    public let size: UInt64 = 0x1000

    /// Called during the store that asks; the machine acts on it when the instruction is complete.
    public var onRequest: (PowerRequest) -> Void = { _ in }

    var state = State()

    public init() {}

    /// Zero: the register cannot be read back, so that Linux's read-modify-write always writes.
    public func read(offset: UInt64, size: Int) -> UInt64 { 0 }

    public func write(offset: UInt64, value: UInt64, size: Int) {
        guard offset == 0, size >= 2 else { return }
        let word = UInt32(truncatingIfNeeded: value)
        let request: PowerRequest
        switch word & 0xffff {
        case Command.powerOff: request = .powerOff
        case Command.reset: request = .reset
        case Command.fail: request = .fail(code: UInt16(word >> 16))
        default: return
        }
        state.lastCommand = word
        onRequest(request)
    }
}

extension PowerController {
    /// Everything the controller remembers.
    public struct State: Equatable, Sendable {
        /// The last command obeyed, its code included; zero when there was none. Tells from a checkpoint how a machine
        /// ended.
        public var lastCommand: UInt32 = 0

        public init() {}
    }

    public func save() -> State { state }

    public func load(_ saved: State) { state = saved }
}
