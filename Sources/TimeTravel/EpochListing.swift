import HistoryStore

/// One epoch, as `log` and `show` tell of it.
public struct EpochRow: Equatable, Sendable {
    /// The timeline that the epoch is the own of.
    public var timeline: String
    public var epoch: UInt64
    public var icountFrom: UInt64
    public var icountTo: UInt64
    public var virtualTime_ns: UInt64
    /// Host time at the epoch's end, since 1970.
    public var wallTime_ns: UInt64
    public var dirtyPageCount: Int
    public var pages: PageCounts
    public var tlbEventCount: UInt64
    public var tlbEventByteCount: Int
    public var inputCount: UInt64
    public var storedBytes: Int
    public var stun_us: UInt64
    public var scan_us: UInt64
    public var copy_us: UInt64
    public var capture: CaptureCounts
    /// What is left of it; a row of forgotten epochs stands for all from `firstEpoch` on.
    public var pruning: EpochPruning
    public var firstEpoch: UInt64

    public var instructionCount: UInt64 { icountTo - icountFrom }

    public init(_ manifest: EpochManifest) {
        timeline = manifest.timeline
        epoch = manifest.epoch
        icountFrom = manifest.icountFrom
        icountTo = manifest.icountTo
        virtualTime_ns = manifest.virtualTime_ns
        wallTime_ns = manifest.wallTime_ns
        dirtyPageCount = manifest.dirtyPageCount
        pages = manifest.pages
        tlbEventCount = manifest.tlbEventCount
        tlbEventByteCount = manifest.tlbEventByteCount
        inputCount = manifest.inputCount
        storedBytes = manifest.storedBytes
        stun_us = manifest.stun_us
        scan_us = manifest.scan_us
        copy_us = manifest.copy_us
        capture = manifest.capture
        pruning = manifest.pruning
        firstEpoch = manifest.firstEpoch
    }
}

/// The epochs of a range.
public struct EpochListing {
    private let store: HistoryStore

    public init(_ store: HistoryStore) { self.store = store }

    /// Visits the rows of `range.epochs` in order until `body` returns false.
    /// - Throws: `HistoryStoreError`, and what `body` throws.
    public func forEachRow(in range: ResolvedRange, _ body: (EpochRow) throws -> Bool) throws {
        try store.forEachManifest(timeline: range.timeline, in: range.epochs) { try body(EpochRow($0)) }
    }

    /// The row of one epoch.
    /// - Throws: `HistoryStoreError`.
    public func row(timeline: String, epoch: UInt64) throws -> EpochRow {
        EpochRow(try store.manifest(timeline: timeline, covering: epoch))
    }
}
