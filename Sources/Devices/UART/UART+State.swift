extension UART {
    /// Everything the port remembers.
    public struct State: Equatable, Sendable {
        /// IER, bits 0...3.
        public var interruptEnable: UInt8 = 0
        /// FCR's enable and trigger bits.
        public var fifoControl: UInt8 = 0
        /// LCR.
        public var lineControl: UInt8 = 0
        /// MCR, bits 0...4.
        public var modemControl: UInt8 = 0
        /// SCR.
        public var scratch: UInt8 = 0
        /// DLL and DLM. They set no speed here; guests read them back.
        public var divisorLow: UInt8 = 0
        public var divisorHigh: UInt8 = 0
        /// MSR's low four bits: changes since it was last read.
        public var modemDeltas: UInt8 = 0
        /// Bytes received and not yet read, the oldest first; at most 16, or one without FIFO.
        public var received: [UInt8] = []
        /// LSR's overrun bit.
        public var hasOverrun = false
        /// The transmitter-empty interrupt waits to be identified.
        public var isTransmitterEmptyPending = false
        /// A byte was refused from outside, and whoever offered it is to be told when there is room.
        public var isSenderWaiting = false

        /// The state after reset.
        public init() {}

        var isDivisorLatchOpen: Bool { lineControl & LineControl.divisorLatchAccess != 0 }
        var isFIFOEnabled: Bool { fifoControl & FIFOControl.enable != 0 }
        var isLoopback: Bool { modemControl & ModemControl.loopback != 0 }

        /// Received bytes at which the received-data interrupt stops being a timeout.
        var triggerLevel: Int {
            guard isFIFOEnabled else { return 1 }
            return [1, 4, 8, 14][Int(fifoControl >> 6)]
        }

        /// MSR's high four bits: the other side is always ready and there is a carrier; in loopback mode they follow
        /// the modem control outputs.
        var modemLines: UInt8 {
            guard isLoopback else { return ModemStatus.cts | ModemStatus.dsr | ModemStatus.dcd }
            var lines: UInt8 = 0
            if modemControl & ModemControl.rts != 0 { lines |= ModemStatus.cts }
            if modemControl & ModemControl.dtr != 0 { lines |= ModemStatus.dsr }
            if modemControl & ModemControl.out1 != 0 { lines |= ModemStatus.ri }
            if modemControl & ModemControl.out2 != 0 { lines |= ModemStatus.dcd }
            return lines
        }
    }

    public func save() -> State { state }

    /// Takes over a saved state. Calls nothing back: `isInterruptHigh` tells the level that now holds.
    public func load(_ saved: State) throws(DeviceStateError) {
        guard saved.received.count <= (saved.isFIFOEnabled ? Self.fifoCapacity : 1) else {
            throw .invalidValue(device: name, what: "number of received bytes", found: UInt64(saved.received.count))
        }
        for (what, value, mask) in [
            ("interrupt enable", saved.interruptEnable, InterruptEnable.all),
            ("FIFO control", saved.fifoControl, FIFOControl.enable | FIFOControl.triggerMask),
            ("modem control", saved.modemControl, ModemControl.all),
            ("modem status", saved.modemDeltas, 0x0f),
        ] where value & ~mask != 0 {
            throw .invalidValue(device: name, what: what, found: UInt64(value))
        }
        state = saved
        isInterruptHigh = interruptIdentification & InterruptIdentification.none == 0
    }
}
