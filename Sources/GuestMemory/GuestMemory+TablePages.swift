extension GuestMemory {
    /// Says at which levels a page is part of guest page tables: T, with its levels (patents.md, requirement 20). Without a
    /// level T is 0.
    ///
    /// When T goes from 0 to 1 the caller must take away every cached translation through which a store could reach the
    /// page (requirement 22); when it goes to 0, nothing cached may derive from the page (25).
    /// - Parameter levels: bit n for level n (0 holds leaves of 4 KiB).
    public func setTableLevels(page: UInt64, levels: UInt64) {
        precondition(contains(page: page))
        let leaf = table.leafWithoutMark(page)
        let marks = (levels == 0 ? 0 : NestedFlags.tablePage) | levels << NestedFlags.tableLevelShift
        leaf.pointee = leaf.pointee & ~(NestedFlags.tablePage | NestedFlags.tableLevels) | marks
    }

    /// The levels at which a page is part of page tables, bit n for level n; 0 where T is 0.
    public func tableLevels(page: UInt64) -> UInt64 {
        guard contains(page: page), let leaf = table.leafIfPresent(page) else { return 0 }
        return (leaf.pointee & NestedFlags.tableLevels) >> NestedFlags.tableLevelShift
    }

    public func isTablePage(_ page: GuestPhysicalPage) -> Bool { tableLevels(page: page.number) != 0 }

    /// Makes every store to a page leave the fast path. Only before the machine runs.
    public func watch(_ page: GuestPhysicalPage) {
        guard contains(page: page.number) else { return }
        // No touch: the page's content may be still to come from a source that is not there yet.
        table.leafMarkingAccess(page.number).pointee |= NestedFlags.watched
    }
}
