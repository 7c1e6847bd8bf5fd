import GuestMemory

/// Keeping the TLB in step with the guest's page tables (patents.md, requirements 20–29): what a store to a page with T
/// does. Which pages have T is decided in `HartCluster+TablePages`.
extension HartCluster {
    /// A store of `byteCount` bytes to a page with T is about to happen: keeps every hart's TLB in step (23, 27), and
    /// records what changed (29). Entries that did not change need nothing. A store that touches two entries, or a device
    /// write of any length inside the page, is one change an entry.
    func synchronise(
        _ h: Hart, page: UInt64, leaf: UnsafeMutablePointer<UInt64>, offset: Int, byteCount: Int, store: () -> Void
    ) {
        let first = offset & ~7
        let count = ((offset + byteCount - 1) & ~7 - first) / 8 + 1
        let entries = (GuestMemory.hostAddress(leaf.pointee) + first).assumingMemoryBound(to: UInt64.self)
        if count == 1 {
            let old = entries.pointee
            store()
            entryChanged(h, page, entries, first, old)
        } else {
            synchroniseEach(
                h, page: page, first: first, UnsafeMutableBufferPointer(start: entries, count: count), store)
        }
        assertInvariants()
    }

    /// One entry after the other takes its new value, for each may decide which pages are tables.
    private func synchroniseEach(
        _ h: Hart, page: UInt64, first: Int, _ entries: UnsafeMutableBufferPointer<UInt64>, _ store: () -> Void
    ) {
        let old = Array(entries)
        store()
        let new = Array(entries)
        _ = entries.update(from: old)
        for (index, value) in new.enumerated() {
            entries[index] = value
            entryChanged(h, page, entries.baseAddress.unsafelyUnwrapped + index, first + index * 8, old[index])
        }
    }

    private func entryChanged(
        _ h: Hart, _ page: UInt64, _ entry: UnsafeMutablePointer<UInt64>, _ offset: Int, _ old: UInt64
    ) {
        let new = entry.pointee
        // A store to the entry before may have ended the page's time as a table.
        let levels = memory.tableLevels(page: page)
        guard new != old, levels != 0 else { return }
        let address = page << pageShift | UInt64(offset)
        let dropped = respond(to: address, page, old, levels)
        statisticsPointer.pointee.eventCount &+= 1
        statisticsPointer.pointee.droppedTranslationCount &+= UInt64(dropped)
        note(h, .entry, address, levels, old, new, dropped)
        followLinks(h, page, levels: levels, old: old, new: new)
    }

    // MARK: The three responses (24)

    /// Takes what the old entry gave out of every hart's TLB, before any later translation can hit.
    /// - Returns: how many data translations were dropped.
    private func respond(to address: UInt64, _ page: UInt64, _ old: UInt64, _ levels: UInt64) -> Int {
        switch response {
        case .everything: return flushTranslations()
        case .page: return dropTranslations(through: page)
        case .precise:
            // Nothing cached derives from an entry that was not valid.
            guard old & PTE.valid != 0 else {
                statisticsPointer.pointee.idleEventCount &+= 1
                return 0
            }
            return dropTranslations(of: address, old, levels)
        }
    }

    /// Drops what was translated through one entry, an upper one with all its descendants, on every hart.
    private func dropTranslations(of address: UInt64, _ old: UInt64, _ levels: UInt64) -> Int {
        var dropped = 0
        var isIdle = true
        for hart in harts {
            for index in 0..<TLBContext.count {
                dropped += hart.pointee.contexts[index].drop(entryAt: address, levels: levels)
            }
            // Data that is only read or written leads to no fetch.
            if old & (PTE.read | PTE.execute) == PTE.read { continue }
            for mode in 0..<2 where hart.pointee.jumpCaches[mode].filter.mayContain(address) {
                isIdle = false
                flushJumpCache(hart, mode)
            }
        }
        if isIdle && dropped == 0 { statisticsPointer.pointee.idleEventCount &+= 1 }
        return dropped
    }

    /// Drops what was translated through any entry of a page, on every hart.
    /// - Returns: how many data translations were dropped.
    @discardableResult
    func dropTranslations(through page: UInt64) -> Int {
        var dropped = 0
        for hart in harts {
            for index in 0..<TLBContext.count { dropped += hart.pointee.contexts[index].drop(tablePage: page) }
            for mode in 0..<2 where hart.pointee.jumpCaches[mode].filter.mayContain(page) { flushJumpCache(hart, mode) }
        }
        return dropped
    }

    private func flushJumpCache(_ h: Hart, _ mode: Int) {
        statisticsPointer.pointee.jumpCacheFlushCount &+= 1
        h.pointee.jumpCaches[mode].flush()
        if Int(h.pointee.privilege.rawValue) == mode { h.pointee.generation = h.pointee.jumpCaches[mode].generation }
    }

    // MARK: Flushes

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

    /// A and D were cleared: before a hart resumes, no cached translation may be left that would not set them again
    /// (requirement 4).
    public func epochEnded() {
        if testOmitsEpochFlush { return }
        _ = flushTranslations()
    }

    func flushJumpCaches() {
        for hart in harts {
            for mode in 0..<4 { hart.pointee.jumpCaches[mode].flush() }
            hart.pointee.generation = hart.pointee.jumpCaches[Int(hart.pointee.privilege.rawValue)].generation
        }
    }

    /// A hart's satp changed: what it translated with the old root is no longer true. T stays: when the root comes back, its
    /// tables have been followed all the while.
    /// - Parameter actor: the hart whose instruction did it; another one's when firmware starts the hart.
    func rootChanged(_ h: Hart, old: UInt64, by actor: Hart) {
        for index in TLBContext.supervisor...TLBContext.user { _ = h.pointee.contexts[index].flush() }
        for mode in 0..<2 { h.pointee.jumpCaches[mode].flush() }
        h.pointee.selectContexts()
        statisticsPointer.pointee.rootChangeCount &+= 1
        followRoot(of: h, by: actor)
        note(actor, .root, 0, 0, old, h.pointee.satp, of: h)
    }

    /// Keeps an event of the instruction that a hart executes (29), where somebody reads them.
    /// - Parameter target: the hart that the event is about, if it is another.
    func note(
        _ h: Hart, _ kind: TLBEvent.Kind, _ address: UInt64, _ levels: UInt64, _ old: UInt64 = 0, _ new: UInt64 = 0,
        _ dropped: Int = 0, of target: Hart? = nil
    ) {
        guard recordsTLBEvents else { return }
        tlbEvents.append(
            TLBEvent(
                kind: kind, icount: icount(h), hart: UInt8((target ?? h).pointee.id), pc: currentPC(h),
                entryAddress: GuestPhysicalAddress(address), levels: UInt8(levels), oldValue: old, newValue: new,
                droppedCount: UInt32(dropped)))
        // Whoever reads them must not wait until they fill memory.
        if tlbEvents.count >= tlbEventCountMax { askForPause(h) }
    }

    /// Lets whoever runs the harts look at the next block boundary whether to stop.
    func askForPause(_ h: Hart) {
        hasLaggedBehind = true
        h.pointee.mustLeaveSlice = true
    }

    /// The guest asks for translations to be dropped (SFENCE.VMA, a firmware's remote fence). Every one equals a fresh walk
    /// already (28), so there is nothing to do, but where a test has taken that away.
    /// - Parameter range: the guest-virtual addresses; nil for all of them.
    public func fenceTranslations(_ h: Hart, _ range: (start: UInt64, byteCount: UInt64)?) {
        guard ignoresTablePages else {
            statisticsPointer.pointee.avoidedFlushCount &+= 1
            return
        }
        guard let range else {
            for index in TLBContext.supervisor...TLBContext.user { _ = h.pointee.contexts[index].flush() }
            for mode in 0..<2 { flushJumpCache(h, mode) }
            return
        }
        for offset in stride(from: 0, to: range.byteCount, by: pageSize) {
            let address = range.start &+ offset
            for index in TLBContext.supervisor...TLBContext.user {
                _ = h.pointee.contexts[index].drop(address: address)
            }
            let key = DerivationFilter.key(ofPageAt: address)
            for mode in 0..<2 where h.pointee.jumpCaches[mode].filter.mayContain(key) { flushJumpCache(h, mode) }
        }
    }

    // MARK: Random eviction

    /// Before a translation is cached: now and then evicts one at random, or everything the hart has (`--tlb-evict`).
    func evictAtRandom(_ h: Hart, _ state: UnsafeMutablePointer<UInt64>) {
        var roll = state.pointee
        roll ^= roll &<< 13
        roll ^= roll &>> 7
        roll ^= roll &<< 17
        state.pointee = roll
        if roll & 3 == 0 {
            let context = h.pointee.contexts + Int((roll >> 8) & 3)
            _ = context.pointee.drop(slot: Int(truncatingIfNeeded: roll >> 16) & (context.pointee.entryCount - 1))
        }
        if (roll >> 40) & 63 == 0 {
            for index in 0..<TLBContext.count { _ = h.pointee.contexts[index].flush() }
            for mode in 0..<4 { h.pointee.jumpCaches[mode].flush() }
            h.pointee.generation = h.pointee.jumpCaches[Int(h.pointee.privilege.rawValue)].generation
        }
    }

    // MARK: Decoded instructions

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
