import GuestMemory

/// What pruning has left of an epoch.
public enum EpochPruning: Sendable {
    /// Everything is there.
    case none
    /// Its checkpoint, pages and machine state, is gone; what happened in it is there, so it can be executed.
    case checkpoint
    /// Nothing but the list of pages that changed in this and the epochs before it, `firstEpoch` on.
    case forgotten
}

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

    public var pruning: EpochPruning {
        guard record.hasPruned else { return .none }
        return record.pruned.hasLog_p ? .checkpoint : .forgotten
    }

    /// The first epoch that this stands for: an earlier one than `epoch` only for forgotten ones.
    public var firstEpoch: UInt64 { record.firstEpochCovered }

    public var dirtyPageCount: Int { pages.total }

    /// - Throws: `HistoryStoreError.damaged`; `.pruned` when the checkpoint is gone.
    public func machineState() throws -> [UInt8] {
        guard pruning == .none else {
            throw pruning == .forgotten ? forgottenError : HistoryStoreError.pruned(timeline: timeline, epoch: epoch)
        }
        return try store.decode(\.machineState, of: self)
    }
    /// The log of the epoch: this and the following.
    /// - Throws: `HistoryStoreError.damaged`; `.forgotten`.
    public func inputs() throws -> [UInt8] { try log(\.inputs) }
    public func tlbEvents() throws -> [UInt8] { try log(\.tlbEvents) }
    /// In page order.
    public func pageMarks() throws -> [PageMark] {
        if pruning == .forgotten { throw forgottenError }
        return try store.pageMarks(of: self)
    }
    public func consoleOutput() throws -> [UInt8] { try log(\.consoleOutput) }

    private func log(_ field: HistoryStore.BlobField) throws -> [UInt8] {
        if pruning == .forgotten { throw forgottenError }
        return try store.decode(field, of: self)
    }
}
