import GuestMemory
import HistoryStore
import Machine

/// An epoch that modified a page.
public struct PageHistoryEntry: Equatable, Sendable {
    /// The timeline that the epoch is the own of.
    public var timeline: String
    public var epoch: UInt64
    public var icountFrom: UInt64
    public var icountTo: UInt64
    public var virtualTime_ns: UInt64
    /// Of the page at the epoch's end; nil when that was pruned.
    public var hash: PageHash?
    public var storedBytes: Int
    public var kind: PageVersionKind
    /// The little-endian number at the address after the epoch, when asked for and not pruned.
    public var value: UInt64?
}

/// Which epochs modified a page, and what it held after each.
public struct PageHistory {
    private let store: HistoryStore

    public init(_ store: HistoryStore) { self.store = store }

    /// Every epoch of `range.epochs` that modified the page of `address`, oldest first.
    /// - Parameter valueByteCount: 1, 2, 4 or 8 to read the number at `address` after each; nil to leave values out.
    /// - Throws: `TimeTravelError.notMemory`, `.valueCrossesPage`, `HistoryStoreError`.
    public func entries(
        of address: GuestPhysicalAddress, in range: ResolvedRange, valueByteCount: Int? = nil
    ) throws -> [PageHistoryEntry] {
        try check(address, range.timeline, valueByteCount ?? 1)
        let versions = try store.history(page: address.page, timeline: range.timeline, epochs: range.epochs)
        let frame = UnsafeMutableRawPointer.allocate(byteCount: pageSize, alignment: pageSize)
        defer { frame.deallocate() }
        return try versions.map { version in
            let manifest = try store.manifest(timeline: version.timeline, covering: version.epoch)
            var entry = PageHistoryEntry(
                timeline: version.timeline, epoch: version.epoch, icountFrom: manifest.icountFrom,
                icountTo: manifest.icountTo, virtualTime_ns: manifest.virtualTime_ns, hash: version.hash,
                storedBytes: version.storedBytes, kind: version.kind)
            if let valueByteCount, version.kind != .pruned {
                try store.readPage(at: version.location, into: frame)
                entry.value = Self.number(frame + address.offsetInPage, valueByteCount)
            }
            return entry
        }
    }

    /// Where a guest-virtual address lies for a hart at a position.
    /// - Throws: `TimeTravelError.noSuchHart`, `.notMapped`, `.interrupted`, the store's errors.
    public func translate(
        _ address: GuestVirtualAddress, at position: ResolvedPosition, hart: Int = 0,
        options: CheckoutOptions = CheckoutOptions()
    ) throws -> GuestPhysicalAddress {
        try Checkout(store, at: position, options: options).translate(address, hart: hart)
    }

    private func check(_ address: GuestPhysicalAddress, _ timeline: String, _ byteCount: Int) throws {
        precondition([1, 2, 4, 8].contains(byteCount), "a value has 1, 2, 4 or 8 bytes")
        let configuration = try MachineConfiguration(encoded: store.timeline(named: timeline).metadata)
        let base = Machine.memoryBase
        guard address >= base, address.rawValue - base.rawValue < configuration.memoryByteCount else {
            throw TimeTravelError.notMemory(address)
        }
        guard address.offsetInPage + byteCount <= pageSize else {
            throw TimeTravelError.valueCrossesPage(address, byteCount: byteCount)
        }
    }

    private static func number(_ bytes: UnsafeRawPointer, _ byteCount: Int) -> UInt64 {
        (0..<byteCount).reduce(0) { $0 | UInt64(bytes.load(fromByteOffset: $1, as: UInt8.self)) << UInt64(8 * $1) }
    }
}
