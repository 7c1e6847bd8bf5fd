extension GuestMemory {
    /// Marks a page as part of a guest page table at one more level (patents.md, requirement 20).
    ///
    /// When T goes from 0 to 1 the caller must take away every cached translation through which a store could reach the
    /// page (requirement 22).
    /// - Returns: false when the page is not RAM, or was marked for that level already.
    public func addTableLevel(page: UInt64, level: Int) -> Bool {
        guard contains(page: page) else { return false }
        let leaf = table.leafWithoutMark(page)
        let bit = UInt64(1) << (NestedFlags.tableLevelShift + UInt64(level))
        if leaf.pointee & bit != 0 { return false }
        let hadT = leaf.pointee & NestedFlags.tablePage != 0
        leaf.pointee |= NestedFlags.tablePage | bit
        let entry = TablePage(page: page, levels: Self.tableLevels(leaf.pointee))
        if hadT {
            tablePages[position(ofTablePage: page)] = entry
        } else {
            tablePages.append(entry)
        }
        return true
    }

    /// Takes a level, or all of them, from a page; without a level left T is 0. Nothing cached may derive from the page at
    /// that level any longer (requirement 25).
    /// - Parameter levels: bit n for level n.
    public func removeTableLevels(page: UInt64, levels: UInt64) {
        guard let leaf = table.leafIfPresent(page), leaf.pointee & NestedFlags.tablePage != 0 else { return }
        leaf.pointee &= ~((levels & 0xf) << NestedFlags.tableLevelShift)
        let index = position(ofTablePage: page)
        let left = Self.tableLevels(leaf.pointee)
        if left != 0 {
            tablePages[index] = TablePage(page: page, levels: left)
        } else {
            leaf.pointee &= ~NestedFlags.tablePage
            tablePages.swapAt(index, tablePages.count - 1)
            tablePages.removeLast()
        }
    }

    /// The levels at which a page is part of page tables, bit n for level n; 0 where T is 0.
    public func tableLevels(page: UInt64) -> UInt64 {
        guard contains(page: page), let leaf = table.leafIfPresent(page) else { return 0 }
        return Self.tableLevels(leaf.pointee)
    }

    @inlinable @inline(__always)
    public static func tableLevels(_ leaf: UInt64) -> UInt64 {
        (leaf & NestedFlags.tableLevels) >> NestedFlags.tableLevelShift
    }

    /// Pages found last are asked for most.
    private func position(ofTablePage page: UInt64) -> Int {
        guard let index = tablePages.lastIndex(where: { $0.page == page }) else {
            preconditionFailure("T is set but the page is not in the list")
        }
        return index
    }

    /// Every page with T, in no particular order.
    public var allTablePages: [TablePage] { tablePages }

    /// Makes T what a checkpoint says. Only while nothing is cached.
    public func replaceTablePages(_ pages: [TablePage]) {
        for entry in tablePages {
            table.leafIfPresent(entry.page)?.pointee &= ~(NestedFlags.tablePage | NestedFlags.tableLevels)
        }
        tablePages = pages
        for entry in pages {
            table.leafWithoutMark(entry.page).pointee |=
                NestedFlags.tablePage | entry.levels << NestedFlags.tableLevelShift
        }
    }

    public func isTablePage(_ page: GuestPhysicalPage) -> Bool { tableLevels(page: page.number) != 0 }

    /// Makes every store to a page leave the fast path. Only before the machine runs.
    public func watch(_ page: GuestPhysicalPage) {
        guard contains(page: page.number) else { return }
        // No touch: the page's content may be still to come from a source that is not there yet.
        table.leafMarkingAccess(page.number).pointee |= NestedFlags.watched
    }
}
