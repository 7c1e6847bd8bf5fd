import Devices
import Foundation

// Device states and their records in Schemas/devices.proto. A record is checked here for what a field could not hold,
// and by each device's `load(_:)` for what the device could not be in.

extension DevicesState {
    init(_ record: Palimpsest_Devices_V1_DevicesRecord) throws(DeviceStateError) {
        self.init(
            plic: PLIC.State(record.plic), clint: CLINT.State(record.clint), uart: try UART.State(record.uart),
            rtc: GoldfishRTC.State(record.rtc), power: PowerController.State(record.power))
    }

    var record: Palimpsest_Devices_V1_DevicesRecord {
        .with {
            $0.plic = plic.record
            $0.clint = clint.record
            $0.uart = uart.record
            $0.rtc = rtc.record
            $0.power = power.record
        }
    }
}

extension PLIC.State {
    init(_ record: Palimpsest_Devices_V1_PLICRecord) {
        self.init(contextCount: record.enables.count)
        lines = record.lines
        pending = record.pending
        inService = record.inService
        priorities = Array(record.priorities)
        enables = record.enables
        thresholds = Array(record.thresholds)
    }

    var record: Palimpsest_Devices_V1_PLICRecord {
        .with {
            $0.lines = lines
            $0.pending = pending
            $0.inService = inService
            $0.priorities = Data(priorities)
            $0.enables = enables
            $0.thresholds = Data(thresholds)
        }
    }
}

extension CLINT.State {
    init(_ record: Palimpsest_Devices_V1_CLINTRecord) {
        self.init(hartCount: record.msip.count)
        msip = record.msip
        mtimecmp_ticks = record.mtimecmpTicks
        mtimeOffset_ticks = record.mtimeOffsetTicks
    }

    var record: Palimpsest_Devices_V1_CLINTRecord {
        .with {
            $0.msip = msip
            $0.mtimecmpTicks = mtimecmp_ticks
            $0.mtimeOffsetTicks = mtimeOffset_ticks
        }
    }
}

extension UART.State {
    init(_ record: Palimpsest_Devices_V1_UARTRecord) throws(DeviceStateError) {
        func byte(_ value: UInt32, _ what: String) throws(DeviceStateError) -> UInt8 {
            guard let byte = UInt8(exactly: value) else {
                throw .invalidValue(device: "uart0", what: what, found: UInt64(value))
            }
            return byte
        }
        self.init()
        interruptEnable = try byte(record.interruptEnable, "interrupt enable")
        fifoControl = try byte(record.fifoControl, "FIFO control")
        lineControl = try byte(record.lineControl, "line control")
        modemControl = try byte(record.modemControl, "modem control")
        scratch = try byte(record.scratch, "scratch")
        divisorLow = try byte(record.divisorLow, "divisor")
        divisorHigh = try byte(record.divisorHigh, "divisor")
        modemDeltas = try byte(record.modemDeltas, "modem status")
        received = Array(record.received)
        hasOverrun = record.hasOverrun_p
        isTransmitterEmptyPending = record.isTransmitterEmptyPending
        isSenderWaiting = record.isSenderWaiting
    }

    var record: Palimpsest_Devices_V1_UARTRecord {
        .with {
            $0.interruptEnable = UInt32(interruptEnable)
            $0.fifoControl = UInt32(fifoControl)
            $0.lineControl = UInt32(lineControl)
            $0.modemControl = UInt32(modemControl)
            $0.scratch = UInt32(scratch)
            $0.divisorLow = UInt32(divisorLow)
            $0.divisorHigh = UInt32(divisorHigh)
            $0.modemDeltas = UInt32(modemDeltas)
            $0.received = Data(received)
            $0.hasOverrun_p = hasOverrun
            $0.isTransmitterEmptyPending = isTransmitterEmptyPending
            $0.isSenderWaiting = isSenderWaiting
        }
    }
}

extension GoldfishRTC.State {
    init(_ record: Palimpsest_Devices_V1_RTCRecord) {
        self.init(offset_ns: record.offsetNs)
        latchedTimeHigh = record.latchedTimeHigh
        alarm_ns = record.alarmNs
        isAlarmArmed = record.isAlarmArmed
        isInterruptEnabled = record.isInterruptEnabled
        isInterruptPending = record.isInterruptPending
    }

    var record: Palimpsest_Devices_V1_RTCRecord {
        .with {
            $0.offsetNs = offset_ns
            $0.latchedTimeHigh = latchedTimeHigh
            $0.alarmNs = alarm_ns
            $0.isAlarmArmed = isAlarmArmed
            $0.isInterruptEnabled = isInterruptEnabled
            $0.isInterruptPending = isInterruptPending
        }
    }
}

extension PowerController.State {
    init(_ record: Palimpsest_Devices_V1_PowerRecord) {
        self.init()
        lastCommand = record.lastCommand
    }

    var record: Palimpsest_Devices_V1_PowerRecord { .with { $0.lastCommand = lastCommand } }
}
