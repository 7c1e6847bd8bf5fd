import Dispatch

extension GuestMemory {
    /// Pages with D set since the last scan, ascending; clears D and every A on the way (patents.md, requirements 1, 3).
    ///
    /// Subtrees whose A is 0 are skipped, so the cost follows the pages touched, not the memory's size. Every TLB must be
    /// flushed before a hart resumes (requirement 4): a cached translation would set neither bit again.
    ///
    /// - Parameter threadCountMax: threads that may share the work where it is large enough (requirement 2). The result is the
    ///   same for any number.
    /// - Returns: page numbers, valid until the next scan.
    public func scanAndClear(threadCountMax: Int = 1) -> UnsafeBufferPointer<UInt64> {
        let runCount = collectTouchedRuns()
        // What a touched run and a dirty page cost where they are not in the cache, measured.
        let expected_ns = runCount * 13 + dirtyPageCount * 2
        let isShared = threadCountMax > 1 && runCount > 1 && expected_ns >= sharedScanMin_ns
        let count = isShared ? scanRuns(runCount, threadCount: threadCountMax) : scanRuns(runCount)
        dirtyCounter.pointee = 0
        reachedTables.update(repeating: nil, count: reachedTableCount)
        return UnsafeBufferPointer(start: dirtyList, count: count)
    }

    // MARK: Upper levels

    /// Finds the runs of 512 pages that were touched, ascending, and clears A on the levels above their leaves.
    /// - Returns: how many there are in `touchedRuns`.
    private func collectTouchedRuns() -> Int {
        var count = 0
        collectTouchedRuns(table.root, firstPage: 0, shift: 27, &count)
        return count
    }

    private func collectTouchedRuns(
        _ table: UnsafeMutablePointer<UInt64>, firstPage: UInt64, shift: UInt64, _ count: inout Int
    ) {
        // Entries that lead to no RAM are never touched: most of the upper tables is not even read.
        let lastPage = self.firstPage &+ pageCount &- 1
        let first = self.firstPage > firstPage ? Int((self.firstPage &- firstPage) >> shift) : 0
        let last = min(Int((lastPage &- firstPage) >> shift), NestedPageTable.entriesPerTable - 1)
        Self.forEachAccessed(in: table, first...last) { index in
            let page = firstPage &+ UInt64(index) << shift
            if shift > 9 {
                collectTouchedRuns(NestedPageTable.table(table[index]), firstPage: page, shift: shift - 9, &count)
            } else {
                touchedRuns[count] = TouchedRun(
                    leaves: NestedPageTable.table(table[index]), index: Int((page &- firstRunPage) >> 9))
                count += 1
            }
        }
    }

    // MARK: Leaves

    private func scanRuns(_ runCount: Int) -> Int {
        var count = 0
        for index in 0..<runCount { count &+= scan(touchedRuns[index], into: dirtyList + count) }
        return count
    }

    /// Threads take parts of the runs. What each finds goes where only it can write, and closes up at the end, in page order
    /// whoever found it.
    private func scanRuns(_ runCount: Int, threadCount: Int) -> Int {
        let partCount = min(runCount, threadCount * 4)
        let counts = UnsafeMutablePointer<Int>.allocate(capacity: partCount)
        defer { counts.deallocate() }
        let work = ScanWork(memory: self, runCount: runCount, partCount: partCount, counts: counts)
        DispatchQueue.concurrentPerform(iterations: partCount) { work.scan(part: $0) }
        var count = 0
        for part in 0..<partCount {
            let first = work.runs(ofPart: part).lowerBound
            (dirtyList + count).update(from: dirtyList + first * 512, count: counts[part])
            count += counts[part]
        }
        return count
    }

    /// - Returns: the number of dirty pages written to `list`.
    fileprivate func scan(_ run: TouchedRun, into list: UnsafeMutablePointer<UInt64>) -> Int {
        let firstPage = firstRunPage &+ UInt64(run.index) << 9
        var groups = reachedGroups[run.index]
        reachedGroups[run.index] = 0
        var count = 0
        while groups != 0 {
            let first = groups.trailingZeroBitCount &* 8
            groups &= groups &- 1
            for index in first..<first &+ 8 where run.leaves[index] & NestedFlags.accessed != 0 {
                let isDirty = run.leaves[index] & NestedFlags.dirty != 0
                run.leaves[index] &= ~(NestedFlags.accessed | NestedFlags.dirty)
                guard isDirty else { continue }
                list[count] = firstPage &+ UInt64(index)
                count &+= 1
            }
        }
        assert((0..<512).allSatisfy { run.leaves[$0] & (NestedFlags.accessed | NestedFlags.dirty) == 0 })
        return count
    }

    /// Visits the entries of an upper table that have A, ascending, and clears it. Looks at eight at a time: most have none.
    @inline(__always)
    private static func forEachAccessed(
        in table: UnsafeMutablePointer<UInt64>, _ indexes: ClosedRange<Int>, _ body: (Int) -> Void
    ) {
        var first = indexes.lowerBound & ~7
        while first <= indexes.upperBound {
            let entries = table + first
            let any =
                entries[0] | entries[1] | entries[2] | entries[3] | entries[4] | entries[5] | entries[6] | entries[7]
            if any & NestedFlags.accessed != 0 {
                for index in first..<first &+ 8 where table[index] & NestedFlags.accessed != 0 {
                    table[index] &= ~NestedFlags.accessed
                    body(index)
                }
            }
            first &+= 8
        }
    }

    // MARK: What is there

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

/// 512 pages, of which at least one was touched since the last scan.
struct TouchedRun {
    /// Their 512 entries in the nested page table.
    var leaves: UnsafeMutablePointer<UInt64>
    /// Counted from the first run of RAM.
    var index: Int
}

/// A scan that threads share: each part is a stretch of the touched runs, and nobody else's.
private struct ScanWork: @unchecked Sendable {
    let memory: GuestMemory
    let runCount: Int
    let partCount: Int
    /// Dirty pages that each part found.
    let counts: UnsafeMutablePointer<Int>

    func runs(ofPart part: Int) -> Range<Int> {
        runCount * part / partCount..<runCount * (part + 1) / partCount
    }

    func scan(part: Int) {
        let runs = runs(ofPart: part)
        let list = memory.dirtyList + runs.lowerBound * 512
        var count = 0
        for index in runs { count &+= memory.scan(memory.touchedRuns[index], into: list + count) }
        counts[part] = count
    }
}
