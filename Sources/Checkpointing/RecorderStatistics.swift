import HistoryStore

/// What a recording has done so far.
public struct RecorderStatistics: Sendable {
    /// Epochs captured, checkpoint 0 aside.
    public var epochCount = 0
    /// Epochs that the collector has acknowledged, and the highest of them.
    public var storedEpochCount = 0
    public var lastStoredEpoch: UInt64?
    public var dirtyPageCount = 0
    /// Bytes stored for epochs; checkpoint 0 is in `baseBytes`.
    public var storedBytes = 0
    public var baseBytes = 0
    /// How often the guest had to wait for the collector.
    public var queueFullCount = 0
    /// The pause of each epoch's end, in microseconds.
    public var stuns_us = DurationCounts()
    /// How pages were captured, in the epochs that have been sent, checkpoint 0 aside.
    public var capture = CaptureCounts()

    public init() {}
}
