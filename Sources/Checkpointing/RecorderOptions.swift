/// When epochs end.
public enum EpochBoundary: Equatable, Sendable {
    /// So many times a second of host time.
    case rate(hz: Double)
    /// After so many steps of the machine.
    case instructions(UInt64)
}

public struct RecorderOptions: Sendable {
    public var boundary: EpochBoundary
    /// Bytes of page copies that may wait for the store. Beyond that the guest waits.
    public var queueCapacityBytes: Int

    /// With a rate: an epoch that has dirtied so many pages ends before its time, so that no stun has to copy many more
    /// (docs/decisions/bounded-stun.md).
    public var dirtyPageCountMax: Int

    /// An epoch that has so many TLB events ends before its time or count, after the instruction that made them: a hostile guest makes one every few instructions,
    /// and each waits in memory. A boot's busiest epoch has 20,000.
    public var tlbEventCountMax: Int

    public init(
        boundary: EpochBoundary = .rate(hz: 25), queueCapacityBytes: Int = 128 << 20, dirtyPageCountMax: Int = 512,
        tlbEventCountMax: Int = 1 << 18
    ) {
        self.tlbEventCountMax = tlbEventCountMax
        self.boundary = boundary
        self.dirtyPageCountMax = dirtyPageCountMax
        self.queueCapacityBytes = queueCapacityBytes
    }
}

/// What a recording has done so far.
public struct RecorderStatistics: Sendable {
    /// Epochs captured, checkpoint 0 aside.
    public var epochCount = 0
    /// Epochs that the store has acknowledged, and the highest of them.
    public var storedEpochCount = 0
    public var lastStoredEpoch: UInt64?
    public var dirtyPageCount = 0
    /// Bytes stored for epochs; checkpoint 0 is in `baseBytes`.
    public var storedBytes = 0
    public var baseBytes = 0
    /// How often the guest had to wait for the store.
    public var queueFullCount = 0
    /// The pause of each epoch's end, in microseconds.
    public var stuns_us: [UInt64] = []

    public init() {}

    /// The stun that `fraction` of the epochs do not exceed, in microseconds; 0 without epochs.
    public func stun_us(fraction: Double) -> UInt64 {
        if stuns_us.isEmpty { return 0 }
        let sorted = stuns_us.sorted()
        return sorted[min(sorted.count - 1, Int(Double(sorted.count) * fraction))]
    }
}
