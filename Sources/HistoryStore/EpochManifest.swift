import GuestMemory

/// The record that makes an epoch exist, as read back and checked. The blobs are decoded when asked for.
public struct EpochManifest: Sendable {
    /// The timeline the epoch belongs to: the one asked for, or the ancestor that it shares the epoch with.
    public let timeline: String
    public let epoch: UInt64
    public let icountFrom: UInt64
    public let icountTo: UInt64
    public let virtualTime_ns: UInt64
    public let wallTime_ns: UInt64
    public let stun_us: UInt64
    public let scan_us: UInt64
    public let copy_us: UInt64
    public let tlbEventCount: UInt64
    /// Bytes that the TLB events and the page marks that find them take in the store.
    public let tlbEventByteCount: Int
    public let inputCount: UInt64
    public let pages: PageCounts
    public let capture: CaptureCounts
    /// Bytes of the epoch's segments and of this manifest.
    public let storedBytes: Int
    /// SHA-256 of the manifest; the next one holds it.
    public let hash: [UInt8]

    let record: Palimpsest_History_V1_EpochRecord
    let store: HistoryStore

    public var dirtyPageCount: Int { pages.total }

    /// - Throws: `HistoryStoreError.damaged`.
    public func machineState() throws -> [UInt8] { try store.decode(\.machineState, of: self) }
    public func inputs() throws -> [UInt8] { try store.decode(\.inputs, of: self) }
    public func tlbEvents() throws -> [UInt8] { try store.decode(\.tlbEvents, of: self) }
    /// In page order.
    public func pageMarks() throws -> [PageMark] { try store.pageMarks(of: self) }
    public func consoleOutput() throws -> [UInt8] { try store.decode(\.consoleOutput, of: self) }
}
