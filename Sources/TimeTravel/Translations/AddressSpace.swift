import GuestMemory
import HistoryStore
import Machine
import RISCV

/// Whose translation of a guest-virtual address is meant.
public enum AddressSpace: Equatable, Sendable {
    /// The page table below one root, as a value of satp names it, whether or not a hart uses it.
    case root(satp: UInt64)
    /// The page table of the satp with this ASID that a hart wrote last.
    case asid(UInt64)
    /// What a hart translates with. The kernel's half is the same below every root, so a kernel's addresses are asked for
    /// through a hart.
    case hart(Int)

    static func asid(of satp: UInt64) -> UInt64 { satp >> 44 & 0xffff }
    static func isTranslating(_ satp: UInt64) -> Bool { satp >> 60 != 0 }
}

extension AddressSpace: CustomStringConvertible {
    public var description: String {
        switch self {
        case .root(let satp): "satp 0x" + String(satp, radix: 16)
        case .asid(let number): "ASID \(number)"
        case .hart(let hart): "hart \(hart)"
        }
    }
}

extension TranslationHistory {
    /// The address space that is meant when none is named: for the upper half of the addresses what hart 0 translates with,
    /// for the lower half the root in use at the range's end, or the last one that was.
    /// - Throws: `HistoryStoreError`, `MachineStateError`.
    public func defaultSpace(of address: GuestVirtualAddress, in range: ResolvedRange) throws -> AddressSpace {
        if Int64(bitPattern: address.rawValue) < 0 { return .hart(0) }
        let end = range.end.checkpoint
        let manifest = try store.manifest(timeline: end.timeline, epoch: end.epoch)
        let state = try MachineState(encoded: manifest.machineState())
        let roots = state.harts.compactMap { $0["satp"] }
        if let satp = roots.first(where: AddressSpace.isTranslating) { return .root(satp: satp) }
        return try store.lastRoot(before: end) { _ in true }.map { .root(satp: $0) } ?? .hart(0)
    }
}

extension HistoryStore {
    /// The value that some hart wrote to satp last before a checkpoint, of those that name a page table and are wanted.
    /// - Parameter bits: epochs whose changes of root have none of them are passed over (`TLBEvent.markDetail`).
    func lastRoot(
        before checkpoint: ResolvedPosition, bits: UInt64 = .max, where isWanted: (UInt64) -> Bool
    ) throws -> UInt64? {
        let marks = try marks(page: 0, timeline: checkpoint.timeline, epochs: 0...checkpoint.epoch)
        for mark in marks.reversed() where mark.detail & bits != 0 {
            let manifest = try manifest(timeline: checkpoint.timeline, epoch: mark.epoch)
            for event in try TLBEventLog.decode(manifest.tlbEvents()).reversed() where event.kind == .root {
                if AddressSpace.isTranslating(event.newValue), isWanted(event.newValue) { return event.newValue }
            }
        }
        return nil
    }
}
