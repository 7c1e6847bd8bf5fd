/// Page tables with random entries, accesses through them, changes to them.
extension StreamGenerator {
    // MARK: the tables

    func emitPageTables() {
        typealias P = PageTables
        table(P.root39) { index in
            switch index {
            case 1: return P.entry(P.user2M, P.v)
            case 2: return P.entry(P.image2M, P.v)
            case 3, 511: return P.entry(P.playground2M, P.v)
            case 4: return P.entry(ImageLayout.ram, self.randomFlags())
            case 5: return P.entry(ImageLayout.ram + 0x1000 << self.random.pick([0, 5, 9, 17]), self.randomFlags())
            case 6: return P.entry(P.playground2M, P.v | self.random.pick([P.a, P.d, P.u, P.a | P.d]))
            case 8: return P.entry(P.playground2M, P.v | P.g)
            default: return 0
            }
        }
        table(P.root48) { index in
            switch index {
            case 0, 3, 511: return P.entry(P.root39, P.v)
            case 1: return P.entry(0, self.randomFlags())
            case 2: return P.entry(1 << self.random.within(12...38), self.randomFlags())
            default: return 0
            }
        }
        table(P.image2M) { $0 == 0 ? P.entry(P.image4K, P.v) : 0 }
        table(P.image4K) { index in
            let accessed = self.random.next() & (P.a | P.d | P.g)
            return P.entry(ImageLayout.ram + UInt64(index) << 12, P.v | P.r | P.w | P.x | accessed)
        }
        table(P.user2M) { $0 == 0 ? P.entry(P.user4K, P.v) : 0 }
        table(P.user4K) { index in
            let accessed = self.random.next() & (P.a | P.d | P.g)
            return P.entry(ImageLayout.ram + UInt64(index) << 12, P.v | P.r | P.w | P.x | P.u | accessed)
        }
        table(P.playground2M) { index in
            switch index {
            case 0, 3: return P.entry(P.playground4K, P.v)
            case 1: return P.entry(ImageLayout.ram, self.randomFlags())
            case 2: return P.entry(ImageLayout.ram + 0x1000 << self.random.below(9), self.randomFlags())
            case 4: return P.entry(P.playground4K, P.v | self.random.pick([P.a, P.d, P.u]))
            case 5: return P.entry(P.playground4K, P.v) | 1 << UInt64(self.random.within(54...63))
            default: return 0
            }
        }
        table(P.playground4K) { self.playgroundEntry($0) }
    }

    private func table(_ address: UInt64, _ entry: (Int) -> UInt64) {
        asm.pad(to: address)
        for index in 0..<512 { asm.emitDouble(entry(index)) }
    }

    /// Leaf flags, mostly valid, with A and D clear half the time.
    private func randomFlags() -> UInt64 {
        typealias P = PageTables
        var flags = random.next() & 0x3ff
        if random.chance(85) { flags |= P.v }
        if random.chance(60) { flags |= P.r }
        return flags & (P.r | P.w | P.x) == 0 ? flags | P.r : flags
    }

    /// A 4 KiB leaf onto the page's class (data or code), onto nothing, or with a bit that is reserved.
    ///
    /// Excluded: pointers to page tables outside memory. The specification wants an access fault, QEMU 7.2 raises a
    /// page fault; see the conformance guests.
    private func playgroundEntry(_ index: Int) -> UInt64 {
        guard index < PageTables.codeEntries.upperBound else { return 0 }
        let isCode = PageTables.codeEntries.contains(index)
        let page = UInt64(random.below(8) + (isCode ? 8 : 0))
        var physical = ImageLayout.playground + page << 12
        if PageTables.emptyEntries.contains(index) && random.chance(40) { physical = ImageLayout.nothing }
        let reserved: UInt64 = random.chance(4) ? 1 << UInt64(random.within(54...63)) : 0
        var flags = randomFlags()
        if isCode && random.chance(70) { flags |= PageTables.x | PageTables.v | PageTables.r }
        return PageTables.entry(physical, flags) | reserved
    }

    /// Data pages hold random bytes; code pages hold `c.jr x1` everywhere, and at their end the first half of an
    /// `addi x5, …` whose second half is whatever the next page begins with.
    func emitPlayground() {
        for _ in 0..<8 * 512 { asm.emitDouble(random.next()) }
        for _ in 0..<8 {
            for _ in 0..<2047 { asm.emitCompressed(0x8082) }
            asm.emitCompressed(random.pick([0x8293, 0x0293, 0x8082]))
        }
    }

    // MARK: items

    func pagingItem() {
        guard isTranslated else { return memoryItem() }
        switch random.below(12) {
        case 0...5: playgroundAccess()
        case 6, 7: playgroundFetch()
        case 8, 9: changeEntry()
        case 10: toggleStatus()
        default: translationItem()
        }
    }

    /// The address of entry `index` of the playground through one of the paths to it.
    private func playgroundAddress(_ index: Int, _ offset: UInt64) -> UInt64 {
        let table: UInt64 = random.pick([
            0xc000_0000, 0xc000_0000, 0xc060_0000, 0xc080_0000, 0xc0a0_0000, 0x1_8000_0000, 0x2_0000_0000,
            0xffff_ffff_c000_0000,
        ])
        let address = table + UInt64(index) << 12 + offset
        switch random.below(12) {
        case 0: return address ^ 1 << UInt64(random.within(40...63))
        case 1: return address &+ 3 << 39
        case 2: return address | 0xffff_ff80_0000_0000
        default: return address
        }
    }

    /// The address of a physical address in RAM through one of the superpages, aligned or not.
    private func superpageAddress(_ physical: UInt64) -> UInt64 {
        let offset = physical - ImageLayout.ram
        return random.pick([
            0x1_0000_0000 + offset, 0x1_4000_0000 + offset, 0xc020_0000 + offset, 0xc040_0000 + offset,
            0x80_8000_0000 + offset, 0x100_8000_0000 + offset,
        ])
    }

    /// Data pages are read and written anywhere, across their ends too; code pages only where no code is executed.
    func playgroundAccess() {
        let base = scratch()
        var mayBeEmpty = false
        if random.chance(75) {
            let isCode = random.chance(15)
            let index = Int.random(in: isCode ? PageTables.codeEntries : PageTables.dataEntries, using: &random)
            var offset = UInt64(random.chance(30) && !isCode ? random.within(0xff0...0xfff) : random.within(16...2000))
            if random.chance(60) || isCode || PageTables.emptyEntries.contains(index) { offset &= ~7 }
            mayBeEmpty = PageTables.emptyEntries.contains(index)
            // Its neighbour may be empty.
            if index == PageTables.emptyEntries.lowerBound - 1 { offset &= ~7 }
            asm.loadImmediate(base, playgroundAddress(index, offset))
        } else {
            // Superpages reach the whole image: keep to the data pages.
            let physical = ImageLayout.playground + UInt64(random.below(7 << 12))
            asm.loadImmediate(base, superpageAddress(physical))
        }
        if random.chance(15) && !mayBeEmpty {
            let function = random.pick([0, 1, 2, 4, 8, 12, 16, 20, 24, 28] as [UInt32])
            asm.andi(base, base, -8)
            asm.emit(
                Encode.register(
                    Opcode.atomic, rd: destination(), funct3: random.pick([2, 3]), rs1: base,
                    rs2: function == 2 ? 0 : source(), funct7: function << 2))
        } else {
            emitAccess(base: base, offset: 0)
        }
    }

    /// Calls into a code page: its middle, or the straddling instruction at its end.
    private func playgroundFetch() {
        let base = scratch(not: 1)
        if random.chance(75) {
            let entries = PageTables.codeEntries
            let index = random.within(entries.lowerBound...entries.upperBound - 2)
            let offset = UInt64(random.chance(35) ? 0xffe : 2048 + 2 * random.below(900))
            asm.loadImmediate(base, playgroundAddress(index, offset))
        } else {
            let page = UInt64(random.within(8...14)) << 12
            asm.loadImmediate(base, superpageAddress(ImageLayout.playground + page + 2048))
        }
        asm.jalr(1, base, 0)
    }

    /// Writes a page-table entry and fences: the fence names everything, the page, or the page and any ASID.
    ///
    /// Excluded: using the changed entry without a fence. QEMU may serve the old one from its TLB, and so may hardware.
    private func changeEntry() {
        guard mode == .supervisor || translation == .bare else { return }
        let (base, value) = (scratch(), scratch())
        guard base != value else { return }
        let index = random.below(PageTables.codeEntries.upperBound)
        loadAddress(base, PageTables.playground4K + UInt64(index) * 8)
        asm.loadImmediate(value, playgroundEntry(index))
        switch random.below(3) {
        case 0: asm.store(3, value, 0, base)
        case 1:
            let function = random.pick([1, 4, 8, 12] as [UInt32])
            // amoxor, amoor and amoand change the flags, never the page.
            let flags = random.next() & 0xdf
            if function != 1 { asm.loadImmediate(value, function == 12 ? ~flags : flags) }
            asm.emit(
                Encode.register(
                    Opcode.atomic, rd: destination(), funct3: 3, rs1: base, rs2: value, funct7: function << 2))
        default: asm.store(0, value, 0, base)
        }
        asm.sfenceVMA()
    }

    /// SUM and MXR, which change what cached translations allow.
    private func toggleStatus() {
        guard mode != .user else { return }
        let value = scratch()
        asm.loadImmediate(value, random.next() & 0xc_0000)
        asm.csr(random.pick([2, 3]), 0, CSR.sstatus, value)
    }
}
