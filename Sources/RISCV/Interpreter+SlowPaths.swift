import GuestMemory

/// Ways out of the hot loop.
extension HartCluster {
    /// Tells the hart where in its block it stands, so that `icount` is exact inside a slow path.
    @inline(__always)
    func enterSlowPath(
        _ h: Hart, _ block: UnsafeMutablePointer<Block>, _ next: UnsafeMutablePointer<DecodedInstruction>,
        _ budget: Int64, _ pc: UInt64
    ) {
        h.pointee.block = block
        h.pointee.nextRecord = next
        h.pointee.blockPC = pc
        h.pointee.budget = budget
    }

    @inline(__always)
    func leaveSlowPath(_ h: Hart) {
        h.pointee.block = nil
        h.pointee.nextRecord = nil
    }

    /// Guest-virtual address of the instruction whose record comes before `next`.
    @inline(__always)
    func address(
        of next: UnsafeMutablePointer<DecodedInstruction>, _ block: UnsafeMutablePointer<Block>, _ pc: UInt64
    ) -> UInt64 {
        pc &+ UInt64(block.pointee.places[next - 1 - block.pointee.records].pcOffset)
    }

    @inline(never)
    func loadMiss(
        _ h: Hart, _ block: UnsafeMutablePointer<Block>, _ next: UnsafeMutablePointer<DecodedInstruction>,
        _ budget: Int64, _ pc: UInt64, _ address: UInt64, _ size: Int, _ destination: UInt8, _ opcode: Opcode
    ) -> Outcome {
        enterSlowPath(h, block, next, budget, pc)
        let (value, outcome) = loadSlow(h, address, size)
        leaveSlowPath(h)
        if outcome == .trap { return .trap }
        let x = h.pointee.x
        switch opcode {
        case .lw: x[Int(destination)] = UInt64(bitPattern: Int64(Int32(truncatingIfNeeded: value)))
        case .lh: x[Int(destination)] = UInt64(bitPattern: Int64(Int16(truncatingIfNeeded: value)))
        case .lb: x[Int(destination)] = UInt64(bitPattern: Int64(Int8(truncatingIfNeeded: value)))
        default: x[Int(destination)] = value
        }
        return outcome
    }

    @inline(never)
    func storeMiss(
        _ h: Hart, _ block: UnsafeMutablePointer<Block>, _ next: UnsafeMutablePointer<DecodedInstruction>,
        _ budget: Int64, _ pc: UInt64, _ address: UInt64, _ size: Int, _ value: UInt64
    ) -> Outcome {
        enterSlowPath(h, block, next, budget, pc)
        let outcome = storeSlow(h, address, size, value)
        leaveSlowPath(h)
        return outcome
    }

    /// FLW and FLD; single-precision values are NaN-boxed.
    @inline(never)
    func loadFloat(
        _ h: Hart, _ block: UnsafeMutablePointer<Block>, _ next: UnsafeMutablePointer<DecodedInstruction>,
        _ budget: Int64, _ pc: UInt64, _ address: UInt64, _ r: DecodedInstruction
    ) -> Outcome {
        guard h.pointee.mstatus & MStatus.fs != 0 else { return floatDisabled(h, block, next, pc) }
        let size = r.opcode == .fld ? 8 : 4
        var value: UInt64
        var outcome = Outcome.done
        let hit = h.pointee.tlb + Int((address >> 12) & h.pointee.tlbMask)
        if hit.pointee.loadTag == address & ~(0xfff ^ UInt64(size - 1)) {
            let host = UnsafeMutableRawPointer(bitPattern: UInt(address &+ hit.pointee.addend)).unsafelyUnwrapped
            value = size == 8 ? host.load(as: UInt64.self) : UInt64(host.load(as: UInt32.self))
        } else {
            enterSlowPath(h, block, next, budget, pc)
            (value, outcome) = loadSlow(h, address, size)
            leaveSlowPath(h)
            if outcome == .trap { return .trap }
        }
        h.pointee.f[Int(r.rd)] = size == 8 ? value : SoftFloat.box32(UInt32(truncatingIfNeeded: value))
        h.pointee.mstatus |= MStatus.fs
        return outcome
    }

    @inline(never)
    func storeFloat(
        _ h: Hart, _ block: UnsafeMutablePointer<Block>, _ next: UnsafeMutablePointer<DecodedInstruction>,
        _ budget: Int64, _ pc: UInt64, _ address: UInt64, _ value: UInt64, _ opcode: Opcode
    ) -> Outcome {
        guard h.pointee.mstatus & MStatus.fs != 0 else { return floatDisabled(h, block, next, pc) }
        let size = opcode == .fsd ? 8 : 4
        let hit = h.pointee.tlb + Int((address >> 12) & h.pointee.tlbMask)
        if hit.pointee.storeTag == address & ~(0xfff ^ UInt64(size - 1)) {
            let host = UnsafeMutableRawPointer(bitPattern: UInt(address &+ hit.pointee.addend)).unsafelyUnwrapped
            Self.write(host, size, value)
            return .done
        }
        return storeMiss(h, block, next, budget, pc, address, size, value)
    }

    /// A floating-point load or store with FS off. Its record does not keep the instruction, so mtval's bits are read
    /// again from the code, which cannot have changed.
    private func floatDisabled(
        _ h: Hart, _ block: UnsafeMutablePointer<Block>, _ next: UnsafeMutablePointer<DecodedInstruction>, _ pc: UInt64
    ) -> Outcome {
        let pc = address(of: next, block, pc)
        h.pointee.raise(ExceptionCause.illegalInstruction, instructionBits(h, at: pc))
        return .trap
    }

    /// The block at `pc`, joined to the one that leads there when both lie in one page: the page is then translated
    /// already, and both blocks go together when it is written.
    /// - Returns: nil when the slice ends here or the fetch trapped.
    @inline(never)
    func follow(
        _ h: Hart, _ from: UnsafeMutablePointer<Block>, _ link: UnsafeMutablePointer<UnsafeMutablePointer<Block>?>,
        _ pc: UInt64, _ budget: Int64, _ last: DecodedInstruction
    ) -> UnsafeMutablePointer<Block>? {
        let entry = h.pointee.jumpCache + Int((pc >> 1) & JumpCache.mask)
        let isKnown = entry.pointee.pc == pc && entry.pointee.generation == h.pointee.generation
        let clearCount = code.clearCount
        let found: UnsafeMutablePointer<Block>
        if isKnown {
            found = (code.arena + Int(entry.pointee.blockOffset) << 3).assumingMemoryBound(to: Block.self)
        } else {
            h.pointee.pc = pc
            h.pointee.budget = budget
            if budget == 0 { return nil }
            guard let new = findBlock(h) else {
                h.pointee.budget = budget - 1
                takeException(h)
                return nil
            }
            found = new
        }
        let isTaken = link != Block.fallThroughLink(from)
        let origin = pc &- (isTaken ? last.signedImmediate : UInt64(UInt32(bitPattern: from.pointee.byteCount)))
        if origin >> pageShift == pc >> pageShift, found.pointee.isLinkTarget, from != h.pointee.scratchBlock,
            clearCount == code.clearCount
        {
            link.pointee = found
        }
        return found
    }

    /// Ends a block after the instruction before `next`: with its exception, or because things may have changed.
    @inline(never)
    func finishEarly(
        _ h: Hart, _ block: UnsafeMutablePointer<Block>, _ next: UnsafeMutablePointer<DecodedInstruction>,
        _ budget: Int64, _ pc: UInt64, _ outcome: Outcome
    ) {
        leaveSlowPath(h)
        let index = next - 1 - block.pointee.records
        let executed = Int64(block.pointee.places[index].instructionIndex) + 1
        h.pointee.budget = budget + Int64(block.pointee.instructionCount) - executed
        if outcome == .trap {
            h.pointee.pc = pc &+ UInt64(block.pointee.places[index].pcOffset)
            takeException(h)
        } else {
            h.pointee.pc = pc &+ UInt64(block.pointee.places[index + 1].pcOffset)
        }
    }
}
