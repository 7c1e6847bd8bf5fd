// PC16550D data sheet, section 8 "Registers". Bit names are the data sheet's.

extension UART {
    enum InterruptEnable {
        static let receivedData: UInt8 = 1 << 0
        static let transmitterEmpty: UInt8 = 1 << 1
        static let lineStatus: UInt8 = 1 << 2
        static let modemStatus: UInt8 = 1 << 3
        static let all: UInt8 = 0x0f
    }

    enum InterruptIdentification {
        /// Bit 0 set: no interrupt waits.
        static let none: UInt8 = 0x01
        static let modemStatus: UInt8 = 0x00
        static let transmitterEmpty: UInt8 = 0x02
        static let receivedData: UInt8 = 0x04
        static let lineStatus: UInt8 = 0x06
        static let receiveTimeout: UInt8 = 0x0c
        static let fifosEnabled: UInt8 = 0xc0
    }

    enum FIFOControl {
        static let enable: UInt8 = 1 << 0
        static let clearReceiver: UInt8 = 1 << 1
        static let triggerMask: UInt8 = 0xc0
    }

    enum LineControl {
        static let divisorLatchAccess: UInt8 = 1 << 7
    }

    enum ModemControl {
        static let dtr: UInt8 = 1 << 0
        static let rts: UInt8 = 1 << 1
        static let out1: UInt8 = 1 << 2
        static let out2: UInt8 = 1 << 3
        static let loopback: UInt8 = 1 << 4
        static let all: UInt8 = 0x1f
    }

    enum LineStatus {
        static let dataReady: UInt8 = 1 << 0
        static let overrun: UInt8 = 1 << 1
        /// The transmitter's holding and shift registers are empty: always, see `UART`.
        static let transmitterIdle: UInt8 = 1 << 5 | 1 << 6
    }

    enum ModemStatus {
        static let deltaCTS: UInt8 = 1 << 0
        static let deltaDSR: UInt8 = 1 << 1
        static let trailingRI: UInt8 = 1 << 2
        static let deltaDCD: UInt8 = 1 << 3
        static let cts: UInt8 = 1 << 4
        static let dsr: UInt8 = 1 << 5
        static let ri: UInt8 = 1 << 6
        static let dcd: UInt8 = 1 << 7
    }

    func readRegister(_ register: Int) -> UInt8 {
        switch register {
        case 0: state.isDivisorLatchOpen ? state.divisorLow : takeReceived()
        case 1: state.isDivisorLatchOpen ? state.divisorHigh : state.interruptEnable
        case 2: readInterruptIdentification()
        case 3: state.lineControl
        case 4: state.modemControl
        case 5: readLineStatus()
        case 6: readModemStatus()
        default: state.scratch
        }
    }

    func writeRegister(_ register: Int, _ value: UInt8) {
        switch register {
        case 0:
            if state.isDivisorLatchOpen { state.divisorLow = value } else { transmit(value) }
        case 1:
            if state.isDivisorLatchOpen { state.divisorHigh = value } else { writeInterruptEnable(value) }
        case 2: writeFIFOControl(value)
        case 3: state.lineControl = value
        case 4: writeModemControl(value)
        case 7: state.scratch = value
        default: break  // line and modem status are read only
        }
    }

    /// The identification of the most urgent interrupt (table IV), without the FIFO bits.
    var interruptIdentification: UInt8 {
        let enabled = state.interruptEnable
        if enabled & InterruptEnable.lineStatus != 0 && state.hasOverrun {
            return InterruptIdentification.lineStatus
        }
        if enabled & InterruptEnable.receivedData != 0 && !state.received.isEmpty {
            return state.received.count >= state.triggerLevel
                ? InterruptIdentification.receivedData : InterruptIdentification.receiveTimeout
        }
        if enabled & InterruptEnable.transmitterEmpty != 0 && state.isTransmitterEmptyPending {
            return InterruptIdentification.transmitterEmpty
        }
        if enabled & InterruptEnable.modemStatus != 0 && state.modemDeltas != 0 {
            return InterruptIdentification.modemStatus
        }
        return InterruptIdentification.none
    }

    private func readInterruptIdentification() -> UInt8 {
        let identification = interruptIdentification
        if identification == InterruptIdentification.transmitterEmpty {
            // Reading it is one of the two ways to answer this interrupt; the other is to write a byte.
            state.isTransmitterEmptyPending = false
        }
        return identification | (state.isFIFOEnabled ? InterruptIdentification.fifosEnabled : 0)
    }

    private func takeReceived() -> UInt8 {
        state.received.isEmpty ? 0 : state.received.removeFirst()
    }

    private func transmit(_ byte: UInt8) {
        if state.isLoopback {
            receiveLoopedBack(byte)
        } else {
            onTransmit(byte)
        }
        // The byte is gone already, so the holding register has become empty again.
        state.isTransmitterEmptyPending = true
    }

    /// The receiver's own end of loopback mode; here a full receiver loses the byte and says so, as drivers that measure
    /// the FIFO expect.
    private func receiveLoopedBack(_ byte: UInt8) {
        if state.received.count < (state.isFIFOEnabled ? Self.fifoCapacity : 1) {
            state.received.append(byte)
        } else {
            state.hasOverrun = true
            // Without FIFO the newer byte replaces the older; with it the FIFO keeps what it has.
            if !state.isFIFOEnabled { state.received[0] = byte }
        }
    }

    private func writeInterruptEnable(_ value: UInt8) {
        let rose = value & ~state.interruptEnable
        state.interruptEnable = value & InterruptEnable.all
        // Enabling the interrupt while the holding register is empty raises it, which Linux's 8250 driver tests for.
        if rose & InterruptEnable.transmitterEmpty != 0 { state.isTransmitterEmptyPending = true }
    }

    private func writeFIFOControl(_ value: UInt8) {
        let enable = value & FIFOControl.enable != 0
        // The other bits are only programmed together with the enable bit; changing it empties the FIFOs.
        if enable != state.isFIFOEnabled || (enable && value & FIFOControl.clearReceiver != 0) {
            state.received.removeAll()
        }
        state.fifoControl = enable ? value & (FIFOControl.enable | FIFOControl.triggerMask) : 0
    }

    private func readLineStatus() -> UInt8 {
        var status = LineStatus.transmitterIdle
        if !state.received.isEmpty { status |= LineStatus.dataReady }
        if state.hasOverrun { status |= LineStatus.overrun }
        state.hasOverrun = false
        return status
    }

    private func writeModemControl(_ value: UInt8) {
        let before = state.modemLines
        state.modemControl = value & ModemControl.all
        let after = state.modemLines
        let changed = before ^ after
        if changed & ModemStatus.cts != 0 { state.modemDeltas |= ModemStatus.deltaCTS }
        if changed & ModemStatus.dsr != 0 { state.modemDeltas |= ModemStatus.deltaDSR }
        if changed & before & ModemStatus.ri != 0 { state.modemDeltas |= ModemStatus.trailingRI }
        if changed & ModemStatus.dcd != 0 { state.modemDeltas |= ModemStatus.deltaDCD }
    }

    private func readModemStatus() -> UInt8 {
        let status = state.modemLines | state.modemDeltas
        state.modemDeltas = 0
        return status
    }
}
