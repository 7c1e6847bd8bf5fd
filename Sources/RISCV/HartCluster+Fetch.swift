import GuestMemory

/// Finding and decoding the block at a guest-virtual address.
extension HartCluster {
    /// The block at the hart's pc, remembered in the jump cache.
    /// - Returns: nil after raising the fault that the fetch deserves.
    @inline(never)
    func findBlock(_ h: Hart) -> UnsafeMutablePointer<Block>? {
        if let evictionState { evictAtRandom(h, evictionState) }
        let pc = h.pointee.pc
        guard let page = fetchPage(h, pc) else { return nil }
        var nextPath = WalkPath()
        let block: UnsafeMutablePointer<Block>
        let slot = Int(pc & 0xfff) >> 1
        guard page.isUniform else { return uncachedInstruction(h, page) }
        if slot == CodePage.slotCount - 1, GuestMemory.hostAddress(page.leaf.pointee).halfword(slot) & 3 == 3 {
            guard let crossing = crossingBlock(h, page) else { return nil }
            (block, nextPath) = crossing
        } else {
            if let known = code.existingPage(page.number)?.pointee.blocks[slot] {
                block = known
            } else {
                makeRoom()
                block = decodeBlock(page, slot)
                code.codePage(page.number).pointee.blocks[slot] = block
            }
        }
        if caching {
            let entry = h.pointee.jumpCache + Int((pc >> 1) & JumpCache.mask)
            entry.pointee = JumpCacheEntry(
                pc: pc, generation: h.pointee.generation, blockOffset: code.offset(of: block))
            let cache = h.pointee.jumpCaches + Int(h.pointee.privilege.rawValue)
            cache.pointee.filter.insert(page.path)
            cache.pointee.filter.insert(nextPath)
            if ignoresTablePages {
                cache.pointee.filter.insert(DerivationFilter.key(ofPageAt: pc))
                cache.pointee.filter.insert(DerivationFilter.key(ofPageAt: pc &+ 2))
            }
        }
        return block
    }

    struct FetchedPage {
        var number: UInt64
        var leaf: UnsafeMutablePointer<UInt64>
        var address: UInt64
        /// PMP says the same of the whole page.
        var isUniform: Bool
        var path: WalkPath
    }

    private func fetchPage(_ h: Hart, _ address: UInt64) -> FetchedPage? {
        guard let place = translate(h, address, .fetch, h.pointee.privilege) else { return nil }
        let number = place.address >> pageShift
        // A fetch reads parcels of 2 bytes, so PMP judges the first one here.
        guard pmpAllows(h, place.address, size: 2, .fetch, h.pointee.privilege), let leaf = memory.leaf(number) else {
            h.pointee.raise(ExceptionCause.fetchAccess, address)
            return nil
        }
        let isUniform = pmpAllows(h, number << pageShift, size: UInt64(pageSize), .fetch, h.pointee.privilege)
        return FetchedPage(
            number: number, leaf: leaf, address: place.address, isUniform: isUniform, path: place.path)
    }

    /// One instruction of a page that PMP cuts, judged parcel by parcel and decoded anew each time.
    private func uncachedInstruction(_ h: Hart, _ page: FetchedPage) -> UnsafeMutablePointer<Block>? {
        let slot = Int(page.address & 0xfff) >> 1
        let low = GuestMemory.hostAddress(page.leaf.pointee).halfword(slot)
        var high: UInt16 = 0
        if low & 3 == 3 {
            guard let second = fetchPage(h, h.pointee.pc &+ 2) else { return nil }
            high = GuestMemory.hostAddress(second.leaf.pointee).halfword(Int(second.address & 0xfff) >> 1)
        }
        let place = RecordPlace(pcOffset: 0, instructionIndex: 0)
        Self.fill(h.pointee.scratchBlock, [Self.decode(low, high, 0)], [place], low & 3 == 3 ? 4 : 2)
        return h.pointee.scratchBlock
    }

    /// The bits of the instruction at `pc`, which is being executed: its page is mapped.
    func instructionBits(_ h: Hart, at pc: UInt64) -> UInt64 {
        var bits: UInt64 = 0
        for half: UInt64 in [0, 1] {
            guard let page = fetchPage(h, pc &+ half * 2) else { return bits }
            let low = GuestMemory.hostAddress(page.leaf.pointee).halfword(Int(page.address & 0xfff) >> 1)
            bits |= UInt64(low) << (half * 16)
            if bits & 3 != 3 { return bits }
        }
        return bits
    }

    private func makeRoom() {
        if code.hasRoom { return }
        code.clear()
        flushJumpCaches()
    }

    /// Marks lines of a page as decoded; the first ones take the right to store away.
    private func markDecoded(_ page: FetchedPage, from first: Int, byteCount: Int) {
        let codePage = code.codePage(page.number)
        for line in (first >> 6)...((first + byteCount - 1) >> 6) {
            codePage.pointee.decodedLines |= 1 << UInt64(line)
        }
        if page.leaf.pointee & NestedFlags.decodedCode == 0 {
            page.leaf.pointee |= NestedFlags.decodedCode
            writeDisable(page: page.number)
        }
    }

    private func decodeBlock(_ page: FetchedPage, _ firstSlot: Int) -> UnsafeMutablePointer<Block> {
        let frame = GuestMemory.hostAddress(page.leaf.pointee)
        var records: [DecodedInstruction] = []
        var places: [RecordPlace] = []
        var slot = firstSlot
        while records.count < Block.instructionCountMax, slot < CodePage.slotCount {
            let pcOffset = (slot - firstSlot) * 2
            let low = frame.halfword(slot)
            let isWide = low & 3 == 3
            if isWide && slot == CodePage.slotCount - 1 { break }
            let record = Self.decode(low, isWide ? frame.halfword(slot + 1) : 0, pcOffset)
            places.append(RecordPlace(pcOffset: UInt16(pcOffset), instructionIndex: UInt16(records.count)))
            records.append(record)
            slot += isWide ? 2 : 1
            if Decoder.endsBlock(record) { break }
        }
        let byteCount = (slot - firstSlot) * 2
        markDecoded(page, from: firstSlot * 2, byteCount: byteCount)
        let block = code.allocate(recordCount: records.count + 1)
        Self.fill(block, records, places, byteCount)
        block.pointee.isLinkTarget = true
        Fusion.fuse(block.pointee.records, count: records.count)
        return block
    }

    static func decode(_ low: UInt16, _ high: UInt16, _ pcOffset: Int) -> DecodedInstruction {
        if low & 3 == 3 {
            let word = UInt32(low) | UInt32(high) << 16
            return Decoder.decode(word, original: word, pcOffset: Int32(pcOffset))
        }
        guard let word = CompressedExpansion.expand(low) else { return Decoder.illegal(UInt32(low)) }
        return Decoder.decode(word, original: UInt32(low), pcOffset: Int32(pcOffset))
    }

    private static func fill(
        _ block: UnsafeMutablePointer<Block>, _ records: [DecodedInstruction], _ places: [RecordPlace], _ byteCount: Int
    ) {
        for (index, record) in records.enumerated() {
            block.pointee.records[index] = record
            block.pointee.places[index] = places[index]
        }
        let end = records.count
        block.pointee.records[end] = DecodedInstruction(opcode: .endOfBlock, rd: 0, rs1: 0, rs2: 0, immediate: 0)
        block.pointee.places[end] = RecordPlace(pcOffset: UInt16(byteCount), instructionIndex: UInt16(end))
        block.pointee.instructionCount = Int32(end)
        block.pointee.byteCount = Int32(byteCount)
        block.pointee.taken = nil
        block.pointee.fallThrough = nil
    }

    /// The one-instruction block of a 4-byte instruction that ends in the next page. Both halves are translated anew
    /// unless the jump cache knows the block.
    /// - Returns: the block, and the path of the second half's walk.
    private func crossingBlock(
        _ h: Hart, _ page: FetchedPage
    ) -> (block: UnsafeMutablePointer<Block>, nextPath: WalkPath)? {
        let low = GuestMemory.hostAddress(page.leaf.pointee).halfword(CodePage.slotCount - 1)
        guard let next = fetchPage(h, h.pointee.pc &+ 2) else { return nil }
        makeRoom()
        let word = UInt32(low) | UInt32(GuestMemory.hostAddress(next.leaf.pointee).halfword(0)) << 16
        markDecoded(page, from: pageSize - 2, byteCount: 2)
        markDecoded(next, from: 0, byteCount: 2)
        let codePage = code.codePage(page.number)
        if let known = codePage.pointee.crossing, codePage.pointee.crossingWord == word {
            return (known, next.path)
        }
        let block = code.allocate(recordCount: 2)
        let record = Decoder.decode(word, original: word, pcOffset: 0)
        Self.fill(block, [record], [RecordPlace(pcOffset: 0, instructionIndex: 0)], 4)
        codePage.pointee.crossing = block
        codePage.pointee.crossingWord = word
        return (block, next.path)
    }

    /// The single instruction at the hart's pc, for a slice that ends inside a block.
    /// - Returns: nil after raising the fetch's fault.
    func singleInstruction(_ h: Hart) -> UnsafeMutablePointer<Block>? {
        guard let whole = findBlock(h) else { return nil }
        let scratch = h.pointee.scratchBlock
        if whole == scratch { return scratch }
        let byteCount =
            whole.pointee.instructionCount == 1 ? Int(whole.pointee.byteCount) : Int(whole.pointee.places[1].pcOffset)
        var record = whole.pointee.records[0]
        record.opcode = Fusion.first(record.opcode)
        Self.fill(scratch, [record], [RecordPlace(pcOffset: 0, instructionIndex: 0)], byteCount)
        return scratch
    }
}

extension UnsafeMutableRawPointer {
    @inline(__always)
    fileprivate func halfword(_ slot: Int) -> UInt16 { load(fromByteOffset: slot * 2, as: UInt16.self) }
}
