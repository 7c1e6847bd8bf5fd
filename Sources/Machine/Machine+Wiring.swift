import Devices
import GuestMemory
import RISCV

/// Lets the harts reach the board's bus.
final class BusAdapter: MemoryMappedBus {
    var bus = Bus()

    func busRead(_ address: GuestPhysicalAddress, size: Int) -> UInt64? { bus.read(address: address, size: size) }
    func busWrite(_ address: GuestPhysicalAddress, size: Int, value: UInt64) -> Bool {
        bus.write(address: address, size: size, value: value)
    }
}

/// The devices' clock: virtual time at the very instruction that asks.
final class MachineClock: VirtualClock {
    private let cluster: HartCluster
    /// The hart that executes; nil between slices.
    var activeHart: Hart?

    init(cluster: HartCluster) { self.cluster = cluster }

    var now_ticks: UInt64 {
        let now_ns =
            activeHart.map { cluster.virtualTime_ns($0) } ?? (cluster.icountAtSliceStart &+ cluster.skipped_ns)
        return now_ns / Timebase.tick_ns
    }
}

extension Machine {
    func connect() {
        devices.plic.onContextChange = { [unowned self] context, pending in
            let bit = context & 1 == 0 ? InterruptBit.machineExternal : InterruptBit.supervisorExternal
            setLine(hart: context >> 1, bit, pending)
        }
        devices.clint.onSoftwareInterruptChange = { [unowned self] hart, pending in
            setLine(hart: hart, InterruptBit.machineSoftware, pending)
        }
        devices.clint.onTimerChange = { [unowned self] in
            cluster.clockOffset_ticks = devices.clint.mtimeOffset_ticks
            leaveSlice()
        }
        devices.uart.onTransmit = { [unowned self] byte in consoleOutput.append(byte) }
        devices.rtc.onDeadlineChange = { [unowned self] in leaveSlice() }
        devices.power.onRequest = { [unowned self] request in
            switch request {
            case .powerOff: endGuest(.off)
            case .reset: endGuest(.resetRequested)
            case .fail(let code): endGuest(.failed(code: code))
            }
        }
        if configuration.hasBuiltInFirmware {
            cluster.firmwareCall = { [unowned self] hart in serveFirmwareCall(hart) }
        }
        if let address = configuration.hostInterfaceAddress {
            memory.watch(GuestPhysicalAddress(address).page)
            cluster.watchedPageWritten = { [unowned self] _ in readHostInterface() }
        }
    }

    private func setLine(hart: Int, _ bit: UInt64, _ pending: Bool) {
        guard hart < cluster.hartCount else { return }
        let h = cluster.harts[hart]
        if pending { h.pointee.interruptLines |= bit } else { h.pointee.interruptLines &= ~bit }
        leaveSlice()
    }

    func leaveSlice() {
        if let active = clock.activeHart { cluster.requestLeave(active) }
    }

    func endGuest(_ state: PowerState) {
        power = state
        leaveSlice()
    }

    /// `tohost` of bare guests (the riscv-tests convention): an odd value ends the test; device 1, command 1 prints.
    private func readHostInterface() {
        guard let address = configuration.hostInterfaceAddress.map({ GuestPhysicalAddress($0) }),
            let bytes = try? memory.read(address, count: 8)
        else { return }
        let value = bytes.withUnsafeBytes { $0.loadUnaligned(as: UInt64.self) }
        if value >> 48 == 0x0101 {
            consoleOutput.append(UInt8(truncatingIfNeeded: value))
            acknowledgeHostInterface(address)
        } else if value == 1 {
            endGuest(.testPassed)
        } else if value & 1 != 0 {
            endGuest(.testFailed(number: value >> 1))
        }
    }

    /// Clears `tohost` so that the guest can write the next character. The store is the machine's own, made at this step
    /// in every replay.
    private func acknowledgeHostInterface(_ address: GuestPhysicalAddress) {
        guard let leaf = memory.leaf(address.page.number) else { return }
        memory.markDirty(leaf)
        (GuestMemory.hostAddress(leaf.pointee) + address.offsetInPage).storeBytes(of: 0, as: UInt64.self)
    }
}
