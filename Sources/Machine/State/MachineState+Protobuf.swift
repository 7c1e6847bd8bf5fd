import Devices
import Foundation
import RISCV
import SwiftProtobuf

// Machine states as records of Schemas/machine.proto. Equal states give equal bytes.

extension MachineState {
    /// The newest version of `MachineRecord`. Version 1 has no list of page tables.
    static let recordVersion: UInt32 = 2

    /// - Throws: `MachineStateError`.
    public init(encoded bytes: [UInt8]) throws {
        let record: Palimpsest_Machine_V1_MachineRecord
        do { record = try .init(serializedBytes: bytes) } catch {
            throw MachineStateError.malformed("it is not a MachineRecord")
        }
        guard record.version <= Self.recordVersion else { throw MachineStateError.newerVersion(record.version) }
        guard record.version > 0 else { throw MachineStateError.malformed("it has no version") }
        let devices: DevicesState
        do { devices = try DevicesState(record.devices) } catch { throw MachineStateError.malformed("\(error)") }
        self.init(
            icount: record.icount, skipped_ns: record.skippedNs, currentHart: Int(record.currentHart),
            quantumLeft: record.quantumLeft, harts: try record.harts.map { try HartSnapshot($0) }, devices: devices,
            power: try PowerState(record.power),
            tablePages: record.version < 2 ? nil : try TablePageList(encoded: Array(record.tablePages)))
    }

    public func encoded() -> [UInt8] {
        let record = Palimpsest_Machine_V1_MachineRecord.with {
            $0.version = tablePages == nil ? 1 : Self.recordVersion
            $0.icount = icount
            $0.skippedNs = skipped_ns
            $0.currentHart = UInt32(currentHart)
            $0.quantumLeft = quantumLeft
            $0.harts = harts.map(\.record)
            $0.devices = devices.record
            $0.power = power.record
            if let tablePages { $0.tablePages = Data(tablePages.encoded()) }
        }
        return serialized(record)
    }
}

/// Serialization of a message without `Any` or required fields cannot fail.
func serialized(_ message: some Message) -> [UInt8] {
    do { return try message.serializedBytes() } catch { preconditionFailure("a record does not serialize: \(error)") }
}

extension HartSnapshot {
    init(_ record: Palimpsest_Machine_V1_HartRecord) throws {
        guard let privilege = UInt8(exactly: record.privilege).flatMap(Privilege.init(rawValue:)) else {
            throw MachineStateError.malformed("privilege \(record.privilege)")
        }
        let r = record
        self.init(
            x: r.x, f: r.f, pc: r.pc, privilege: privilege, isWaiting: r.isWaiting, isStopped: r.isStopped,
            isSuspended: r.isSuspended,
            registers: [
                r.mstatus, r.medeleg, r.mideleg, r.mie, r.softwareInterrupts, r.mtvec, r.mscratch, r.mepc, r.mcause,
                r.mtval, r.mcounteren, r.mcountinhibit, r.menvcfg, r.stvec, r.sscratch, r.sepc, r.scause, r.stval,
                r.scounteren, r.senvcfg, r.satp, r.stimecmp, r.fcsr,
            ],
            pmpConfiguration: r.pmpConfiguration, pmpAddress: r.pmpAddress, stepCount: r.stepCount,
            trapCount: r.trapCount, cycleOffset: r.cycleOffset, instructionOffset: r.instructionOffset,
            reservation: r.reservation)
    }

    var record: Palimpsest_Machine_V1_HartRecord {
        .with {
            $0.x = x
            $0.f = f
            $0.pc = pc
            $0.privilege = UInt32(privilege.rawValue)
            $0.isWaiting = isWaiting
            $0.isStopped = isStopped
            $0.isSuspended = isSuspended
            ($0.mstatus, $0.medeleg, $0.mideleg, $0.mie) = (registers[0], registers[1], registers[2], registers[3])
            ($0.softwareInterrupts, $0.mtvec, $0.mscratch) = (registers[4], registers[5], registers[6])
            ($0.mepc, $0.mcause, $0.mtval, $0.mcounteren) = (registers[7], registers[8], registers[9], registers[10])
            ($0.mcountinhibit, $0.menvcfg, $0.stvec) = (registers[11], registers[12], registers[13])
            ($0.sscratch, $0.sepc, $0.scause, $0.stval) = (registers[14], registers[15], registers[16], registers[17])
            ($0.scounteren, $0.senvcfg, $0.satp) = (registers[18], registers[19], registers[20])
            ($0.stimecmp, $0.fcsr) = (registers[21], registers[22])
            $0.pmpConfiguration = pmpConfiguration
            $0.pmpAddress = pmpAddress
            $0.stepCount = stepCount
            $0.trapCount = trapCount
            $0.cycleOffset = cycleOffset
            $0.instructionOffset = instructionOffset
            $0.reservation = reservation
        }
    }
}

extension PowerState {
    init(_ record: Palimpsest_Machine_V1_PowerRecord) throws {
        switch record.kind {
        case .running: self = .running
        case .off: self = .off
        case .resetRequested: self = .resetRequested
        case .failed: self = .failed(code: UInt16(truncatingIfNeeded: record.value))
        case .testPassed: self = .testPassed
        case .testFailed: self = .testFailed(number: record.value)
        case .UNRECOGNIZED(let kind): throw MachineStateError.malformed("power state \(kind)")
        }
    }

    var record: Palimpsest_Machine_V1_PowerRecord {
        .with {
            switch self {
            case .running: $0.kind = .running
            case .off: $0.kind = .off
            case .resetRequested: $0.kind = .resetRequested
            case .failed(let code):
                $0.kind = .failed
                $0.value = UInt64(code)
            case .testPassed: $0.kind = .testPassed
            case .testFailed(let number):
                $0.kind = .testFailed
                $0.value = number
            }
        }
    }
}

extension MachineConfiguration {
    static let recordVersion: UInt32 = 1

    /// - Throws: `MachineStateError`.
    public init(encoded bytes: [UInt8]) throws {
        let record: Palimpsest_Machine_V1_ConfigurationRecord
        do { record = try .init(serializedBytes: bytes) } catch {
            throw MachineStateError.malformed("it is not a ConfigurationRecord")
        }
        guard record.version <= Self.recordVersion else { throw MachineStateError.newerVersion(record.version) }
        guard record.version > 0, (1...UInt32(Self.hartCountMax)).contains(record.hartCount), record.quantum > 0 else {
            throw MachineStateError.malformed("the configuration is impossible")
        }
        self.init(
            memoryByteCount: record.memoryByteCount, hartCount: Int(record.hartCount), quantum: record.quantum,
            startTime_ns: record.startTimeNs, randomSeed: record.randomSeed,
            hasBuiltInFirmware: record.hasBuiltInFirmware_p,
            hostInterfaceAddress: record.hasHostInterfaceAddress ? record.hostInterfaceAddress : nil,
            summary: record.summary)
    }

    public func encoded() -> [UInt8] {
        serialized(
            Palimpsest_Machine_V1_ConfigurationRecord.with {
                $0.version = Self.recordVersion
                $0.memoryByteCount = memoryByteCount
                $0.hartCount = UInt32(hartCount)
                $0.quantum = quantum
                $0.startTimeNs = startTime_ns
                $0.randomSeed = randomSeed
                $0.hasBuiltInFirmware_p = hasBuiltInFirmware
                if let hostInterfaceAddress { $0.hostInterfaceAddress = hostInterfaceAddress }
                $0.summary = summary
            })
    }
}
