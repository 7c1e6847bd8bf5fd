extension GuestMemory {
    /// Marks a page as part of a guest page table (patents.md, requirements 20, 21).
    /// - Returns: true when T went from 0 to 1; the caller must then take away every cached translation through which a
    ///   store could reach the page (requirement 22).
    @inline(__always)
    public func markTablePage(_ leaf: UnsafeMutablePointer<UInt64>, page: UInt64) -> Bool {
        if leaf.pointee & NestedFlags.tablePage != 0 { return false }
        leaf.pointee |= NestedFlags.tablePage
        tablePages.append(page)
        return true
    }

    /// Clears every T. Only right after a flush of all TLBs, when nothing cached derives from any page (requirement 25).
    public func clearTablePages() {
        for page in tablePages {
            table.leafIfPresent(page)?.pointee &= ~(NestedFlags.tablePage | NestedFlags.tableLevels)
        }
        tablePages.removeAll(keepingCapacity: true)
    }

    public var tablePageCount: Int { tablePages.count }

    public func isTablePage(_ page: GuestPhysicalPage) -> Bool {
        guard let leaf = table.leafIfPresent(page.number) else { return false }
        return leaf.pointee & NestedFlags.tablePage != 0
    }

    /// Makes every store to a page leave the fast path. Only before the machine runs.
    public func watch(_ page: GuestPhysicalPage) {
        guard contains(page: page.number) else { return }
        // No touch: the page's content may be still to come from a source that is not there yet.
        table.leafMarkingAccess(page.number).pointee |= NestedFlags.watched
    }
}
