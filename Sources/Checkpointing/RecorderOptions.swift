import GuestMemory

/// When epochs end.
public enum EpochBoundary: Equatable, Sendable {
    /// So many times a second of host time.
    case rate(hz: Double)
    /// As often as a share of host time, 0 to 1, allows for stuns and copies.
    case overhead(share: Double)
    /// After so many steps of the machine.
    case instructions(UInt64)
}

/// When differences of listed pages are made (patents.md, requirements 11 and 16).
public enum DifferenceTiming: String, Equatable, Sendable {
    /// Never: every page is sent whole.
    case none
    /// Decided during the stun, sent after it.
    case duringStun = "stun"
    /// Made by the sender, from what it has copied of the page.
    case afterwards = "later"
}

/// How a machine is recorded. None of it is noticed by the guest, or changes what a recording says of it.
public struct RecorderOptions: Sendable {
    public var boundary: EpochBoundary
    /// Bytes of page copies that may wait for the collector. Beyond that the guest waits.
    public var queueCapacityBytes: Int

    /// By time: an epoch that has dirtied so many pages ends before its time, so that no stun has many more to see to
    /// (docs/decisions/bounded-stun.md).
    public var dirtyPageCountMax: Int

    /// An epoch that has so many TLB events ends before its time or count, after the instruction that made them: a hostile
    /// guest makes one every few instructions, and each waits in memory. A boot's busiest epoch has 20,000.
    public var tlbEventCountMax: Int

    public var deferral: DeferralRule
    public var differences: DifferenceTiming
    /// Bytes for copies of pages on the master list.
    public var differenceMemoryBytes: Int
    /// Threads that may share a scan that is large enough for it to pay.
    public var scanThreadCountMax: Int
    public var outputRelease: OutputRelease

    /// A page that is copied takes the stun ten times as long as one that is deferred.
    public static func dirtyPageCountMaxDefault(_ deferral: DeferralRule) -> Int { deferral == .all ? 2048 : 512 }
    public static let differenceMemoryBytesDefault = 16 << 20

    public init(
        boundary: EpochBoundary = .rate(hz: 25), queueCapacityBytes: Int = 128 << 20,
        dirtyPageCountMax: Int? = nil, tlbEventCountMax: Int = 1 << 18,
        deferral: DeferralRule = .all, differences: DifferenceTiming = .afterwards,
        differenceMemoryBytes: Int = Self.differenceMemoryBytesDefault,
        scanThreadCountMax: Int = 4, outputRelease: OutputRelease = .immediate
    ) {
        self.boundary = boundary
        self.queueCapacityBytes = queueCapacityBytes
        self.dirtyPageCountMax = dirtyPageCountMax ?? Self.dirtyPageCountMaxDefault(deferral)
        self.tlbEventCountMax = tlbEventCountMax
        self.deferral = deferral
        self.differences = differences
        self.differenceMemoryBytes = differenceMemoryBytes
        self.scanThreadCountMax = scanThreadCountMax
        self.outputRelease = outputRelease
    }
}
