import Devices
import Foundation
import GuestMemory
import SwiftProtobuf
import Testing

@testable import Machine

@Suite struct BoardDevicesTests {
    private func makeDevices(harts: Int = 2) -> (BoardDevices, ManualClock) {
        let clock = ManualClock()
        return (BoardDevices(hartCount: harts, clock: clock, baseTime_ns: 1_000_000_000), clock)
    }

    /// Devices in a state where no field has its default, so that one that a record forgets is noticed.
    private func busyDevices() -> (BoardDevices, ManualClock) {
        let (devices, clock) = makeDevices()
        func write(_ base: GuestPhysicalAddress, _ offset: UInt64, _ value: UInt64, size: Int = 4) {
            #expect(devices.bus.write(address: base + offset, size: size, value: value))
        }
        clock.now_ticks = 1234
        for (source, context): (UInt64, UInt64) in [(10, 1), (11, 3)] {
            write(Board.plicBase, 4 * source, source % 7 + 1)
            write(Board.plicBase, 0x2000 + 0x80 * context, 1 << source)
            write(Board.plicBase, 0x20_0000 + 0x1000 * context, context)
        }
        write(Board.clintBase, 4, 1)
        write(Board.clintBase, 0x4000, 99_999, size: 8)
        write(Board.clintBase, 0xbff8, 5, size: 8)
        for (register, value): (UInt64, UInt64) in [
            (3, 0x83), (0, 0x11), (1, 0x22), (3, 0x03), (2, 0x81), (7, 0x5a), (4, 0x1a), (1, 0x0f),
        ] { write(Board.uartBase, register, value, size: 1) }
        for byte in 0..<17 { write(Board.uartBase, 0, UInt64(byte), size: 1) }
        #expect(!devices.uart.receive(1))
        write(Board.rtcBase, 0x10, 1)
        write(Board.rtcBase, 0x0c, 0)
        write(Board.rtcBase, 0x08, 1)
        write(Board.rtcBase, 0x0c, 1)
        write(Board.rtcBase, 0x08, 7)
        write(Board.rtcBase, 0x04, 0x1_0000_0003)
        _ = devices.bus.read(address: Board.rtcBase, size: 4)
        #expect(devices.bus.read(address: Board.plicBase + 0x20_1004, size: 4) == 10)
        write(Board.powerBase, 0, 0x0007_3333)
        return (devices, clock)
    }

    @Test func interruptsTravelFromDeviceToContext() {
        let (devices, _) = makeDevices()
        var contexts: [String] = []
        devices.plic.onContextChange = { contexts.append("\($0)\($1 ? "+" : "-")") }
        let context = UInt64(Board.supervisorContext(hart: 1))
        #expect(devices.bus.write(address: Board.plicBase + 40, size: 4, value: 1))
        #expect(devices.bus.write(address: Board.plicBase + 0x2000 + 0x80 * context, size: 4, value: 1 << 10))
        #expect(devices.bus.write(address: Board.uartBase + 1, size: 1, value: 1))
        #expect(devices.uart.receive(0x41))
        #expect(contexts == ["3+"])
        #expect(devices.bus.read(address: Board.plicBase + 0x20_0004 + 0x1000 * context, size: 4) == 10)
        #expect(devices.bus.read(address: Board.uartBase, size: 1) == 0x41)
        #expect(devices.bus.write(address: Board.plicBase + 0x20_0004 + 0x1000 * context, size: 4, value: 10))
        #expect(contexts == ["3+", "3-"])
        #expect(devices.plic.save().lines == 0)
    }

    @Test func alarmIsADeadline() {
        let (devices, clock) = makeDevices()
        #expect(devices.nextDeadline_ticks == nil)
        #expect(devices.bus.write(address: Board.rtcBase + 0x10, size: 4, value: 1))
        #expect(devices.bus.write(address: Board.rtcBase + 0x08, size: 4, value: 1_000_000_500))
        #expect(devices.nextDeadline_ticks == 5)
        clock.now_ticks = 5
        devices.advance()
        #expect(devices.nextDeadline_ticks == nil)
        #expect(devices.plic.save().lines == 1 << 11)
    }

    @Test func devicesLieWhereTheDeviceTreeSays() {
        let (devices, _) = makeDevices()
        #expect(
            devices.bus.regions.map { "\($0.device.name) \($0.base) \($0.device.size)" } == [
                "power 0x100000 4096", "rtc 0x101000 4096", "clint 0x2000000 65536", "plic 0xc000000 6291456",
                "uart0 0x10000000 256",
            ])
        #expect(devices.bus.read(address: GuestPhysicalAddress(0), size: 4) == nil)
        #expect(devices.bus.read(address: Board.memoryBase, size: 4) == nil)
    }

    @Test func stateSurvivesItsRecord() throws {
        let (devices, clock) = busyDevices()
        let saved = devices.save()
        let bytes: Data = try saved.record.serializedBytes()
        let decoded = try DevicesState(Palimpsest_Devices_V1_DevicesRecord(serializedBytes: bytes))
        #expect(decoded == saved)

        let other = BoardDevices(hartCount: 2, clock: clock, baseTime_ns: 0)
        try other.load(decoded)
        #expect(other.save() == saved)
        #expect(other.plic.pendingContexts == devices.plic.pendingContexts)
        #expect(other.uart.isInterruptHigh == devices.uart.isInterruptHigh)
        #expect(throws: DeviceStateError.self) {
            try BoardDevices(hartCount: 4, clock: clock, baseTime_ns: 0).load(decoded)
        }
    }

    /// A record of busy devices has every field of the schema set: nothing rests on a default that a forgotten field
    /// would have as well.
    @Test func recordHasEveryField() throws {
        let json = try busyDevices().0.save().record.jsonString()
        let object = try #require(try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: [String: Any]])
        #expect(object.mapValues(\.count) == ["plic": 6, "clint": 3, "uart": 12, "rtc": 6, "power": 1])
    }

    @Test func recordThatFitsNoRegisterIsRefused() {
        var record = makeDevices().0.save().record
        record.uart.scratch = 256
        #expect(throws: DeviceStateError.invalidValue(device: "uart0", what: "scratch", found: 256)) {
            try DevicesState(record)
        }
    }
}
