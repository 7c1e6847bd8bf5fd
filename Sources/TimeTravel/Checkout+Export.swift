import GuestMemory
import Machine

/// Writing out what a machine holds.
extension Checkout {
    /// The bytes of memory from `address` on.
    /// - Throws: `TimeTravelError.notMemory`, `HistoryStoreError.damaged`.
    public func memory(at address: GuestPhysicalAddress, byteCount: Int) throws -> [UInt8] {
        guard machine.memory.contains(address, count: byteCount) else { throw TimeTravelError.notMemory(address) }
        let bytes = try machine.memory.read(address, count: byteCount)
        if let failure = machine.memory.fetchFailure { throw failure }
        return bytes
    }

    /// The 4096 bytes of the page that holds `address`.
    /// - Throws: as `memory(at:byteCount:)`.
    public func page(holding address: GuestPhysicalAddress) throws -> [UInt8] {
        guard machine.memory.contains(address, count: 1) else { throw TimeTravelError.notMemory(address) }
        return try memory(at: address.page.baseAddress, byteCount: pageSize)
    }

    /// Everything but memory: registers and devices.
    public var state: MachineState { machine.save() }

    /// Where a guest-virtual address lies for a hart at this position; rights are not checked.
    /// - Throws: `TimeTravelError.noSuchHart`, `.notMapped`, `HistoryStoreError.damaged`.
    public func translate(_ address: GuestVirtualAddress, hart: Int = 0) throws -> GuestPhysicalAddress {
        guard machine.cluster.harts.indices.contains(hart) else {
            throw TimeTravelError.noSuchHart(hart: hart, hartCount: machine.cluster.hartCount)
        }
        let satp = machine.cluster.harts[hart].pointee.satp
        let found = machine.cluster.inspectTranslation(satp: satp, address.rawValue)
        if let failure = machine.memory.fetchFailure { throw failure }
        guard let found else { throw TimeTravelError.notMapped(address, position: "\(position)") }
        return found.address
    }
}
