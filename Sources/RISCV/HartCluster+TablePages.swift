import GuestMemory

/// Which pages have T (patents.md, requirements 20–22, 25), and at which levels.
///
/// T is set during the walk, for every page that a walk reads (21); for a root already when satp names it; and for what hangs
/// on a page with T: as soon as a page is a table, the tables that its entries point to are followed too, before any walk has
/// read them. So the history of a translation (`palimpsest tlb`) knows the store that made it, which comes before the first
/// walk through it.
///
/// T is cleared (25) when nothing makes the page a table any longer: no entry of a table points to it (they are counted), and
/// no satp has named it, or else a value was stored to it that no table holds while no hart uses it. Whatever derives from
/// the page is dropped first.
///
/// Both are functions of what the guest executed alone: a walk that finds T set changes nothing, and one that finds it clear
/// is the first after nothing was cached. So T is the same for every TLB and every length of epoch; checkpoints keep it.
extension HartCluster {
    /// Upper tables whose entries are looked at in one go. Bounds what one store of a hostile guest can cost; what is left out
    /// is found by walks.
    private static let scanCountMax = 64
    /// Entries of a leaf table that are told when it gets T. (A process's first tables hold a few dozen.)
    private static let foundCountMax = 128
    /// More than this many in one go, and somebody may be waiting.
    private static let scanCountAtOnce = 4

    // MARK: Coming into use

    /// A walk reads a page at `level`.
    @inline(__always)
    func markTablePage(_ h: Hart, _ leaf: UnsafeMutablePointer<UInt64>, _ page: UInt64, _ level: Int) {
        if leaf.pointee & (1 << (NestedFlags.tableLevelShift + UInt64(level))) == 0 { startFollowing(h, page, level) }
    }

    @inline(never)
    private func startFollowing(_ h: Hart, _ page: UInt64, _ level: Int) {
        if ignoresTablePages { return }
        if let root = Self.root(h.pointee.satp), root == (page, level) { return followRoot(of: h, by: h) }
        var scansLeft = Self.scanCountMax
        mark(h, page, level, &scansLeft)
        noteScans(h, scansLeft)
    }

    /// A hart's satp names a root that its next walk will read.
    func followRoot(of target: Hart, by h: Hart) {
        guard !ignoresTablePages, let (page, level) = Self.root(target.pointee.satp), memory.contains(page: page) else {
            return
        }
        tablePages[page, default: TablePage()].rootLevels |= 1 << UInt8(level)
        var scansLeft = Self.scanCountMax
        mark(h, page, level, &scansLeft)
        noteScans(h, scansLeft)
    }

    /// The root that a value of satp names, and its level.
    private static func root(_ satp: UInt64) -> (page: UInt64, level: Int)? {
        switch satp >> 60 {
        case 8: (satp & 0xfff_ffff_ffff, 2)
        case 9: (satp & 0xfff_ffff_ffff, 3)
        default: nil
        }
    }

    private func noteScans(_ h: Hart, _ scansLeft: Int) {
        if Self.scanCountMax - scansLeft > Self.scanCountAtOnce { askForPause(h) }
    }

    /// Sets T at a level, and follows what the page points to.
    private func mark(_ h: Hart, _ page: UInt64, _ level: Int, _ scansLeft: inout Int) {
        let bit = UInt8(1) << UInt8(level)
        let before = tablePages[page, default: TablePage()].levels
        guard before & bit == 0, level == 0 || scansLeft > 0 else { return }
        tablePages[page, default: TablePage()].levels = before | bit
        memory.setTableLevels(page: page, levels: UInt64(before | bit))
        if before == 0 {
            writeDisable(page: page)
            noteFollow(h, page, level)
        }
        guard level > 0 else { return }
        scansLeft -= 1
        forEachLink(in: page) { link(h, $0, level - 1, &scansLeft) }
    }

    /// One more entry of a table points to a page.
    private func link(_ h: Hart, _ page: UInt64, _ level: Int, _ scansLeft: inout Int) {
        tablePages[page, default: TablePage()].linkCounts[level] &+= 1
        mark(h, page, level, &scansLeft)
    }

    /// Notes that a page has T, and what it holds, unless that is a leaf table with much in it.
    private func noteFollow(_ h: Hart, _ page: UInt64, _ level: Int) {
        guard recordsTLBEvents else { return }
        let levels: UInt64 = 1 << UInt64(level)
        let entries = memory.peek(GuestPhysicalPage(page)).map {
            UnsafeBufferPointer(start: $0.assumingMemoryBound(to: UInt64.self), count: 512)
        }
        let foundCount = entries.map { $0.count { $0 != 0 } } ?? 0
        let isTold = level > 0 || foundCount <= Self.foundCountMax
        note(h, .follow, page << pageShift, levels, 0, isTold ? 1 : 0)
        guard isTold, foundCount > 0, let entries else { return }
        for (index, entry) in entries.enumerated() where entry != 0 {
            note(h, .found, page << pageShift | UInt64(index) << 3, levels, 0, entry)
        }
    }

    /// Takes the right to store through any cached translation of a guest-physical page, on every hart (22).
    func writeDisable(page: UInt64) {
        // What was not written since the last scan has no translation that allows it.
        guard let leaf = memory.inspectLeaf(GuestPhysicalPage(page)), leaf & NestedFlags.dirty != 0 else { return }
        for hart in harts {
            for index in 0..<TLBContext.count { hart.pointee.contexts[index].writeDisable(physicalPage: page) }
        }
    }

    // MARK: Going out of use

    /// One entry of a table less points to a page. (A checkpoint that was forged could say that none did.)
    private func unlink(_ h: Hart, _ page: UInt64, _ level: Int) {
        guard let count = tablePages[page]?.linkCounts[level], count > 0 else { return }
        tablePages[page]!.linkCounts[level] = count - 1
        clearUnlessWanted(h, page, level)
    }

    /// Clears T at a level where nothing makes the page a table, and goes on with what it points to. Not bounded: there is no
    /// more to clear than earlier stores and walks have set.
    private func clearUnlessWanted(_ h: Hart, _ page: UInt64, _ level: Int) {
        guard var record = tablePages[page], !record.isWanted(at: level) else { return }
        let bit = UInt8(1) << UInt8(level)
        let hadT = record.levels & bit != 0
        record.levels &= ~bit
        tablePages[page] = record.isForgotten ? nil : record
        guard hadT else { return }
        dropTranslations(through: page)
        memory.setTableLevels(page: page, levels: UInt64(record.levels))
        if record.levels == 0 { note(h, .unfollow, page << pageShift, UInt64(bit)) }
        guard level > 0 else { return }
        askForPause(h)
        forEachLink(in: page) { unlink(h, $0, level - 1) }
    }

    // MARK: Changes

    /// An entry of a table changed: follows what it points to now, and no longer what it pointed to.
    func followLinks(_ h: Hart, _ page: UInt64, levels: UInt64, old: UInt64, new: UInt64) {
        guard levels > 1 else { return }
        let oldTarget = linkTarget(old)
        let newTarget = linkTarget(new)
        if oldTarget != newTarget {
            var scansLeft = Self.scanCountMax
            for level in 1..<WalkPath.levelCount where levels >> UInt64(level) & 1 != 0 {
                // The new one first: a table that moves within its parent stays one.
                if let newTarget { link(h, newTarget, level - 1, &scansLeft) }
                if let oldTarget { unlink(h, oldTarget, level - 1) }
            }
            noteScans(h, scansLeft)
        }
        if let roots = tablePages[page]?.rootLevels, roots != 0, !isPlausible(new) { retireRoots(h, page, roots) }
    }

    /// Whether an upper table may hold an entry.
    private func isPlausible(_ entry: UInt64) -> Bool {
        if entry == 0 { return true }
        guard entry & PTE.valid != 0, PTE.pageNumber(entry) < memory.firstPage + memory.pageCount else { return false }
        // The smallest superpage's alignment.
        return PTE.isPointer(entry) || PTE.isLeaf(entry) && PTE.pageNumber(entry) & 511 == 0
    }

    /// A page that was a root holds something else now, as one does that was freed and is used anew. Roots that a hart uses
    /// stay.
    private func retireRoots(_ h: Hart, _ page: UInt64, _ roots: UInt8) {
        for level in 2..<WalkPath.levelCount where roots >> UInt8(level) & 1 != 0 {
            if harts.contains(where: { Self.root($0.pointee.satp).map { $0 == (page, level) } ?? false }) { continue }
            tablePages[page]!.rootLevels &= ~(1 << UInt8(level))
            clearUnlessWanted(h, page, level)
        }
    }

    // MARK: Links

    /// The pages in RAM that a page's entries point to as tables, one for each entry.
    private func forEachLink(in page: UInt64, _ body: (UInt64) -> Void) {
        guard let frame = memory.peek(GuestPhysicalPage(page)) else { return }
        for index in 0..<512 {
            let entry = frame.load(fromByteOffset: index * 8, as: UInt64.self)
            if entry != 0, let target = linkTarget(entry) { body(target) }
        }
    }

    /// The page of the next table, when a walk would go on there.
    private func linkTarget(_ entry: UInt64) -> UInt64? {
        guard PTE.isPointer(entry) else { return nil }
        let page = PTE.pageNumber(entry)
        return memory.contains(page: page) ? page : nil
    }

    // MARK: Checkpoints

    /// Makes T what a checkpoint says; nothing may be cached. Pages outside memory are the caller's to refuse.
    public func replaceTablePages(_ pages: [UInt64: TablePage]) {
        for page in tablePages.keys { memory.setTableLevels(page: page, levels: 0) }
        tablePages = pages
        for (page, record) in pages { memory.setTableLevels(page: page, levels: UInt64(record.levels)) }
    }

    /// What makes pages tables, counted anew from memory: for checks.
    func recountedTablePages() -> [UInt64: TablePage] {
        var counted = tablePages.mapValues { record in
            var record = record
            record.linkCounts = SIMD4(repeating: 0)
            return record
        }
        for (page, record) in tablePages {
            for level in 1..<WalkPath.levelCount where record.levels >> UInt8(level) & 1 != 0 {
                forEachLink(in: page) { counted[$0, default: TablePage()].linkCounts[level - 1] += 1 }
            }
        }
        return counted.filter { !$0.value.isForgotten }
    }
}
