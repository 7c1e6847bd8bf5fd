extension GuestMemory {
    /// Pages with D set since the last scan, ascending; clears D and every A on the way (patents.md, requirements 1, 3).
    ///
    /// Subtrees whose A is 0 are skipped, so the cost follows the pages touched, not the memory's size. Every TLB must be
    /// flushed before a hart resumes (requirement 4): a cached translation would set neither bit again.
    ///
    /// The result is valid until the next scan.
    public func scanAndClear() -> UnsafeBufferPointer<UInt64> {
        var count = 0
        scan(table.root, firstPage: 0, shift: 27, &count)
        dirtyCounter.pointee = 0
        reachedTables.update(repeating: nil, count: reachedTableCount)
        return UnsafeBufferPointer(start: dirtyList, count: count)
    }

    private func scan(_ table: UnsafeMutablePointer<UInt64>, firstPage: UInt64, shift: UInt64, _ count: inout Int) {
        for index in 0..<NestedPageTable.entriesPerTable where table[index] & NestedFlags.accessed != 0 {
            let page = firstPage + UInt64(index) << shift
            table[index] &= ~NestedFlags.accessed
            if shift > 0 {
                scan(NestedPageTable.table(table[index]), firstPage: page, shift: shift - 9, &count)
            } else if table[index] & NestedFlags.dirty != 0 {
                table[index] &= ~NestedFlags.dirty
                dirtyList[count] = page
                count += 1
            }
        }
    }

    /// Every page that has a frame, ascending.
    public func presentPages() -> [GuestPhysicalPage] {
        var pages: [GuestPhysicalPage] = []
        collectPresent(table.root, firstPage: 0, shift: 27, &pages)
        return pages
    }

    private func collectPresent(
        _ table: UnsafeMutablePointer<UInt64>, firstPage: UInt64, shift: UInt64, _ pages: inout [GuestPhysicalPage]
    ) {
        for index in 0..<NestedPageTable.entriesPerTable where table[index] & NestedFlags.addressMask != 0 {
            let page = firstPage + UInt64(index) << shift
            if shift > 0 {
                collectPresent(NestedPageTable.table(table[index]), firstPage: page, shift: shift - 9, &pages)
            } else {
                pages.append(GuestPhysicalPage(page))
            }
        }
    }
}
