/// Something that entered the machine from outside, stamped with the moment (patents.md, requirement 28; DESIGN.md,
/// "Machine").
public struct InputEvent: Equatable, Sendable {
    public enum Kind: UInt8, Sendable {
        /// Bytes put into the UART's receiver.
        case consoleBytes = 1
        /// Bytes given as the answer to an SBI debug console read.
        case firmwareConsoleRead = 2
        /// Nothing but the passing of time while every hart waited.
        case timePassed = 3
    }

    public var kind: Kind
    /// Steps of the machine before it.
    public var icount: UInt64
    /// Virtual time at which it came; later than icount says when every hart was waiting.
    public var virtualTime_ns: UInt64
    public var bytes: [UInt8]

    public init(kind: Kind, icount: UInt64, virtualTime_ns: UInt64, bytes: [UInt8]) {
        self.kind = kind
        self.icount = icount
        self.virtualTime_ns = virtualTime_ns
        self.bytes = bytes
    }
}
