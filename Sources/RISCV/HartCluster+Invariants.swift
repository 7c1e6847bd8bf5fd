import GuestMemory

/// What a check of the engine's caches found to be untrue.
public struct InvariantViolation: Error, CustomStringConvertible {
    public var description: String
}

/// The invariants of docs/architecture.md that concern the engine's caches (1 to 4), checked against fresh walks.
///
/// Debug builds check at the end of each slice and after each synchronisation, test builds where they are asked to
/// (`TestSwitches`); release builds leave that out. A check has no side effect: its walks mark nothing and write no A or D.
extension HartCluster {
    /// Checks every data TLB, jump cache and decoded block.
    /// - Throws: `InvariantViolation` for the first thing that is untrue.
    public func checkInvariants() throws(InvariantViolation) {
        for hart in harts {
            for index in 0..<TLBContext.count { try checkContext(hart, index) }
            for privilege in [Privilege.user, .supervisor, .machine] { try checkJumpCache(hart, privilege) }
        }
        try code.checkPages()
        try checkTablePages()
    }

    /// T is what the register of table pages says, and that is what memory says.
    private func checkTablePages() throws(InvariantViolation) {
        if ignoresTablePages { return }
        let counted = recountedTablePages()
        for (page, record) in tablePages where record != counted[page] {
            throw violated("\(GuestPhysicalPage(page))", "is \(record) instead of \(String(describing: counted[page]))")
        }
        for page in Set(counted.keys).subtracting(tablePages.keys) {
            throw violated("\(GuestPhysicalPage(page))", "is pointed to by a table and not known")
        }
        for (page, record) in tablePages where memory.tableLevels(page: page) != UInt64(record.levels) {
            throw violated("\(GuestPhysicalPage(page))", "has another T than is known")
        }
    }

    /// The check of debug and test builds.
    @inline(__always)
    func assertInvariants() {
        #if DEBUG || PALIMPSEST_TEST_BUILD
            guard testAssertsInvariants else { return }
            do { try checkInvariants() } catch { fatalError("\(error)") }
        #endif
    }

    // MARK: Data TLBs

    private func checkContext(_ h: Hart, _ index: Int) throws(InvariantViolation) {
        let context = h.pointee.contexts[index]
        for slot in 0..<context.entryCount {
            let entry = context.entries[slot]
            let place = "hart \(h.pointee.id), context \(index), entry \(slot)"
            for (kind, tag) in [(AccessKind.load, entry.loadTag), (.store, entry.storeTag)]
            where tag != TLBEntry.invalid {
                guard context.isUsed else {
                    throw violated(place, "holds a translation in a context that says it is empty")
                }
                guard Int((tag >> pageShift) & UInt64(context.entryCount - 1)) == slot else {
                    throw violated(place, "translates an address that belongs elsewhere")
                }
                try checkEntry(h, index, entry, tag, kind, context.paths[slot], place)
            }
        }
    }

    private func checkEntry(
        _ h: Hart, _ context: Int, _ entry: TLBEntry, _ tag: UInt64, _ kind: AccessKind, _ path: WalkPath,
        _ place: String
    ) throws(InvariantViolation) {
        let rights = WalkRights(context: context, isExecutableReadable: h.pointee.mstatus & MStatus.mxr != 0)
        let walk = try freshWalk(h, tag, kind, rights, place)
        guard walk.address >> pageShift == entry.physicalPage else {
            throw violated(
                place, "gives page \(entry.physicalPage) for \(tag), a walk gives \(walk.address >> pageShift)")
        }
        guard walk.path == path else {
            throw violated(place, "names \(path.entries) as its page-table entries instead of \(walk.path.entries)")
        }
        try check(h.pointee.contexts[context].filter, knows: path, place)
        guard pmpAllows(h, walk.address, size: UInt64(pageSize), kind, rights.privilege) else {
            throw violated(place, "allows what PMP denies")
        }
        guard let leaf = memory.inspectLeaf(GuestPhysicalPage(entry.physicalPage)),
            UInt64(UInt(bitPattern: GuestMemory.hostAddress(leaf))) == entry.addend &+ tag
        else { throw violated(place, "points at memory that is not its page's frame") }
        guard leaf & NestedFlags.accessed != 0 else { throw violated(place, "reaches a page whose A is clear") }
        if kind == .store {
            guard leaf & NestedFlags.dirty != 0 else {
                throw violated(place, "lets stores reach a page whose D is clear")
            }
            guard leaf & NestedFlags.write != 0 else {
                throw violated(place, "lets stores reach a write-protected page")
            }
            guard leaf & NestedFlags.storeSensitive == 0 else {
                throw violated(place, "lets plain stores reach a page table, decoded instructions or a watched word")
            }
        }
    }

    // MARK: Jump caches

    private func checkJumpCache(_ h: Hart, _ privilege: Privilege) throws(InvariantViolation) {
        let cache = h.pointee.jumpCaches[Int(privilege.rawValue)]
        let rights = WalkRights(privilege: privilege, mayUseUserPages: false, isExecutableReadable: false)
        for slot in 0..<JumpCache.entryCount where cache.entries[slot].generation == cache.generation {
            let entry = cache.entries[slot]
            let place = "hart \(h.pointee.id), jump cache \(privilege), pc \(GuestVirtualAddress(entry.pc))"
            let block = (code.arena + Int(entry.blockOffset) << 3).assumingMemoryBound(to: Block.self)
            let walk = try freshWalk(h, entry.pc, .fetch, rights, place)
            guard pmpAllows(h, walk.address & ~0xfff, size: UInt64(pageSize), .fetch, privilege) else {
                throw violated(place, "executes what PMP denies")
            }
            try check(cache.filter, knows: walk.path, place)
            guard let low = memory.inspectHalfword(walk.address) else { throw violated(place, "executes outside RAM") }
            if walk.address & 0xfff == 0xffe, low & 3 == 3 {
                let next = try freshWalk(h, entry.pc &+ 2, .fetch, rights, place)
                try check(cache.filter, knows: next.path, place)
                guard let high = memory.inspectHalfword(next.address), block.pointee.isDecoded(from: [low, high]) else {
                    throw violated(place, "executes an instruction across pages that is no longer there")
                }
            } else {
                guard
                    code.existingPage(walk.address >> pageShift)?.pointee.blocks[Int(walk.address & 0xfff) >> 1]
                        == block
                else { throw violated(place, "executes a block that its page has dropped") }
            }
        }
    }

    /// A store to an entry that the filter does not know would drop nothing.
    private func check(
        _ filter: DerivationFilter, knows path: WalkPath, _ place: String
    ) throws(InvariantViolation) {
        for level in 0..<WalkPath.levelCount where path[level] != 0 {
            guard filter.mayContain(path[level]), filter.mayContain(path[level] >> pageShift) else {
                throw violated(place, "was derived from the entry at \(path[level]), which its filter does not know")
            }
        }
    }

    // MARK: Fresh walks

    /// As what a walk is made.
    struct WalkRights {
        var privilege: Privilege
        var mayUseUserPages: Bool
        var isExecutableReadable: Bool
    }

    /// Walks without any mark. Whatever was cached must need no A or D written any more, and have T on its way.
    private func freshWalk(
        _ h: Hart, _ address: UInt64, _ kind: AccessKind, _ rights: WalkRights, _ place: String
    ) throws(InvariantViolation) -> Translation {
        let mode = h.pointee.satp >> 60
        guard rights.privilege != .machine, mode != 0 else { return Translation(address: address) }
        var level = mode == 8 ? 2 : 3
        let unusedBits = Int64(64 - (12 + 9 * (level + 1)))
        guard (Int64(bitPattern: address) << unusedBits) >> unusedBits == Int64(bitPattern: address) else {
            throw violated(place, "translates an address that is not canonical")
        }
        var table = (h.pointee.satp & 0xfff_ffff_ffff) << 12
        var path = WalkPath()
        while true {
            let shift = UInt64(12 + 9 * level)
            let entryAddress = table + ((address >> shift) & 511) * 8
            path[level] = entryAddress
            let leaf = memory.inspectLeaf(GuestPhysicalAddress(entryAddress).page)
            guard let leaf, pmpAllows(h, entryAddress, size: 8, .load, .supervisor) else {
                throw violated(place, "was derived from a page-table entry that no walk may read")
            }
            let marks = NestedFlags.tablePage | 1 << (NestedFlags.tableLevelShift + UInt64(level))
            guard leaf & marks == marks else {
                throw violated(place, "was derived from the page-table entry at \(entryAddress), whose page lacks T")
            }
            let pte = GuestMemory.hostAddress(leaf).load(fromByteOffset: Int(entryAddress & 0xfff), as: UInt64.self)
            guard pte & PTE.valid != 0, pte & (PTE.read | PTE.write) != PTE.write, pte & PTE.reserved == 0 else {
                throw violated(place, "was derived from the entry at \(entryAddress), which is not valid")
            }
            let base = (pte & PTE.pageNumberMask) << 2
            if pte & (PTE.read | PTE.execute) != 0 {
                let offsetMask = (UInt64(1) << shift) - 1
                guard base & offsetMask & ~0xfff == 0, rights.allow(kind, pte) else {
                    throw violated(place, "allows what the entry at \(entryAddress) does not")
                }
                return Translation(address: base | (address & offsetMask), path: path)
            }
            guard level > 0, pte & (PTE.user | PTE.accessed | PTE.dirty) == 0 else {
                throw violated(place, "was derived from the entry at \(entryAddress), which points nowhere")
            }
            table = base
            level -= 1
        }
    }

    private func violated(_ place: String, _ what: String) -> InvariantViolation {
        InvariantViolation(description: "\(place) \(what)")
    }
}

extension HartCluster.WalkRights {
    /// What a data TLB stands for.
    init(context: Int, isExecutableReadable: Bool) {
        let privileges: [Privilege] = [.machine, .supervisor, .supervisor, .user]
        self.init(
            privilege: privileges[context], mayUseUserPages: context == TLBContext.supervisorWithUserAccess,
            isExecutableReadable: isExecutableReadable)
    }

    /// Whether an entry allows an access, with nothing left to write to it.
    func allow(_ kind: AccessKind, _ pte: UInt64) -> Bool {
        let isUserPage = pte & PTE.user != 0
        if isUserPage != (privilege == .user) && !(isUserPage && mayUseUserPages && kind != .fetch) { return false }
        guard pte & PTE.accessed != 0 else { return false }
        switch kind {
        case .fetch: return pte & PTE.execute != 0
        case .store: return pte & PTE.write != 0 && pte & PTE.dirty != 0
        case .load: return pte & PTE.read != 0 || (isExecutableReadable && pte & PTE.execute != 0)
        }
    }
}

extension GuestMemory {
    /// Two bytes of a present page, without a mark.
    fileprivate func inspectHalfword(_ address: UInt64) -> UInt16? {
        guard let leaf = inspectLeaf(GuestPhysicalPage(address >> pageShift)) else { return nil }
        return GuestMemory.hostAddress(leaf).load(fromByteOffset: Int(address & 0xffe), as: UInt16.self)
    }
}

extension CodeCache {
    /// Every block equals the memory it came from, leads only to blocks of its own page, and stores to it are noticed.
    fileprivate func checkPages() throws(InvariantViolation) {
        for number in liveNumbers {
            guard let page = existingPage(number), page.pointee.decodedLines != 0 else { continue }
            let place = "\(GuestPhysicalPage(number)) of decoded code"
            guard let leaf = memory.inspectLeaf(GuestPhysicalPage(number)), leaf & NestedFlags.decodedCode != 0 else {
                throw InvariantViolation(description: "\(place) can be overwritten unnoticed")
            }
            let blocks = page.pointee.blocks
            let frame = GuestMemory.hostAddress(leaf).assumingMemoryBound(to: UInt16.self)
            for slot in 0..<CodePage.slotCount {
                guard let block = blocks[slot] else { continue }
                let halfwords = UnsafeBufferPointer(start: frame + slot, count: Int(block.pointee.byteCount) / 2)
                guard block.pointee.isDecoded(from: halfwords) else {
                    throw InvariantViolation(description: "\(place) holds another block at \(slot * 2) than memory")
                }
                let first = (slot * 2) >> 6
                let last = (slot * 2 + Int(block.pointee.byteCount) - 1) >> 6
                guard (first...last).allSatisfy({ page.pointee.decodedLines >> UInt64($0) & 1 == 1 }) else {
                    throw InvariantViolation(description: "\(place) forgot that it decoded offset \(slot * 2)")
                }
                for link in [block.pointee.taken, block.pointee.fallThrough] {
                    guard let link else { continue }
                    guard (0..<CodePage.slotCount).contains(where: { blocks[$0] == link }) else {
                        throw InvariantViolation(
                            description: "\(place) leads from \(slot * 2) to a block that was dropped")
                    }
                }
            }
        }
    }
}

extension Block {
    /// Whether decoding these halfwords again gives this block.
    fileprivate func isDecoded(from halfwords: some RandomAccessCollection<UInt16>) -> Bool {
        let halfwords = Array(halfwords)
        var fresh: [DecodedInstruction] = []
        var slot = 0
        for index in 0..<Int(instructionCount) {
            guard slot < halfwords.count, Int(places[index].pcOffset) == slot * 2 else { return false }
            let low = halfwords[slot]
            let isWide = low & 3 == 3
            guard !isWide || slot + 1 < halfwords.count else { return false }
            fresh.append(HartCluster.decode(low, isWide ? halfwords[slot + 1] : 0, slot * 2))
            slot += isWide ? 2 : 1
        }
        guard slot == halfwords.count else { return false }
        fresh.withUnsafeMutableBufferPointer { records in
            if let first = records.baseAddress { Fusion.fuse(first, count: records.count) }
        }
        return fresh.indices.allSatisfy { index in
            let kept = records[index]
            let new = fresh[index]
            return new.opcode == kept.opcode && new.rd == kept.rd && new.rs1 == kept.rs1 && new.rs2 == kept.rs2
                && new.immediate == kept.immediate
        }
    }
}
