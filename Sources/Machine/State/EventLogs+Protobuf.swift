import Foundation
import GuestMemory
import RISCV
import SwiftProtobuf

/// The inputs of an epoch as bytes.
public enum InputLog {
    public static func encode(_ events: [InputEvent]) -> [UInt8] {
        var previous: UInt64 = 0
        let records = events.map { event in
            defer { previous = event.icount }
            return Palimpsest_Machine_V1_InputRecord.with {
                $0.kind = UInt32(event.kind.rawValue)
                $0.icountDelta = event.icount - previous
                $0.virtualTimeNs = event.virtualTime_ns
                $0.bytes = Data(event.bytes)
            }
        }
        return serialized(Palimpsest_Machine_V1_InputLogRecord.with { $0.events = records })
    }

    /// - Throws: `MachineStateError.malformed`.
    public static func decode(_ bytes: [UInt8]) throws -> [InputEvent] {
        guard let log = try? Palimpsest_Machine_V1_InputLogRecord(serializedBytes: bytes) else {
            throw MachineStateError.malformed("the input log is not an InputLogRecord")
        }
        var icount: UInt64 = 0
        return try log.events.map { record in
            guard let kind = UInt8(exactly: record.kind).flatMap(InputEvent.Kind.init(rawValue:)) else {
                throw MachineStateError.malformed("input of kind \(record.kind)")
            }
            icount &+= record.icountDelta
            return InputEvent(
                kind: kind, icount: icount, virtualTime_ns: record.virtualTimeNs, bytes: Array(record.bytes))
        }
    }
}

/// The TLB synchronisation events of an epoch as bytes, by column (patents.md, requirement 29).
public enum TLBEventLog {
    public static func encode(_ events: [TLBEvent]) -> [UInt8] {
        var columns = Palimpsest_Machine_V1_TLBEventsRecord()
        var icount: UInt64 = 0
        var entry: Int64 = 0
        var harts: [UInt8] = []
        var levels: [UInt8] = []
        for event in events {
            let place = Int64(event.entryAddress.rawValue >> 3)
            columns.icountDelta.append(event.icount - icount)
            columns.entryDelta.append(place - entry)
            columns.oldValue.append(event.oldValue)
            columns.newValue.append(event.newValue)
            columns.droppedCount.append(event.droppedCount)
            harts.append(event.hart)
            levels.append(event.levels)
            icount = event.icount
            entry = place
        }
        columns.hart = Data(harts)
        columns.levels = Data(levels)
        return serialized(columns)
    }

    /// - Throws: `MachineStateError.malformed`.
    public static func decode(_ bytes: [UInt8]) throws -> [TLBEvent] {
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
                icount: icount, hart: harts[index],
                entryAddress: GuestPhysicalAddress(UInt64(bitPattern: entry) << 3), levels: levels[index],
                oldValue: columns.oldValue[index], newValue: columns.newValue[index],
                droppedCount: columns.droppedCount[index])
        }
    }
}
