/// When an epoch reaches stable storage.
///
/// After a kill of the process nothing is lost in any of the three; they differ in what a loss of power costs.
public enum Durability: Codable, Equatable, Sendable {
    /// Each epoch is synced before `append` returns.
    case epoch
    /// Synced when at least this many seconds have passed since the last time, and on `flush`.
    case interval(seconds: Double)
    /// Synced only by `flush` and `close`.
    case off
}

/// Settings of a `TimelineWriter`.
public struct WriterOptions: Codable, Equatable, Sendable {
    public var durability: Durability
    /// Most bytes of memory for earlier page versions, which deltas are made against. A page whose earlier version
    /// has been dropped is stored whole.
    public var versionCacheBytes: Int
    /// Versions of a page from one keyframe to the next; a power of two, 2 ... 64 (docs/decisions/page-deltas.md). A version is at most log2 of this
    /// many deltas away from its keyframe.
    public var keyframeInterval: Int

    public init(
        durability: Durability = .epoch, versionCacheBytes: Int = 1 << 30, keyframeInterval: Int = 32
    ) {
        self.durability = durability
        self.versionCacheBytes = versionCacheBytes
        self.keyframeInterval = keyframeInterval
    }
}
