/// Sizes and counts of a whole store.
public struct StoreStatistics: Equatable, Sendable {
    public var timelines = 0
    public var epochs = 0
    /// Dirty pages of all epochs together.
    public var pageVersions = 0
    public var pages = PageCounts()
    /// Bytes of segments, manifests and page maps.
    public var storedBytes = 0
    /// Of these, segments; manifests; page maps.
    public var segmentBytes = 0
    public var manifestBytes = 0
    public var mapBytes = 0
    /// `pageVersions` × 4096: what the versions are without deltas and sharing.
    public var logicalBytes = 0
    /// What the directory occupies, indexes and log included.
    public var directoryBytes = 0
    /// How pages were captured, over all epochs.
    public var capture = CaptureCounts()
    /// Microseconds that scans and copies took, over all epochs.
    public var scan_us: UInt64 = 0
    public var copy_us: UInt64 = 0
    /// The stun of every epoch, checkpoints 0 aside.
    public var stuns_us = DurationCounts()
}
