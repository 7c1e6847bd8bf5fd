import Foundation
import GuestMemory
import RISCV

/// The TLB events of an epoch as bytes, by column (patents.md, requirement 29; docs/format.md, "TLB events").
///
/// What can be foretold costs a zero: an entry's old value from the event before it on that entry, the place and the new
/// value from the event before it at that pc, for a kernel fills and empties tables in loops.
public enum TLBEventLog {
    /// The first byte; no protobuf message begins with it.
    private static let version: UInt8 = 2

    public static func encode(_ events: [TLBEvent]) -> [UInt8] {
        if events.isEmpty { return [] }
        var forecast = Forecast(eventCount: events.count)
        var pcs: [UInt64: Int] = [:]
        var pcList: [UInt8] = []
        var previousPC: UInt64 = 0
        var icount: UInt64 = 0
        var columns = [[UInt8]](repeating: [], count: Column.allCases.count)
        for event in events {
            let index = pcs[event.pc] ?? pcs.count
            if index == pcs.count {
                pcs[event.pc] = index
                pcList.appendDifference(event.pc, from: previousPC)
                previousPC = event.pc
            }
            columns[Column.pc.rawValue].appendVarint(UInt64(index))
            columns[Column.icount.rawValue].appendVarint(event.icount &- icount)
            icount = event.icount
            columns[Column.kindAndLevels.rawValue].append(event.kind.rawValue << 4 | event.levels)
            columns[Column.hart.rawValue].append(event.hart)
            columns[Column.dropped.rawValue].appendVarint(UInt64(event.droppedCount))
            let expected = forecast.expected(event.kind, pc: index)
            let place = event.entryAddress.rawValue >> 3
            if event.kind != .root { columns[Column.entry.rawValue].appendDifference(place, from: expected.place) }
            if event.kind == .follow || event.kind == .found {
                columns[Column.newValue.rawValue].appendDifference(event.newValue, from: expected.newValue)
            } else if event.kind != .unfollow {
                let old = forecast.oldValue(event.kind, place: place, hart: event.hart)
                columns[Column.oldValue.rawValue].appendDifference(event.oldValue, from: old)
                columns[Column.newValue.rawValue].appendDifference(event.newValue, from: expected.newValue)
            }
            forecast.note(event.kind, pc: index, hart: event.hart, place: place, newValue: event.newValue)
        }
        var bytes: [UInt8] = [version]
        bytes.appendVarint(UInt64(events.count))
        bytes.appendVarint(UInt64(pcs.count))
        bytes += pcList
        for column in columns { bytes += column }
        return bytes
    }

    /// - Throws: `MachineStateError.malformed`.
    public static func decode(_ bytes: [UInt8]) throws -> [TLBEvent] {
        guard let first = bytes.first else { return [] }
        if first != version { return try decodeVersion1(bytes) }
        guard
            let events = Decoder(bytes).flatMap({ decoder -> [TLBEvent]? in
                var decoder = decoder
                return decoder.decode()
            })
        else { throw MachineStateError.malformed("the TLB events") }
        return events
    }

    /// In the order in which they are written, each complete before the next.
    private enum Column: Int, CaseIterable { case pc, icount, kindAndLevels, hart, dropped, entry, oldValue, newValue }

    /// What the events so far say about the next.
    private struct Forecast {
        private var byPC: [(place: UInt64, newValue: UInt64)?]
        private var values: PlaceTable
        private var roots = [UInt64](repeating: 0, count: 256)
        private var lastPlace: UInt64 = 0
        private var lastFound: UInt64 = 0

        init(eventCount: Int) {
            byPC = []
            values = PlaceTable(countMax: eventCount)
        }

        mutating func expected(_ kind: TLBEvent.Kind, pc: Int) -> (place: UInt64, newValue: UInt64) {
            while byPC.count <= pc { byPC.append(nil) }
            return switch kind {
            case .entry, .root: byPC[pc] ?? (lastPlace, 0)
            case .found: (lastPlace, lastFound)
            case .follow, .unfollow: (lastPlace, 0)
            }
        }

        func oldValue(_ kind: TLBEvent.Kind, place: UInt64, hart: UInt8) -> UInt64 {
            kind == .root ? roots[Int(hart)] : values[place]
        }

        mutating func note(_ kind: TLBEvent.Kind, pc: Int, hart: UInt8, place: UInt64, newValue: UInt64) {
            switch kind {
            case .entry:
                byPC[pc] = (place, newValue)
                values[place] = newValue
                lastPlace = place
            case .root:
                byPC[pc] = (lastPlace, newValue)
                roots[Int(hart)] = newValue
            case .found:
                values[place] = newValue
                lastPlace = place
                lastFound = newValue
            case .follow, .unfollow: lastPlace = place
            }
        }
    }

    /// The last value of each place; 0 where none is known. Open addressing in plain memory: it is asked for every event.
    private struct PlaceTable {
        private var slots: [(place: UInt64, value: UInt64)]
        private let mask: Int

        /// - Parameter countMax: no more places than this.
        init(countMax: Int) {
            var capacity = 16
            while capacity < countMax * 2 { capacity *= 2 }
            // A place is an address / 8, so that this one is none.
            slots = Array(repeating: (.max, 0), count: capacity)
            mask = capacity - 1
        }

        private func slot(_ place: UInt64) -> Int {
            var slot = Int(truncatingIfNeeded: (place &* 0x9e37_79b9_7f4a_7c15) >> 20) & mask
            while slots[slot].place != place, slots[slot].place != .max { slot = (slot + 1) & mask }
            return slot
        }

        subscript(place: UInt64) -> UInt64 {
            get { slots[slot(place)].value }
            set { slots[slot(place)] = (place, newValue) }
        }
    }

    private struct Decoder {
        private var reader: VarintReader
        private let pcs: [UInt64]
        private var pcNumbers: [Int] = []
        private let count: Int

        init?(_ bytes: [UInt8]) {
            reader = VarintReader(bytes)
            _ = reader.readByte()
            // Every event takes five bytes at least, so that no count makes us ask for more memory than there are bytes.
            guard let count = reader.read(), let pcCount = reader.read(), count <= UInt64(bytes.count / 5),
                pcCount <= count
            else { return nil }
            self.count = Int(count)
            var pcs: [UInt64] = []
            for _ in 0..<pcCount {
                guard let pc = reader.read(differenceFrom: pcs.last ?? 0) else { return nil }
                pcs.append(pc)
            }
            self.pcs = pcs
        }

        /// nil when malformed.
        mutating func decode() -> [TLBEvent]? {
            var events = [TLBEvent](
                repeating: TLBEvent(
                    kind: .entry, icount: 0, hart: 0, pc: 0, entryAddress: GuestPhysicalAddress(0), levels: 0,
                    oldValue: 0, newValue: 0, droppedCount: 0), count: count)
            guard readFixedColumns(&events), let places = readColumn({ $0.kind != .root }, events),
                let olds = readColumn({ $0.kind == .entry || $0.kind == .root }, events),
                let news = readColumn({ $0.kind != .unfollow }, events), reader.isAtEnd
            else { return nil }
            restore(&events, places: places, olds: olds, news: news)
            return events
        }

        private mutating func readFixedColumns(_ events: inout [TLBEvent]) -> Bool {
            pcNumbers.reserveCapacity(count)
            for index in 0..<count {
                guard let pc = reader.read(), pc < UInt64(pcs.count) else { return false }
                events[index].pc = pcs[Int(pc)]
                pcNumbers.append(Int(pc))
            }
            var icount: UInt64 = 0
            for index in 0..<count {
                guard let difference = reader.read() else { return false }
                icount &+= difference
                events[index].icount = icount
            }
            for index in 0..<count {
                guard let byte = reader.readByte(), let kind = TLBEvent.Kind(rawValue: byte >> 4) else { return false }
                events[index].kind = kind
                events[index].levels = byte & 0xf
            }
            for index in 0..<count {
                guard let hart = reader.readByte() else { return false }
                events[index].hart = hart
            }
            for index in 0..<count {
                guard let dropped = reader.read(), let dropped = UInt32(exactly: dropped) else { return false }
                events[index].droppedCount = dropped
            }
            return true
        }

        /// A column of differences, with zeros where an event has none.
        private mutating func readColumn(_ has: (TLBEvent) -> Bool, _ events: [TLBEvent]) -> [UInt64]? {
            var column = [UInt64](repeating: 0, count: count)
            for index in 0..<count where has(events[index]) {
                guard let difference = reader.read(differenceFrom: 0) else { return nil }
                column[index] = difference
            }
            return column
        }

        private func restore(_ events: inout [TLBEvent], places: [UInt64], olds: [UInt64], news: [UInt64]) {
            var forecast = Forecast(eventCount: count)
            for index in 0..<count {
                let (kind, pc, hart) = (events[index].kind, pcNumbers[index], events[index].hart)
                let expected = forecast.expected(kind, pc: pc)
                let place = kind == .root ? 0 : expected.place &+ places[index]
                events[index].entryAddress = GuestPhysicalAddress(place << 3)
                if kind == .entry || kind == .root {
                    events[index].oldValue = forecast.oldValue(kind, place: place, hart: hart) &+ olds[index]
                }
                if kind != .unfollow { events[index].newValue = expected.newValue &+ news[index] }
                forecast.note(kind, pc: pc, hart: hart, place: place, newValue: events[index].newValue)
            }
        }
    }

    // MARK: Version 1

    /// The protobuf record of programs whose T ended with the epoch; it has no pc.
    private static func decodeVersion1(_ bytes: [UInt8]) throws -> [TLBEvent] {
        guard let columns = try? Palimpsest_Machine_V1_TLBEventsRecord(serializedBytes: bytes) else {
            throw MachineStateError.malformed("the TLB events are not a TLBEventsRecord")
        }
        let count = columns.icountDelta.count
        guard
            [
                columns.hart.count, columns.entryDelta.count, columns.levels.count, columns.oldValue.count,
                columns.newValue.count, columns.droppedCount.count,
            ].allSatisfy({ $0 == count })
        else { throw MachineStateError.malformed("the columns of the TLB events differ in length") }
        let harts = Array(columns.hart)
        let levels = Array(columns.levels)
        var icount: UInt64 = 0
        var entry: Int64 = 0
        return (0..<count).map { index in
            icount &+= columns.icountDelta[index]
            entry &+= columns.entryDelta[index]
            return TLBEvent(
                kind: .entry, icount: icount, hart: harts[index], pc: 0,
                entryAddress: GuestPhysicalAddress(UInt64(bitPattern: entry) << 3), levels: levels[index],
                oldValue: columns.oldValue[index], newValue: columns.newValue[index],
                droppedCount: columns.droppedCount[index])
        }
    }
}
