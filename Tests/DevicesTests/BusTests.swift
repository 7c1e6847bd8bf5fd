import GuestMemory
import Testing

@testable import Devices

/// Sixteen bytes of registers that note every access.
private final class Recorder: MMIODevice {
    let name: String
    let size: UInt64
    var accesses: [String] = []

    init(_ name: String, size: UInt64 = 16) {
        self.name = name
        self.size = size
    }

    func read(offset: UInt64, size: Int) -> UInt64 {
        accesses.append("r\(size)@\(offset)")
        return 0x1122_3344_5566_7788
    }

    func write(offset: UInt64, value: UInt64, size: Int) {
        accesses.append("w\(size)@\(offset)=\(value)")
    }
}

@Suite struct BusTests {
    @Test func accessReachesTheDeviceAtItsOffset() throws {
        let bus = Bus()
        let low = Recorder("low")
        let high = Recorder("high")
        try bus.attach(high, at: GuestPhysicalAddress(0x2000))
        try bus.attach(low, at: GuestPhysicalAddress(0x1000))
        #expect(bus.regions.map(\.device.name) == ["low", "high"])

        #expect(bus.read(address: GuestPhysicalAddress(0x1004), size: 4) == 0x5566_7788)
        #expect(bus.read(address: GuestPhysicalAddress(0x200f), size: 1) == 0x88)
        #expect(bus.write(address: GuestPhysicalAddress(0x2008), size: 2, value: 0xabcd_ef01))
        #expect(low.accesses == ["r4@4"])
        #expect(high.accesses == ["r1@15", "w2@8=\(0xef01)"])
    }

    @Test func accessesThatNoDeviceAnswersAreFaults() throws {
        let bus = Bus()
        let device = Recorder("device")
        try bus.attach(device, at: GuestPhysicalAddress(0x1000))
        for (address, size): (UInt64, Int) in [
            (0, 4), (0xffc, 4), (0x1010, 1), (0x1002, 4), (0x1001, 2), (0x1000, 3), (0x1000, 0), (0x1000, -1),
            (0x1000, 16), (.max, 1), (.max - 7, 8),
        ] {
            #expect(bus.read(address: GuestPhysicalAddress(address), size: size) == nil)
            #expect(!bus.write(address: GuestPhysicalAddress(address), size: size, value: 0))
        }
        #expect(device.accesses.isEmpty)
    }

    @Test func accessPastADeviceOfOddSizeIsAFault() throws {
        let bus = Bus()
        try bus.attach(Recorder("device", size: 6), at: GuestPhysicalAddress(0x1000))
        #expect(bus.read(address: GuestPhysicalAddress(0x1004), size: 2) != nil)
        #expect(bus.read(address: GuestPhysicalAddress(0x1004), size: 4) == nil)
    }

    @Test func devicesMayTouchButNotOverlap() throws {
        let bus = Bus()
        try bus.attach(Recorder("a"), at: GuestPhysicalAddress(0x1000))
        try bus.attach(Recorder("b"), at: GuestPhysicalAddress(0x1010))
        #expect(
            throws: Bus.AttachError.overlap(device: "c", other: "a", base: GuestPhysicalAddress(0xff1))
        ) { try bus.attach(Recorder("c"), at: GuestPhysicalAddress(0xff1)) }
        #expect(throws: Bus.AttachError.outsideAddressSpace(device: "d", base: GuestPhysicalAddress(.max - 3))) {
            try bus.attach(Recorder("d"), at: GuestPhysicalAddress(.max - 3))
        }
        #expect(throws: Bus.AttachError.self) { try bus.attach(Recorder("e", size: 0), at: GuestPhysicalAddress(0)) }
    }
}

/// A clock that a test turns by hand.
final class ManualClock: VirtualClock {
    var now_ticks: UInt64 = 0
}

/// Seeded numbers for fuzzing a device (SplitMix64).
struct SeededNumbers: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ z >> 30) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ z >> 27) &* 0x94d0_49bb_1331_11eb
        return z ^ z >> 31
    }
}

/// Every width at seeded offsets, most of them among the registers in `hot`: what a hostile guest could do.
func fuzz(_ device: any MMIODevice, hot: [UInt64], seed: UInt64, accesses: Int = 100_000, between: () -> Void = {}) {
    var numbers = SeededNumbers(state: seed)
    for _ in 0..<accesses {
        let size = [1, 2, 4, 8].randomElement(using: &numbers)!
        var offset =
            Bool.random(using: &numbers)
            ? hot.randomElement(using: &numbers)! &+ UInt64.random(in: 0...8, using: &numbers)
            : UInt64.random(in: 0..<device.size, using: &numbers)
        offset = min(offset, device.size - UInt64(size)) & ~UInt64(size - 1)
        if Bool.random(using: &numbers) {
            _ = device.read(offset: offset, size: size)
        } else {
            let value = Bool.random(using: &numbers) ? numbers.next() : numbers.next() & 0xff
            device.write(offset: offset, value: value, size: size)
        }
        between()
    }
}
