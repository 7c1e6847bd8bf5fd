import GuestMemory

/// Keeping the TLB in step with the guest's page tables (patents.md, requirements 20–29).
extension HartCluster {
    /// Sets T for a page that a walk reads at `level` (21); on 0→1 no translation may let a store reach it (22).
    @inline(__always)
    func markTablePage(_ leaf: UnsafeMutablePointer<UInt64>, _ page: UInt64, _ level: Int) {
        let wanted = NestedFlags.tablePage | 1 << (NestedFlags.tableLevelShift + UInt64(level))
        if leaf.pointee & wanted != wanted { markTablePageSlow(leaf, page, wanted) }
    }

    @inline(never)
    private func markTablePageSlow(_ leaf: UnsafeMutablePointer<UInt64>, _ page: UInt64, _ wanted: UInt64) {
        if testIgnoresTablePages { return }
        if memory.markTablePage(leaf, page: page) { writeDisable(page: page) }
        leaf.pointee |= wanted
    }

    /// Takes the right to store through any cached translation of a guest-physical page, on every hart.
    func writeDisable(page: UInt64) {
        for hart in harts {
            for index in 0..<TLBContext.count { hart.pointee.contexts[index].writeDisable(physicalPage: page) }
        }
    }

    /// A store of `byteCount` bytes to a page with T is about to happen: keeps every hart's TLB in step (23, 27), and
    /// records what changed (29). Entries that did not change need nothing.
    ///
    /// An entry that was invalid has nothing cached that derives from it. A valid one in a page that walks read at the
    /// leaf level only loses the translations made from it; at upper levels everything goes (24).
    func synchronise(
        _ h: Hart, page: UInt64, leaf: UnsafeMutablePointer<UInt64>, offset: Int, byteCount: Int, store: () -> Void
    ) {
        let frame = GuestMemory.hostAddress(leaf.pointee)
        let first = offset & ~7
        let last = (offset + byteCount - 1) & ~7
        var old: (UInt64, UInt64) = (0, 0)
        if last - first > 8 {
            synchroniseWide(h, page: page, leaf: leaf, first: first, last: last, store: store)
            assertInvariants()
            return
        }
        old.0 = frame.load(fromByteOffset: first, as: UInt64.self)
        old.1 = frame.load(fromByteOffset: last, as: UInt64.self)
        store()
        entryChanged(h, page, leaf, first, old.0)
        if last != first { entryChanged(h, page, leaf, last, old.1) }
        assertInvariants()
    }

    /// A device or firmware write of any length inside one page.
    private func synchroniseWide(
        _ h: Hart, page: UInt64, leaf: UnsafeMutablePointer<UInt64>, first: Int, last: Int, store: () -> Void
    ) {
        let frame = GuestMemory.hostAddress(leaf.pointee)
        let old = stride(from: first, through: last, by: 8).map { frame.load(fromByteOffset: $0, as: UInt64.self) }
        store()
        for (index, value) in old.enumerated() { entryChanged(h, page, leaf, first + index * 8, value) }
    }

    private func entryChanged(
        _ h: Hart, _ page: UInt64, _ leaf: UnsafeMutablePointer<UInt64>, _ offset: Int, _ old: UInt64
    ) {
        let new = GuestMemory.hostAddress(leaf.pointee).load(fromByteOffset: offset, as: UInt64.self)
        guard new != old else { return }
        let levels = (leaf.pointee & NestedFlags.tableLevels) >> NestedFlags.tableLevelShift
        let address = page << pageShift | UInt64(offset)
        var dropped = 0
        if old & PTE.valid != 0 {
            dropped = levels == 1 ? dropLeafEntry(address, old) : flushTranslations()
        }
        guard recordsTLBEvents else { return }
        tlbEvents.append(
            TLBEvent(
                icount: icount(h), hart: UInt8(h.pointee.id), entryAddress: GuestPhysicalAddress(address),
                levels: UInt8(levels), oldValue: old, newValue: new, droppedCount: UInt32(dropped)))
    }

    /// Drops what was translated through one leaf entry, on every hart.
    private func dropLeafEntry(_ address: UInt64, _ old: UInt64) -> Int {
        var dropped = 0
        for hart in harts {
            for index in 0..<TLBContext.count { dropped += hart.pointee.contexts[index].drop(leafEntryAt: address) }
        }
        if old & PTE.execute != 0 { flushJumpCaches() }
        return dropped
    }

    /// Drops every cached translation of every hart.
    /// - Returns: how many data translations there were.
    @discardableResult
    public func flushTranslations() -> Int {
        var dropped = 0
        for hart in harts {
            for index in 0..<TLBContext.count { dropped += hart.pointee.contexts[index].flush() }
        }
        flushJumpCaches()
        return dropped
    }

    func flushJumpCaches() {
        for hart in harts {
            for mode in 0..<4 { hart.pointee.jumpCaches[mode].flush() }
            hart.pointee.generation = hart.pointee.jumpCaches[Int(hart.pointee.privilege.rawValue)].generation
        }
    }

    /// What an epoch's end asks for: nothing cached survives it (requirement 4), so no page needs its T any longer (25).
    public func flushAtEpochEnd() {
        flushTranslations()
        memory.clearTablePages()
    }

    /// Drops the translations of one hart that a new root invalidates.
    func flushAddressSpace(_ h: Hart) {
        for index in TLBContext.supervisor...TLBContext.user { _ = h.pointee.contexts[index].flush() }
        for mode in 0..<2 { h.pointee.jumpCaches[mode].flush() }
        h.pointee.selectContexts()
    }

    /// Drops the decoded instructions that a walk's write overlaps. The access that walked must then leave its block,
    /// which may be among them.
    func dropDecodedCode(_ h: Hart, page: UInt64, offset: Int, byteCount: Int) {
        guard let leaf = memory.leaf(page), leaf.pointee & NestedFlags.decodedCode != 0,
            code.invalidate(page: page, leaf: leaf, offset: offset, byteCount: byteCount)
        else { return }
        flushJumpCaches()
        h.pointee.walkDroppedCode = true
    }

    /// What an access that finished tells the interpreter: `.leave` when its walk dropped decoded instructions.
    @inline(__always)
    func outcomeAfterWalk(_ h: Hart, _ outcome: Outcome = .done) -> Outcome {
        if !h.pointee.walkDroppedCode { return outcome }
        h.pointee.walkDroppedCode = false
        return .leave
    }
}
