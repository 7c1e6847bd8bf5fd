/// What a store to a page table takes out of the TLB. The guest cannot tell which (patents.md, requirement 24).
public enum TLBSyncResponse: String, CaseIterable, Sendable {
    /// Every translation.
    case everything
    /// The translations that derive from the page written.
    case page
    /// The translations that derive from the entries written.
    case precise
}

/// How the TLBs are built. Nothing that the guest can notice.
public struct TLBOptions: Equatable, Sendable {
    /// Entries of each data TLB, a power of two; 0 walks every time.
    public var entryCount: Int
    public var response: TLBSyncResponse
    /// Evicts translations at random, as a seed says; for experiments and tests. nil: never.
    public var evictionSeed: UInt64?

    public static let entryCountDefault = 256

    public init(
        entryCount: Int = Self.entryCountDefault, response: TLBSyncResponse = .precise, evictionSeed: UInt64? = nil
    ) {
        self.entryCount = entryCount
        self.response = response
        self.evictionSeed = evictionSeed
    }
}

/// What keeping the TLBs in step cost and spared, since the machine was made.
public struct TLBStatistics: Equatable, Sendable {
    /// Stores that changed an entry of a page with T.
    public var eventCount: UInt64 = 0
    /// Events that found nothing cached that derives from the entry.
    public var idleEventCount: UInt64 = 0
    /// Cached data translations that events dropped.
    public var droppedTranslationCount: UInt64 = 0
    /// Jump caches (the fetch side's translations) that events emptied.
    public var jumpCacheFlushCount: UInt64 = 0
    /// SFENCE.VMA and remote fences that flushed nothing because there was nothing to flush.
    public var avoidedFlushCount: UInt64 = 0
    /// Harts' changes of root.
    public var rootChangeCount: UInt64 = 0
    /// Walks of guest page tables.
    public var walkCount: UInt64 = 0

    public init() {}
}
