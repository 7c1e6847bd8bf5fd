/// Loads, stores and atomics on the image's data.
extension StreamGenerator {
    func memoryItem() {
        var base = Reserved.data
        if random.chance(40) {
            base = scratch()
            loadDataAddress(base, alignment: 1)
        }
        let offset = random.within(-2040...2040) & (random.chance(60) ? ~7 : ~0)
        emitAccess(base: base, offset: base == Reserved.data ? offset : offset & 0xff)
    }

    /// One load or store of any width, integer or floating point.
    func emitAccess(base: Int, offset: Int) {
        switch random.below(10) {
        case 0...3: asm.load(UInt32(random.below(7)), destination(), offset, base)
        case 4...7: asm.store(UInt32(random.below(4)), source(), offset, base)
        case 8: asm.loadFloat(random.pick([2, 3]), float(), offset, base)
        default: asm.storeFloat(random.pick([2, 3]), float(), offset, base)
        }
    }

    /// An address inside the data area, far enough from its ends for any offset; often just before a page's end.
    func loadDataAddress(_ rd: Int, alignment: UInt64) {
        let page = UInt64(random.within(1...14)) << 12
        let within = UInt64(random.chance(40) ? random.within(0xfe0...0xfff) : random.below(4096))
        loadAddress(rd, ImageLayout.data + (page | within) & ~(alignment - 1))
    }

    func atomicItem() {
        let isDouble = random.chance(50)
        let width: UInt32 = isDouble ? 3 : 2
        let base = scratch()
        let alignment: UInt64 = random.chance(92) ? (isDouble ? 8 : 4) : 1
        loadDataAddress(base, alignment: alignment)
        if random.chance(60) {
            if random.chance(50) { loadOperand(scratch(not: base)) }
            let function = random.pick([0, 1, 4, 8, 12, 16, 20, 24, 28] as [UInt32])
            return emitAtomic(function, width, rd: destination(), base: base, rs2: random.chance(8) ? base : source())
        }
        if alignment == 1 { return emitAtomic(2, width, rd: scratch(), base: base, rs2: 0) }
        loadReservedStoreConditional(base: base, width: width)
    }

    /// LR, a few instructions, SC; then now and then a second SC, which must fail.
    ///
    /// Excluded, because the specification lets implementations differ: a store of the same hart, a trap or another LR
    /// between the two; an SC of another width or at another address of the reservation set; an SC without a
    /// reservation to an address that faults or is misaligned (QEMU 7.2 fails it without looking at the address).
    private func loadReservedStoreConditional(base: Int, width: UInt32) {
        emitAtomic(2, width, rd: scratch(not: base), base: base, rs2: 0)
        for _ in 0..<random.below(4) { asm.emit(integerWord(rd: scratch(not: base))) }
        let result = scratch(not: base)
        emitAtomic(3, width, rd: result, base: base, rs2: source())
        if random.chance(30) { emitAtomic(3, width, rd: scratch(), base: base, rs2: source()) }
    }

    private func emitAtomic(_ function: UInt32, _ width: UInt32, rd: Int, base: Int, rs2: Int) {
        let ordering = UInt32(random.below(4))
        asm.emit(
            Encode.register(
                Opcode.atomic, rd: rd, funct3: width, rs1: base, rs2: rs2, funct7: function << 2 | ordering))
    }
}
