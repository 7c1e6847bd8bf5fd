/// What is known of a page that is part of guest page tables, or that one points to.
///
///     T and its levels (patents.md, requirement 20)  ─ as in the nested page table's leaf
///     roots                                          ─ levels at which a satp has named it
///     link counts                                    ─ for each level: entries of tables one level up that point to it
public struct TablePage: Equatable, Sendable {
    /// Bit n for level n (0 holds leaves of 4 KiB); 0: no T.
    public var levels: UInt8 = 0
    public var rootLevels: UInt8 = 0
    /// By level.
    public var linkCounts = SIMD4<UInt32>(repeating: 0)

    public init() {}

    var isForgotten: Bool { levels == 0 && rootLevels == 0 && linkCounts == SIMD4(repeating: 0) }

    /// Whether something makes it a table at a level.
    func isWanted(at level: Int) -> Bool { linkCounts[level] > 0 || rootLevels >> UInt8(level) & 1 != 0 }
}
