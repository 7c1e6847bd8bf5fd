import Foundation
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
