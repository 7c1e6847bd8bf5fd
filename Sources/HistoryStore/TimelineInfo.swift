/// A line of epochs, as `HistoryStore.timelines()` tells of it.
public struct TimelineInfo: Equatable, Sendable {
    public var name: String
    public var id: UInt32
    /// The timeline this one was forked from and the last epoch they share; nil for one with its own checkpoint 0.
    public var parent: String?
    public var parentEpoch: UInt64?
    /// The last epoch.
    public var headEpoch: UInt64
    /// The machine's configuration, as given to `createTimeline`.
    public var metadata: [UInt8]
    /// Rises when epochs are pruned.
    public var generation: UInt64
    public var createdWallTime_ns: UInt64

    /// The first epoch that is this timeline's own.
    public var firstOwnEpoch: UInt64 { parentEpoch.map { $0 + 1 } ?? 0 }
}

/// A name for a position.
public struct Tag: Equatable, Sendable {
    public var name: String
    public var timeline: String
    public var epoch: UInt64
    /// Instructions past the epoch's end.
    public var instructions: UInt64
}
