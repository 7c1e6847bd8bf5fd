/// Code that writes code: ahead of itself, or in a loop whose body changes between two rounds.
///
/// Without FENCE.I an implementation may run the old instruction. QEMU never does, and neither do we: what a decoded
/// block cache holds must not be visible to the guest, or a checkpoint would have to hold the cache.
extension StreamGenerator {
    func selfModifyingItem() {
        let rounds = insideLoop ? 1 : random.within(1...3)
        let (target, skip) = (asm.newLabel(), asm.newLabel())
        let (base, value) = (scratch(), scratch())
        guard base != value else { return integerItem() }
        let isCompressed = random.chance(30)
        if random.chance(50) { asm.emitCompressed(0x0001) }
        asm.addi(Reserved.loopCounter, insideLoop ? Reserved.loopCounter : 0, insideLoop ? 0 : rounds)
        let top = asm.labelHere()
        let executesFirst = rounds > 1 && random.chance(70)
        if executesFirst { emitTarget(target, isCompressed, base, value) }
        asm.loadAddress(base, of: target)
        writeInstruction(isCompressed, base, value)
        if random.chance(50) { asm.fenceI() }
        if random.chance(30) { asm.jump(0, to: skip) }
        asm.bind(skip)
        if !executesFirst { emitTarget(target, isCompressed, base, value) }
        guard rounds > 1 else { return }
        asm.addi(Reserved.loopCounter, Reserved.loopCounter, -1)
        asm.branch(1, Reserved.loopCounter, 0, to: top)
    }

    private func emitTarget(_ target: Assembler.Label, _ isCompressed: Bool, _ base: Int, _ value: Int) {
        asm.bind(target)
        if isCompressed {
            asm.emitCompressed(compressedWord())
        } else {
            asm.emit(integerWord(rd: destination()))
        }
    }

    /// The whole instruction, or half of it where the other half fits.
    private func writeInstruction(_ isCompressed: Bool, _ base: Int, _ value: Int) {
        if isCompressed {
            asm.loadImmediate(value, UInt64(compressedWord()))
            asm.store(1, value, 0, base)
        } else if random.chance(25) {
            // The upper half alone: other operands or another shift, never another destination.
            asm.loadImmediate(value, UInt64(random.below(1 << 12)))
            asm.store(1, value, 2, base)
        } else {
            asm.loadImmediate(value, UInt64(integerWord(rd: destination())))
            asm.store(2, value, 0, base)
        }
    }
}
