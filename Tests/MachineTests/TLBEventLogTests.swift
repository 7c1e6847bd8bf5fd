import GuestMemory
import Machine
import RISCV
import Testing

/// TLB events as bytes (docs/format.md, "TLB events").
@Suite struct TLBEventLogTests {
    /// SplitMix64.
    private struct Numbers {
        var state: UInt64
        mutating func next(below bound: UInt64 = .max) -> UInt64 {
            state &+= 0x9e37_79b9_7f4a_7c15
            var z = state
            z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
            z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
            return (z ^ (z >> 31)) % bound
        }
    }

    /// Events as a kernel makes them, in loops over tables, and some that nobody could foretell.
    private func events(seed: UInt64, count: Int) -> [TLBEvent] {
        var numbers = Numbers(state: seed)
        var icount: UInt64 = 0
        return (0..<count).map { index in
            icount &+= numbers.next(below: 100)
            let kind = TLBEvent.Kind(rawValue: UInt8(numbers.next(below: 5)))!
            let isWild = numbers.next(below: 10) == 0
            let entry = isWild ? numbers.next() & ~7 : 0x8020_0000 + UInt64(index) * 8
            let hasOld = kind == .entry || kind == .root
            return TLBEvent(
                kind: kind, icount: icount, hart: UInt8(numbers.next(below: 8)),
                pc: isWild ? numbers.next() : 0xffff_ffff_8000_0000 + numbers.next(below: 9) * 4,
                entryAddress: GuestPhysicalAddress(kind == .root ? 0 : entry),
                levels: kind == .root ? 0 : UInt8(1 + numbers.next(below: 15)),
                oldValue: hasOld ? (isWild ? numbers.next() : 0) : 0,
                newValue: kind == .unfollow ? 0 : (isWild ? numbers.next() : 0x2000_0cf + UInt64(index) << 10),
                droppedCount: UInt32(numbers.next(below: 3)))
        }
    }

    @Test(arguments: 0..<20 as Range<UInt64>) func eventsComeBack(seed: UInt64) throws {
        let events = events(seed: seed, count: Int(seed * seed * 3))
        #expect(try TLBEventLog.decode(TLBEventLog.encode(events)) == events)
    }

    /// A loop that fills a table costs little more than the differences of icount.
    @Test func loopsAreCheap() throws {
        let events = (0..<512 as Range<UInt64>).map { index in
            TLBEvent(
                kind: .entry, icount: 1000 + index * 20, hart: 0, pc: 0xffff_ffff_8026_4af2,
                entryAddress: GuestPhysicalAddress(0x8020_0000 + index * 8), levels: 1, oldValue: 0,
                newValue: 0x2000_00cf + index << 10, droppedCount: 0)
        }
        // Eight columns; the new value's difference of 1 << 10 takes two bytes.
        #expect(TLBEventLog.encode(events).count < 512 * 9 + 64)
    }

    /// Bytes from a store that somebody altered: an error or other events, never a crash or a flood.
    @Test func alteredBytesAreHarmless() {
        let bytes = TLBEventLog.encode(events(seed: 5, count: 60))
        for length in 0..<bytes.count where length > 0 {
            #expect(throws: MachineStateError.self) { try TLBEventLog.decode(Array(bytes.prefix(length))) }
        }
        var numbers = Numbers(state: 9)
        for _ in 0..<3000 {
            var altered = bytes
            for _ in 0...numbers.next(below: 4) {
                altered[Int(numbers.next(below: UInt64(altered.count)))] = UInt8(numbers.next(below: 256))
            }
            if let events = try? TLBEventLog.decode(altered) { #expect(events.count <= altered.count) }
        }
        #expect(throws: MachineStateError.self) { try TLBEventLog.decode([2, 0xff, 0xff, 0xff, 0xff, 0x0f, 0]) }
    }

    /// What the first version wrote for one event: {1: [500], 2: "\0", 3: [0x10040200], 4: "\x01", 5: [0], 6: [207], 7: [0]}.
    @Test func theFirstVersionIsRead() throws {
        let bytes: [UInt8] = [
            0x0a, 2, 0xf4, 3, 0x12, 1, 0, 0x1a, 5, 0x80, 0x88, 0x90, 0x80, 2, 0x22, 1, 1, 0x2a, 1, 0, 0x32, 2, 0xcf, 1,
            0x3a, 1, 0,
        ]
        let events = try TLBEventLog.decode(bytes)
        #expect(events.count == 1)
        #expect(events.first?.icount == 500 && events.first?.newValue == 207 && events.first?.kind == .entry)
        #expect(events.first?.levels == 1 && events.first?.pc == 0)
    }
}
