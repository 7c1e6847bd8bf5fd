/// Sizes and counts of a whole store.
public struct StoreStatistics: Equatable, Sendable {
    public var timelines: [TimelineStatistics] = []
    /// Of all timelines together.
    public var total = TimelineStatistics(timeline: "")
    /// Bytes of segments' payloads and page table entries, by kind of entry; nil when the segments were not looked at.
    public var versions: VersionStatistics?
    /// Bytes in the database's files, by key space.
    public var segmentFileBytes = 0
    public var manifestFileBytes = 0
    public var mapFileBytes = 0
    /// Page history and hashes.
    public var indexFileBytes = 0
    /// What the directory occupies, log included.
    public var directoryBytes = 0
    /// Of it, what is kept for pruning and collecting on a full disk.
    public var reserveBytes = 0
    /// Bytes written to disk for each byte of epochs stored, as far as processes that wrote have ended in order; nil when
    /// none has, or when the file system has no disk.
    public var writeAmplification: Double?
    /// Prunings whose garbage has not been collected.
    public var uncollectedGenerations: UInt64 = 0
    /// The stun of every epoch, checkpoints 0 aside.
    public var stuns_us = DurationCounts()
}

/// Of one timeline's own epochs.
public struct TimelineStatistics: Equatable, Sendable {
    public var timeline: String
    /// Pruned ones included.
    public var epochs: UInt64 = 0
    public var checkpoints: UInt64 = 0
    /// Epochs whose logs were dropped.
    public var forgotten: UInt64 = 0
    /// Dirty pages of all epochs together, and what became of them when they were stored.
    public var pages = PageCounts()
    /// Bytes of epochs as they were stored: segments, those of blobs included, and manifests.
    public var segmentBytes = 0
    public var manifestBytes = 0
    /// Bytes of machine states, inputs, TLB events with their marks, and console output, in manifests or segments.
    public var stateBytes = 0
    public var inputBytes = 0
    public var tlbEventBytes = 0
    public var consoleBytes = 0
    /// How pages were captured.
    public var capture = CaptureCounts()
    /// Microseconds that scans and copies took.
    public var scan_us: UInt64 = 0
    public var copy_us: UInt64 = 0

    public var storedBytes: Int { segmentBytes + manifestBytes }
    /// What the dirty pages are without deltas and sharing.
    public var logicalBytes: Int { pages.total * 4096 }
}

/// Page versions that are in segments.
public struct VersionStatistics: Equatable, Sendable {
    /// Of all segments, those with blobs and tables of entries included.
    public var segmentBytes = 0
    public var keyframes = 0
    public var keyframeBytes = 0
    public var deltas = 0
    public var deltaBytes = 0
    /// Places of versions that were collected.
    public var gone = 0
    /// How many versions are so many deltas away from their keyframes, at most: 0, 1, 2, …
    public var depths = [Int](repeating: 0, count: 7)
}
