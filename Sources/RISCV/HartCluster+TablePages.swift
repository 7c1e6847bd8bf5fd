import GuestMemory

/// Which pages have T (patents.md, requirements 20–22, 25), and at which levels.
///
/// T is set during the walk, for every page that a walk reads (21), and for what hangs on such a page: as soon as a page
/// is a table, the tables that its entries point to are followed too, before any walk has read them. So the history of a
/// translation (`palimpsest tlb`) knows the store that made it, which comes before the first walk through it.
///
/// T is cleared (25) when the page is no table any longer: the entry that pointed to it points elsewhere, or a store puts a
/// value there that no page table holds. Whatever derives from the page is dropped first.
///
/// Both are functions of what the guest executed alone: a walk that finds T set changes nothing, and one that finds it clear
/// is the first after nothing was cached. So T is the same for every TLB and every length of epoch; checkpoints keep it.
extension HartCluster {
    /// Upper tables whose entries are looked at in one go. Bounds what one store of a hostile guest can cost; what is left out
    /// is found by walks.
    private static let scanCountMax = 64

    /// A walk reads a page at `level`.
    @inline(__always)
    func markTablePage(_ h: Hart, _ leaf: UnsafeMutablePointer<UInt64>, _ page: UInt64, _ level: Int) {
        if leaf.pointee & (1 << (NestedFlags.tableLevelShift + UInt64(level))) == 0 { startFollowing(h, page, level) }
    }

    @inline(never)
    private func startFollowing(_ h: Hart, _ page: UInt64, _ level: Int) {
        if ignoresTablePages { return }
        var scansLeft = Self.scanCountMax
        follow(h, page, level, &scansLeft)
    }

    private func follow(_ h: Hart, _ page: UInt64, _ level: Int, _ scansLeft: inout Int) {
        let wasTable = memory.tableLevels(page: page) != 0
        guard memory.addTableLevel(page: page, level: level) else { return }
        if !wasTable {
            writeDisable(page: page)
            note(h, .follow, page << pageShift, 1 << UInt64(level))
        }
        guard level > 0, scansLeft > 0 else { return }
        scansLeft -= 1
        forEachLink(in: page) { follow(h, $0, level - 1, &scansLeft) }
    }

    /// A page is no table at `level` any longer.
    private func stopFollowing(_ h: Hart, _ page: UInt64, _ level: Int, _ scansLeft: inout Int) {
        guard memory.tableLevels(page: page) & (1 << UInt64(level)) != 0 else { return }
        removeLevels(h, page, 1 << UInt64(level))
        guard level > 0, scansLeft > 0 else { return }
        scansLeft -= 1
        forEachLink(in: page) { stopFollowing(h, $0, level - 1, &scansLeft) }
    }

    /// Takes levels from a page, after everything that derives from it is gone (25).
    private func removeLevels(_ h: Hart, _ page: UInt64, _ levels: UInt64) {
        dropTranslations(through: page)
        memory.removeTableLevels(page: page, levels: levels)
        if memory.tableLevels(page: page) == 0 { note(h, .unfollow, page << pageShift, levels) }
    }

    /// The pages in RAM that a page's entries point to as tables.
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

    /// Takes the right to store through any cached translation of a guest-physical page, on every hart (22).
    func writeDisable(page: UInt64) {
        // What was not written since the last scan has no translation that allows it.
        guard let leaf = memory.inspectLeaf(GuestPhysicalPage(page)), leaf & NestedFlags.dirty != 0 else { return }
        for hart in harts {
            for index in 0..<TLBContext.count { hart.pointee.contexts[index].writeDisable(physicalPage: page) }
        }
    }

    /// An entry of a table changed: follows what it points to now, and no longer what it pointed to.
    func followLinks(_ h: Hart, _ page: UInt64, index: UInt64, levels: UInt64, old: UInt64, new: UInt64) {
        if levels > 1 {
            let oldTarget = linkTarget(old)
            let newTarget = linkTarget(new)
            if oldTarget != newTarget {
                var scansLeft = Self.scanCountMax
                for level in 1..<WalkPath.levelCount where levels >> UInt64(level) & 1 != 0 {
                    if let oldTarget, !isLinked(oldTarget, level, index) {
                        stopFollowing(h, oldTarget, level - 1, &scansLeft)
                    }
                    if let newTarget { follow(h, newTarget, level - 1, &scansLeft) }
                }
            }
        }
        if !isPlausible(new, levels) { stopBeingTable(h, page) }
    }

    /// Whether a root in use points to the same table from the same place, as every process's root does to the kernel's.
    private func isLinked(_ target: UInt64, _ level: Int, _ index: UInt64) -> Bool {
        harts.contains { hart in
            let satp = hart.pointee.satp
            guard satp >> 60 == UInt64(level) + 6 else { return false }
            let frame = memory.peek(GuestPhysicalPage(satp & 0xfff_ffff_ffff))
            return frame.flatMap { linkTarget($0.load(fromByteOffset: Int(index) * 8, as: UInt64.self)) } == target
        }
    }

    /// Whether an entry may stand in a page table. Invalid leaf entries may hold anything (swapped pages do), upper ones do not.
    private func isPlausible(_ entry: UInt64, _ levels: UInt64) -> Bool {
        if entry & PTE.valid == 0 { return entry == 0 || levels == 1 }
        guard entry & PTE.reserved == 0, entry & (PTE.read | PTE.write) != PTE.write,
            PTE.pageNumber(entry) < memory.firstPage + memory.pageCount
        else { return false }
        return entry & (PTE.read | PTE.execute) != 0 || levels > 1
    }

    /// The page holds something else now, as one does that was freed and is used anew.
    private func stopBeingTable(_ h: Hart, _ page: UInt64) {
        let levels = memory.tableLevels(page: page)
        removeLevels(h, page, levels)
        guard levels > 1 else { return }
        var scansLeft = Self.scanCountMax
        for level in 1..<WalkPath.levelCount where levels >> UInt64(level) & 1 != 0 {
            forEachLink(in: page) { stopFollowing(h, $0, level - 1, &scansLeft) }
        }
    }
}
