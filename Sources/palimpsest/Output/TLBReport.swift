import RISCV

/// What keeping the TLBs in step with the guest's page tables cost and spared.
enum TLBReport {
    /// `name value` a line.
    static func lines(_ statistics: TLBStatistics) -> String {
        let numbers: [(String, UInt64)] = [
            ("tlb_events", statistics.eventCount), ("tlb_idle_events", statistics.idleEventCount),
            ("tlb_dropped_translations", statistics.droppedTranslationCount),
            ("tlb_jump_cache_flushes", statistics.jumpCacheFlushCount),
            ("tlb_avoided_flushes", statistics.avoidedFlushCount), ("tlb_root_changes", statistics.rootChangeCount),
            ("tlb_walks", statistics.walkCount),
        ]
        return numbers.map { "\($0.0) \($0.1)\n" }.joined()
    }
}
