import Testing

@testable import Devices

/// A port driven through its registers, with what it sends and its interrupt line recorded.
private final class Port {
    let uart = UART()
    var sent: [UInt8] = []
    var line = ""

    init() {
        uart.onTransmit = { [unowned self] in sent.append($0) }
        uart.onInterruptChange = { [unowned self] in line += $0 ? "+" : "-" }
    }

    subscript(_ register: UInt64) -> UInt8 {
        get { UInt8(uart.read(offset: register, size: 1)) }
        set { uart.write(offset: register, value: UInt64(newValue), size: 1) }
    }
}

private let data: UInt64 = 0
private let ier: UInt64 = 1
private let iir: UInt64 = 2
private let fcr: UInt64 = 2
private let lcr: UInt64 = 3
private let mcr: UInt64 = 4
private let lsr: UInt64 = 5
private let msr: UInt64 = 6
private let scr: UInt64 = 7

@Suite struct UARTTests {
    @Test func transmitterSendsAtOnceAndIsAlwaysEmpty() {
        let port = Port()
        for byte in "hello\n".utf8 { port[data] = byte }
        #expect(port.sent == Array("hello\n".utf8))
        #expect(port[lsr] == 0x60)
        #expect(port.line.isEmpty)
    }

    @Test func divisorLatchHidesDataAndInterruptEnable() {
        let port = Port()
        port[ier] = 0xff
        port[lcr] = 0x83
        port[0] = 0x12
        port[1] = 0x34
        #expect(port[0] == 0x12)
        #expect(port[1] == 0x34)
        port[lcr] = 0x03
        #expect(port[ier] == 0x0f)
        #expect(port.sent.isEmpty)
        #expect(port[lcr] == 0x03)
    }

    /// The transmitter-empty interrupt: raised by enabling it and by each byte sent, answered by reading IIR. Linux's
    /// serial8250_do_startup tests for exactly this before it trusts the interrupt.
    @Test func transmitterEmptyInterrupt() {
        let port = Port()
        port[ier] = 0x02
        #expect(port.line == "+")
        #expect(port[iir] == 0x02)
        #expect(port.line == "+-")
        #expect(port[iir] == 0x01)
        port[ier] = 0
        port[ier] = 0x02
        #expect(port[iir] == 0x02)
        port[data] = 0x41
        #expect(port.line == "+-+-+")
        #expect(port[iir] == 0x02)
        // Reading IIR for a more urgent reason does not answer it.
        port[data] = 0x42
        port[ier] = 0x03
        #expect(port.uart.receive(0x61))
        #expect(port[iir] == 0x04)
        #expect(port[data] == 0x61)
        #expect(port[iir] == 0x02)
    }

    @Test func receivedDataInterruptFollowsTheTriggerLevel() {
        let port = Port()
        port[fcr] = 0x81  // FIFO on, trigger 8
        port[ier] = 0x01
        for byte: UInt8 in 1...7 { #expect(port.uart.receive(byte)) }
        #expect(port[iir] == 0xcc)
        #expect(port.uart.receive(8))
        #expect(port[iir] == 0xc4)
        #expect(port[lsr] == 0x61)
        #expect((1...8).map { _ in port[data] } == [1, 2, 3, 4, 5, 6, 7, 8])
        #expect(port[lsr] == 0x60)
        #expect(port[iir] == 0xc1)
        #expect(port.line == "+-")
        #expect(port[data] == 0)
    }

    @Test func fullReceiverRefusesAndTellsWhenThereIsRoom() {
        let port = Port()
        var rooms = 0
        port.uart.onReceiveRoom = { rooms += 1 }
        #expect(port.uart.receive(1))
        #expect(!port.uart.canReceive)
        #expect(!port.uart.receive(2))
        #expect(rooms == 0)
        #expect(port[data] == 1)
        #expect(rooms == 1)
        port[fcr] = 0x01
        for byte: UInt8 in 0..<16 { #expect(port.uart.receive(byte)) }
        #expect(!port.uart.receive(16))
        #expect(port[data] == 0)
        #expect(rooms == 2)
        #expect(port[data] == 1)
        #expect(rooms == 2)
        #expect(port[lsr] & 0x02 == 0)
    }

    @Test func fifoControl() {
        let port = Port()
        port[fcr] = 0xc1
        #expect(port[iir] == 0xc1)
        for byte: UInt8 in 0..<4 { #expect(port.uart.receive(byte)) }
        port[fcr] = 0xc3
        #expect(port[lsr] == 0x60)
        #expect(port.uart.receive(9))
        port[fcr] = 0xc0  // without the enable bit: FIFO off, and emptied by the change
        #expect(port[iir] == 0x01)
        #expect(port[lsr] == 0x60)
    }

    /// What Linux's autoconfig does to find a 16550A: IER keeps four bits, loopback moves MCR's outputs to MSR, IIR
    /// shows the FIFO.
    @Test func linuxAutoconfiguration() {
        let port = Port()
        port[ier] = 0
        #expect(port[ier] & 0x0f == 0)
        port[ier] = 0x0f
        #expect(port[ier] & 0x0f == 0x0f)
        port[ier] = 0
        port[mcr] = 0x1a
        #expect(port[msr] & 0xf0 == 0x90)
        port[mcr] = 0
        port[lcr] = 0xbf
        port[lcr] = 0
        port[fcr] = 0x01
        #expect(port[iir] >> 6 == 3)
        // Not a 16750, whose IIR would show a 64-byte FIFO.
        port[lcr] = 0x80
        port[fcr] = 0x21
        port[lcr] = 0
        #expect(port[iir] >> 5 == 6)
        port[ier] = 0x40  // nor an XScale, which keeps the UUE bit
        #expect(port[ier] == 0)
        port[scr] = 0xa5
        #expect(port[scr] == 0xa5)
    }

    /// Linux's size_fifo: 256 bytes into the loop, then count what comes out.
    @Test func fifoSizeInLoopback() {
        let port = Port()
        port[fcr] = 0x07
        port[mcr] = 0x10
        for byte in 0..<256 { port[data] = UInt8(byte) }
        #expect(port[lsr] & 0x02 != 0)
        var bytes: [UInt8] = []
        while port[lsr] & 0x01 != 0 && bytes.count < 256 { bytes.append(port[data]) }
        #expect(bytes == Array(0..<16))
        #expect(port.sent.isEmpty)
    }

    @Test func loopbackCutsOffTheOutside() {
        let port = Port()
        var rooms = 0
        port.uart.onReceiveRoom = { rooms += 1 }
        port[mcr] = 0x10
        #expect(!port.uart.receive(1))
        port[data] = 7
        port[data] = 8  // no FIFO: the newer byte replaces the older
        port[ier] = 0x04
        #expect(port[iir] == 0x06)
        #expect(port[lsr] == 0x63)
        #expect(port[iir] == 0x01)
        #expect(port[data] == 8)
        #expect(rooms == 0)
        port[mcr] = 0
        #expect(rooms == 1)
        #expect(port.uart.receive(1))
    }

    @Test func modemStatusChanges() {
        let port = Port()
        #expect(port[msr] == 0xb0)
        port[ier] = 0x08
        port[mcr] = 0x14  // loop with OUT1: RI rises, which is no event; CTS, DSR and DCD fall
        #expect(port.line == "+")
        #expect(port[iir] == 0x00)
        #expect(port[msr] == 0x4b)
        #expect(port.line == "+-")
        #expect(port[msr] == 0x40)
        port[mcr] = 0
        #expect(port[msr] == 0xbf)
    }

    @Test func widerAndFartherAccesses() {
        let port = Port()
        port.uart.write(offset: 0, value: 0x4443_4241, size: 4)
        #expect(port.sent == [0x41])
        #expect(port.uart.read(offset: 5, size: 8) == 0x60)
        port.uart.write(offset: 8, value: 0xff, size: 1)
        #expect(port.uart.read(offset: 8, size: 8) == 0)
        #expect(port.uart.read(offset: 0xff, size: 1) == 0)
    }

    @Test func stateRoundTrips() throws {
        let port = Port()
        port[fcr] = 0x41
        port[ier] = 0x0f
        port[scr] = 3
        port[lcr] = 0x83
        port[0] = 9
        for byte: UInt8 in 0..<16 { #expect(port.uart.receive(byte)) }
        #expect(!port.uart.receive(16))
        let other = Port()
        try other.uart.load(port.uart.save())
        #expect(other.uart.save() == port.uart.save())
        #expect(other.uart.isInterruptHigh)
        #expect(other.line.isEmpty)
        var rooms = 0
        other.uart.onReceiveRoom = { rooms += 1 }
        other[lcr] = 0x03
        #expect((0..<16).map { _ in other[data] } == Array(0..<16))
        #expect(rooms == 1)
        #expect(other[iir] == 0xc2)
    }

    @Test func impossibleStateIsRefused() {
        let uart = UART()
        var state = uart.save()
        state.received = [1, 2]
        #expect(throws: DeviceStateError.self) { try uart.load(state) }
        state = uart.save()
        state.interruptEnable = 0x80
        #expect(throws: DeviceStateError.self) { try uart.load(state) }
        #expect(uart.save() == UART().save())
    }

    @Test func hostileAccesses() throws {
        let port = Port()
        var numbers = SeededNumbers(state: 5)
        var level = false
        port.uart.onInterruptChange = {
            #expect($0 != level)
            level = $0
        }
        fuzz(port.uart, hot: [0], seed: 4) {
            if Int.random(in: 0..<4, using: &numbers) == 0 { _ = port.uart.receive(7) }
            #expect(port.uart.save().received.count <= 16)
        }
        #expect(level == port.uart.isInterruptHigh)
        try UART().load(port.uart.save())
    }
}
