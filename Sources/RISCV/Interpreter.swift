/// The hot loop. It touches raw pointers only; whatever is not a hit goes to `@inline(never)` functions of `HartCluster`.
///
/// How a block runs: its price in steps is taken from the budget at once, records are dispatched one after the other, and
/// the last one says where to go on. A trap or an early exit gives back what was not executed.
extension HartCluster {
    /// Executes at most `budget` steps of one hart, fewer when it waits or asks to leave the slice.
    /// - Returns: the steps executed.
    public func run(_ h: Hart, budget: Int64) -> Int64 {
        h.pointee.sliceBudget = budget
        h.pointee.budget = budget
        h.pointee.mustLeaveSlice = false
        h.pointee.selectContexts()
        while h.pointee.budget > 0, !h.pointee.mustLeaveSlice, !h.pointee.isWaiting {
            if h.hasWakeUp, takeInterrupt(h) { continue }
            execute(h)
        }
        let executed = budget - h.pointee.budget
        h.pointee.stepCount += UInt64(executed)
        h.pointee.sliceBudget = 0
        h.pointee.budget = 0
        assertInvariants()
        return executed
    }

    /// Executes blocks until the budget is used, or something happened that `run` must look at.
    @inline(never)
    private func execute(_ h: Hart) {
        let x = h.pointee.x
        let f = h.pointee.f
        let arena = code.arena
        var tlb = h.pointee.tlb
        let tlbMask = h.pointee.tlbMask
        var pc = h.pointee.pc
        var budget = h.pointee.budget

        dispatch: while true {
            var block: UnsafeMutablePointer<Block>
            let entry = h.pointee.jumpCache + Int((pc >> 1) & JumpCache.mask)
            if entry.pointee.pc == pc, entry.pointee.generation == h.pointee.generation {
                block = (arena + Int(entry.pointee.blockOffset) << 3).assumingMemoryBound(to: Block.self)
            } else {
                h.pointee.pc = pc
                h.pointee.budget = budget
                // The fetch belongs to the next step: it may fault, and its walk may write to guest memory.
                if budget == 0 { return }
                guard let found = findBlock(h) else {
                    h.pointee.budget = budget - 1
                    takeException(h)
                    return
                }
                block = found
            }

            enter: while true {
                let price = Int64(block.pointee.instructionCount)
                if budget < price {
                    h.pointee.pc = pc
                    h.pointee.budget = budget
                    if budget == 0 { return }
                    guard let single = singleInstruction(h) else {
                        h.pointee.budget = budget - 1
                        takeException(h)
                        return
                    }
                    block = single
                    budget -= 1
                } else {
                    budget -= price
                }
                var next = block.pointee.records
                var link = Block.fallThroughLink(block)
                // Set by a slow path; handled behind the switch.
                var outcome = Outcome.done

                records: while true {
                    let r = next.pointee
                    next += 1
                    switch r.opcode {
                    case .nop: break
                    case .loadImmediate: x[Int(r.rd)] = r.signedImmediate
                    case .addToPC: x[Int(r.rd)] = pc &+ r.signedImmediate
                    case .addi: x[Int(r.rd)] = x[Int(r.rs1)] &+ r.signedImmediate
                    case .slti: x[Int(r.rd)] = Int64(bitPattern: x[Int(r.rs1)]) < Int64(r.immediate) ? 1 : 0
                    case .sltiu: x[Int(r.rd)] = x[Int(r.rs1)] < r.signedImmediate ? 1 : 0
                    case .xori: x[Int(r.rd)] = x[Int(r.rs1)] ^ r.signedImmediate
                    case .ori: x[Int(r.rd)] = x[Int(r.rs1)] | r.signedImmediate
                    case .andi: x[Int(r.rd)] = x[Int(r.rs1)] & r.signedImmediate
                    case .slli: x[Int(r.rd)] = x[Int(r.rs1)] &<< r.signedImmediate
                    case .srli: x[Int(r.rd)] = x[Int(r.rs1)] &>> r.signedImmediate
                    case .srai:
                        x[Int(r.rd)] = UInt64(
                            bitPattern: Int64(bitPattern: x[Int(r.rs1)]) &>> Int64(r.immediate))
                    case .addiw: x[Int(r.rd)] = word(low(x[Int(r.rs1)]) &+ r.immediate)
                    case .slliw: x[Int(r.rd)] = word(low(x[Int(r.rs1)]) &<< r.immediate)
                    case .srliw:
                        x[Int(r.rd)] = word(
                            Int32(
                                bitPattern: UInt32(bitPattern: low(x[Int(r.rs1)])) &>> UInt32(bitPattern: r.immediate)))
                    case .sraiw: x[Int(r.rd)] = word(low(x[Int(r.rs1)]) &>> r.immediate)

                    case .add: x[Int(r.rd)] = x[Int(r.rs1)] &+ x[Int(r.rs2)]
                    case .sub: x[Int(r.rd)] = x[Int(r.rs1)] &- x[Int(r.rs2)]
                    case .sll: x[Int(r.rd)] = x[Int(r.rs1)] &<< x[Int(r.rs2)]
                    case .slt:
                        x[Int(r.rd)] = Int64(bitPattern: x[Int(r.rs1)]) < Int64(bitPattern: x[Int(r.rs2)]) ? 1 : 0
                    case .sltu: x[Int(r.rd)] = x[Int(r.rs1)] < x[Int(r.rs2)] ? 1 : 0
                    case .xor: x[Int(r.rd)] = x[Int(r.rs1)] ^ x[Int(r.rs2)]
                    case .srl: x[Int(r.rd)] = x[Int(r.rs1)] &>> x[Int(r.rs2)]
                    case .sra:
                        x[Int(r.rd)] = UInt64(
                            bitPattern: Int64(bitPattern: x[Int(r.rs1)]) &>> Int64(bitPattern: x[Int(r.rs2)]))
                    case .or: x[Int(r.rd)] = x[Int(r.rs1)] | x[Int(r.rs2)]
                    case .and: x[Int(r.rd)] = x[Int(r.rs1)] & x[Int(r.rs2)]
                    case .addw: x[Int(r.rd)] = word(low(x[Int(r.rs1)]) &+ low(x[Int(r.rs2)]))
                    case .subw: x[Int(r.rd)] = word(low(x[Int(r.rs1)]) &- low(x[Int(r.rs2)]))
                    case .sllw: x[Int(r.rd)] = word(low(x[Int(r.rs1)]) &<< low(x[Int(r.rs2)]))
                    case .srlw:
                        let shifted =
                            UInt32(truncatingIfNeeded: x[Int(r.rs1)]) &>> UInt32(truncatingIfNeeded: x[Int(r.rs2)])
                        x[Int(r.rd)] = word(Int32(bitPattern: shifted))
                    case .sraw: x[Int(r.rd)] = word(low(x[Int(r.rs1)]) &>> low(x[Int(r.rs2)]))

                    case .mul: x[Int(r.rd)] = x[Int(r.rs1)] &* x[Int(r.rs2)]
                    case .mulh:
                        let product = Int64(bitPattern: x[Int(r.rs1)]).multipliedFullWidth(
                            by: Int64(bitPattern: x[Int(r.rs2)]))
                        x[Int(r.rd)] = UInt64(bitPattern: product.high)
                    case .mulhsu:
                        let a = x[Int(r.rs1)]
                        let b = x[Int(r.rs2)]
                        let high = a.multipliedFullWidth(by: b).high
                        x[Int(r.rd)] = high &- (Int64(bitPattern: a) < 0 ? b : 0)
                    case .mulhu: x[Int(r.rd)] = x[Int(r.rs1)].multipliedFullWidth(by: x[Int(r.rs2)]).high
                    case .div: x[Int(r.rd)] = Division.signed(x[Int(r.rs1)], x[Int(r.rs2)])
                    case .divu: x[Int(r.rd)] = Division.unsigned(x[Int(r.rs1)], x[Int(r.rs2)])
                    case .rem: x[Int(r.rd)] = Division.signedRemainder(x[Int(r.rs1)], x[Int(r.rs2)])
                    case .remu: x[Int(r.rd)] = Division.unsignedRemainder(x[Int(r.rs1)], x[Int(r.rs2)])
                    case .mulw: x[Int(r.rd)] = word(low(x[Int(r.rs1)]) &* low(x[Int(r.rs2)]))
                    case .divw: x[Int(r.rd)] = word(Division.signed(low(x[Int(r.rs1)]), low(x[Int(r.rs2)])))
                    case .divuw: x[Int(r.rd)] = word(Division.unsigned(low(x[Int(r.rs1)]), low(x[Int(r.rs2)])))
                    case .remw: x[Int(r.rd)] = word(Division.signedRemainder(low(x[Int(r.rs1)]), low(x[Int(r.rs2)])))
                    case .remuw:
                        x[Int(r.rd)] = word(Division.unsignedRemainder(low(x[Int(r.rs1)]), low(x[Int(r.rs2)])))

                    case .ld:
                        let address = x[Int(r.rs1)] &+ r.signedImmediate
                        let hit = tlb + Int((address >> 12) & tlbMask)
                        if hit.pointee.loadTag == address & ~0xff8 {
                            x[Int(r.rd)] = host(address, hit).load(as: UInt64.self)
                        } else {
                            outcome = loadMiss(h, block, next, budget, pc, address, 8, r.rd, .ld)
                            if outcome != .done { break records }
                        }
                    case .lw:
                        let address = x[Int(r.rs1)] &+ r.signedImmediate
                        let hit = tlb + Int((address >> 12) & tlbMask)
                        if hit.pointee.loadTag == address & ~0xffc {
                            x[Int(r.rd)] = word(host(address, hit).load(as: Int32.self))
                        } else {
                            outcome = loadMiss(h, block, next, budget, pc, address, 4, r.rd, .lw)
                            if outcome != .done { break records }
                        }
                    case .lwu:
                        let address = x[Int(r.rs1)] &+ r.signedImmediate
                        let hit = tlb + Int((address >> 12) & tlbMask)
                        if hit.pointee.loadTag == address & ~0xffc {
                            x[Int(r.rd)] = UInt64(host(address, hit).load(as: UInt32.self))
                        } else {
                            outcome = loadMiss(h, block, next, budget, pc, address, 4, r.rd, .lwu)
                            if outcome != .done { break records }
                        }
                    case .lh:
                        let address = x[Int(r.rs1)] &+ r.signedImmediate
                        let hit = tlb + Int((address >> 12) & tlbMask)
                        if hit.pointee.loadTag == address & ~0xffe {
                            x[Int(r.rd)] = UInt64(bitPattern: Int64(host(address, hit).load(as: Int16.self)))
                        } else {
                            outcome = loadMiss(h, block, next, budget, pc, address, 2, r.rd, .lh)
                            if outcome != .done { break records }
                        }
                    case .lhu:
                        let address = x[Int(r.rs1)] &+ r.signedImmediate
                        let hit = tlb + Int((address >> 12) & tlbMask)
                        if hit.pointee.loadTag == address & ~0xffe {
                            x[Int(r.rd)] = UInt64(host(address, hit).load(as: UInt16.self))
                        } else {
                            outcome = loadMiss(h, block, next, budget, pc, address, 2, r.rd, .lhu)
                            if outcome != .done { break records }
                        }
                    case .lb:
                        let address = x[Int(r.rs1)] &+ r.signedImmediate
                        let hit = tlb + Int((address >> 12) & tlbMask)
                        if hit.pointee.loadTag == address & ~0xfff {
                            x[Int(r.rd)] = UInt64(bitPattern: Int64(host(address, hit).load(as: Int8.self)))
                        } else {
                            outcome = loadMiss(h, block, next, budget, pc, address, 1, r.rd, .lb)
                            if outcome != .done { break records }
                        }
                    case .lbu:
                        let address = x[Int(r.rs1)] &+ r.signedImmediate
                        let hit = tlb + Int((address >> 12) & tlbMask)
                        if hit.pointee.loadTag == address & ~0xfff {
                            x[Int(r.rd)] = UInt64(host(address, hit).load(as: UInt8.self))
                        } else {
                            outcome = loadMiss(h, block, next, budget, pc, address, 1, r.rd, .lbu)
                            if outcome != .done { break records }
                        }

                    case .sd:
                        let address = x[Int(r.rs1)] &+ r.signedImmediate
                        let hit = tlb + Int((address >> 12) & tlbMask)
                        if hit.pointee.storeTag == address & ~0xff8 {
                            host(address, hit).storeBytes(of: x[Int(r.rs2)], as: UInt64.self)
                        } else {
                            outcome = storeMiss(h, block, next, budget, pc, address, 8, x[Int(r.rs2)])
                            if outcome != .done { break records }
                        }
                    case .sw:
                        let address = x[Int(r.rs1)] &+ r.signedImmediate
                        let hit = tlb + Int((address >> 12) & tlbMask)
                        if hit.pointee.storeTag == address & ~0xffc {
                            host(address, hit).storeBytes(of: low(x[Int(r.rs2)]), as: Int32.self)
                        } else {
                            outcome = storeMiss(h, block, next, budget, pc, address, 4, x[Int(r.rs2)])
                            if outcome != .done { break records }
                        }
                    case .sh:
                        let address = x[Int(r.rs1)] &+ r.signedImmediate
                        let hit = tlb + Int((address >> 12) & tlbMask)
                        if hit.pointee.storeTag == address & ~0xffe {
                            host(address, hit).storeBytes(
                                of: UInt16(truncatingIfNeeded: x[Int(r.rs2)]), as: UInt16.self)
                        } else {
                            outcome = storeMiss(h, block, next, budget, pc, address, 2, x[Int(r.rs2)])
                            if outcome != .done { break records }
                        }
                    case .sb:
                        let address = x[Int(r.rs1)] &+ r.signedImmediate
                        let hit = tlb + Int((address >> 12) & tlbMask)
                        if hit.pointee.storeTag == address & ~0xfff {
                            host(address, hit).storeBytes(of: UInt8(truncatingIfNeeded: x[Int(r.rs2)]), as: UInt8.self)
                        } else {
                            outcome = storeMiss(h, block, next, budget, pc, address, 1, x[Int(r.rs2)])
                            if outcome != .done { break records }
                        }

                    case .fld, .flw:
                        let address = x[Int(r.rs1)] &+ r.signedImmediate
                        outcome = loadFloat(h, block, next, budget, pc, address, r)
                        if outcome != .done { break records }
                    case .fsd, .fsw:
                        let address = x[Int(r.rs1)] &+ r.signedImmediate
                        outcome = storeFloat(h, block, next, budget, pc, address, f[Int(r.rs2)], r.opcode)
                        if outcome != .done { break records }
                    case .atomic:
                        enterSlowPath(h, block, next, budget, pc)
                        outcome = executeAtomic(h, UInt32(bitPattern: r.immediate), r.rd)
                        leaveSlowPath(h)
                        if outcome != .done { break records }
                    case .float:
                        outcome = executeFloat(h, UInt32(bitPattern: r.immediate))
                        if outcome != .done { break records }

                    case .addAdd:
                        x[Int(r.rd)] = x[Int(r.rs1)] &+ x[Int(r.rs2)]
                        let s = next.pointee
                        next += 1
                        x[Int(s.rd)] = x[Int(s.rs1)] &+ x[Int(s.rs2)]
                    case .addwAddw:
                        x[Int(r.rd)] = word(low(x[Int(r.rs1)]) &+ low(x[Int(r.rs2)]))
                        let s = next.pointee
                        next += 1
                        x[Int(s.rd)] = word(low(x[Int(s.rs1)]) &+ low(x[Int(s.rs2)]))
                    case .xorXor:
                        x[Int(r.rd)] = x[Int(r.rs1)] ^ x[Int(r.rs2)]
                        let s = next.pointee
                        next += 1
                        x[Int(s.rd)] = x[Int(s.rs1)] ^ x[Int(s.rs2)]
                    case .orOr:
                        x[Int(r.rd)] = x[Int(r.rs1)] | x[Int(r.rs2)]
                        let s = next.pointee
                        next += 1
                        x[Int(s.rd)] = x[Int(s.rs1)] | x[Int(s.rs2)]
                    case .orXor:
                        x[Int(r.rd)] = x[Int(r.rs1)] | x[Int(r.rs2)]
                        let s = next.pointee
                        next += 1
                        x[Int(s.rd)] = x[Int(s.rs1)] ^ x[Int(s.rs2)]
                    case .srliwOr:
                        x[Int(r.rd)] = word(
                            Int32(
                                bitPattern: UInt32(bitPattern: low(x[Int(r.rs1)])) &>> UInt32(bitPattern: r.immediate)))
                        let s = next.pointee
                        next += 1
                        x[Int(s.rd)] = x[Int(s.rs1)] | x[Int(s.rs2)]
                    case .slliwSrliw:
                        x[Int(r.rd)] = word(low(x[Int(r.rs1)]) &<< r.immediate)
                        let s = next.pointee
                        next += 1
                        x[Int(s.rd)] = word(
                            Int32(
                                bitPattern: UInt32(bitPattern: low(x[Int(s.rs1)])) &>> UInt32(bitPattern: s.immediate)))
                    case .slliSrli:
                        x[Int(r.rd)] = x[Int(r.rs1)] &<< r.signedImmediate
                        let s = next.pointee
                        next += 1
                        x[Int(s.rd)] = x[Int(s.rs1)] &>> s.signedImmediate
                    case .slliAdd:
                        x[Int(r.rd)] = x[Int(r.rs1)] &<< r.signedImmediate
                        let s = next.pointee
                        next += 1
                        x[Int(s.rd)] = x[Int(s.rs1)] &+ x[Int(s.rs2)]
                    case .srliAdd:
                        x[Int(r.rd)] = x[Int(r.rs1)] &>> r.signedImmediate
                        let s = next.pointee
                        next += 1
                        x[Int(s.rd)] = x[Int(s.rs1)] &+ x[Int(s.rs2)]
                    case .addiAddi:
                        x[Int(r.rd)] = x[Int(r.rs1)] &+ r.signedImmediate
                        let s = next.pointee
                        next += 1
                        x[Int(s.rd)] = x[Int(s.rs1)] &+ s.signedImmediate
                    case .addiAddw:
                        x[Int(r.rd)] = x[Int(r.rs1)] &+ r.signedImmediate
                        let s = next.pointee
                        next += 1
                        x[Int(s.rd)] = word(low(x[Int(s.rs1)]) &+ low(x[Int(s.rs2)]))
                    case .addSltu:
                        x[Int(r.rd)] = x[Int(r.rs1)] &+ x[Int(r.rs2)]
                        let s = next.pointee
                        next += 1
                        x[Int(s.rd)] = x[Int(s.rs1)] < x[Int(s.rs2)] ? 1 : 0
                    case .mulAdd:
                        x[Int(r.rd)] = x[Int(r.rs1)] &* x[Int(r.rs2)]
                        let s = next.pointee
                        next += 1
                        x[Int(s.rd)] = x[Int(s.rs1)] &+ x[Int(s.rs2)]
                    case .xorAddw:
                        x[Int(r.rd)] = x[Int(r.rs1)] ^ x[Int(r.rs2)]
                        let s = next.pointee
                        next += 1
                        x[Int(s.rd)] = word(low(x[Int(s.rs1)]) &+ low(x[Int(s.rs2)]))
                    case .slliwSrliwOr:
                        x[Int(r.rd)] = word(low(x[Int(r.rs1)]) &<< r.immediate)
                        let s = next.pointee
                        x[Int(s.rd)] = word(
                            Int32(
                                bitPattern: UInt32(bitPattern: low(x[Int(s.rs1)])) &>> UInt32(bitPattern: s.immediate)))
                        let t = next[1]
                        next += 2
                        x[Int(t.rd)] = x[Int(t.rs1)] | x[Int(t.rs2)]
                    case .addiBne:
                        x[Int(r.rd)] = x[Int(r.rs1)] &+ r.signedImmediate
                        let s = next.pointee
                        next += 1
                        if x[Int(s.rs1)] != x[Int(s.rs2)] {
                            pc = pc &+ s.signedImmediate
                            link -= 1
                        } else {
                            pc = pc &+ UInt64(UInt32(bitPattern: block.pointee.byteCount))
                        }
                        break records
                    case .addBne:
                        x[Int(r.rd)] = x[Int(r.rs1)] &+ x[Int(r.rs2)]
                        let s = next.pointee
                        next += 1
                        if x[Int(s.rs1)] != x[Int(s.rs2)] {
                            pc = pc &+ s.signedImmediate
                            link -= 1
                        } else {
                            pc = pc &+ UInt64(UInt32(bitPattern: block.pointee.byteCount))
                        }
                        break records
                    case .addLd:
                        x[Int(r.rd)] = x[Int(r.rs1)] &+ x[Int(r.rs2)]
                        let s = next.pointee
                        let address = x[Int(s.rs1)] &+ s.signedImmediate
                        let hit = tlb + Int((address >> 12) & tlbMask)
                        if hit.pointee.loadTag == address & ~0xff8 {
                            next += 1
                            x[Int(s.rd)] = host(address, hit).load(as: UInt64.self)
                        }
                    case .ldLd:
                        let address = x[Int(r.rs1)] &+ r.signedImmediate
                        let hit = tlb + Int((address >> 12) & tlbMask)
                        if hit.pointee.loadTag == address & ~0xff8 {
                            x[Int(r.rd)] = host(address, hit).load(as: UInt64.self)
                            let s = next.pointee
                            let secondAddress = x[Int(s.rs1)] &+ s.signedImmediate
                            let secondHit = tlb + Int((secondAddress >> 12) & tlbMask)
                            if secondHit.pointee.loadTag == secondAddress & ~0xff8 {
                                next += 1
                                x[Int(s.rd)] = host(secondAddress, secondHit).load(as: UInt64.self)
                            }
                        } else {
                            outcome = loadMiss(h, block, next, budget, pc, address, 8, r.rd, .ld)
                            if outcome != .done { break records }
                        }
                    case .sdSd:
                        let address = x[Int(r.rs1)] &+ r.signedImmediate
                        let hit = tlb + Int((address >> 12) & tlbMask)
                        if hit.pointee.storeTag == address & ~0xff8 {
                            host(address, hit).storeBytes(of: x[Int(r.rs2)], as: UInt64.self)
                            let s = next.pointee
                            let secondAddress = x[Int(s.rs1)] &+ s.signedImmediate
                            let secondHit = tlb + Int((secondAddress >> 12) & tlbMask)
                            if secondHit.pointee.storeTag == secondAddress & ~0xff8 {
                                next += 1
                                host(secondAddress, secondHit).storeBytes(of: x[Int(s.rs2)], as: UInt64.self)
                            }
                        } else {
                            outcome = storeMiss(h, block, next, budget, pc, address, 8, x[Int(r.rs2)])
                            if outcome != .done { break records }
                        }

                    case .beq:
                        if x[Int(r.rs1)] == x[Int(r.rs2)] {
                            pc = pc &+ r.signedImmediate
                            link -= 1
                        } else {
                            pc = pc &+ UInt64(UInt32(bitPattern: block.pointee.byteCount))
                        }
                        break records
                    case .bne:
                        if x[Int(r.rs1)] != x[Int(r.rs2)] {
                            pc = pc &+ r.signedImmediate
                            link -= 1
                        } else {
                            pc = pc &+ UInt64(UInt32(bitPattern: block.pointee.byteCount))
                        }
                        break records
                    case .blt:
                        if Int64(bitPattern: x[Int(r.rs1)]) < Int64(bitPattern: x[Int(r.rs2)]) {
                            pc = pc &+ r.signedImmediate
                            link -= 1
                        } else {
                            pc = pc &+ UInt64(UInt32(bitPattern: block.pointee.byteCount))
                        }
                        break records
                    case .bge:
                        if Int64(bitPattern: x[Int(r.rs1)]) >= Int64(bitPattern: x[Int(r.rs2)]) {
                            pc = pc &+ r.signedImmediate
                            link -= 1
                        } else {
                            pc = pc &+ UInt64(UInt32(bitPattern: block.pointee.byteCount))
                        }
                        break records
                    case .bltu:
                        if x[Int(r.rs1)] < x[Int(r.rs2)] {
                            pc = pc &+ r.signedImmediate
                            link -= 1
                        } else {
                            pc = pc &+ UInt64(UInt32(bitPattern: block.pointee.byteCount))
                        }
                        break records
                    case .bgeu:
                        if x[Int(r.rs1)] >= x[Int(r.rs2)] {
                            pc = pc &+ r.signedImmediate
                            link -= 1
                        } else {
                            pc = pc &+ UInt64(UInt32(bitPattern: block.pointee.byteCount))
                        }
                        break records
                    case .jal:
                        x[Int(r.rd)] = pc &+ UInt64(UInt32(bitPattern: block.pointee.byteCount))
                        pc = pc &+ r.signedImmediate
                        link -= 1
                        break records
                    case .jalr:
                        let target = (x[Int(r.rs1)] &+ r.signedImmediate) & ~1
                        x[Int(r.rd)] = pc &+ UInt64(UInt32(bitPattern: block.pointee.byteCount))
                        pc = target
                        continue dispatch
                    case .endOfBlock:
                        pc = pc &+ UInt64(UInt32(bitPattern: block.pointee.byteCount))
                        break records
                    case .system:
                        enterSlowPath(h, block, next, budget, pc)
                        h.pointee.pc = address(of: next, block, pc)
                        outcome = executeSystem(h, UInt32(bitPattern: r.immediate), r.rd)
                        if outcome == .done {
                            h.pointee.pc = pc &+ UInt64(UInt32(bitPattern: block.pointee.byteCount))
                            outcome = .leave
                        }
                        if outcome == .leave {
                            leaveSlowPath(h)
                            if h.hasWakeUp || h.pointee.mustLeaveSlice {
                                h.pointee.budget = budget
                                return
                            }
                            pc = h.pointee.pc
                            tlb = h.pointee.tlb
                            continue dispatch
                        }
                        break records
                    case .illegal:
                        h.pointee.raise(ExceptionCause.illegalInstruction, UInt64(UInt32(bitPattern: r.immediate)))
                        outcome = .trap
                        break records
                    }
                }

                if outcome == .done {
                    if let linked = link.pointee {
                        block = linked
                        continue enter
                    }
                    guard let found = follow(h, block, link, pc, budget, (next - 1).pointee) else { return }
                    block = found
                    continue enter
                }
                finishEarly(h, block, next, budget, pc, outcome)
                return
            }
        }
    }

    @inline(__always)
    private func low(_ value: UInt64) -> Int32 { Int32(truncatingIfNeeded: value) }

    /// A 32-bit result, sign-extended.
    @inline(__always)
    private func word(_ value: Int32) -> UInt64 { UInt64(bitPattern: Int64(value)) }

    @inline(__always)
    private func host(_ address: UInt64, _ hit: UnsafeMutablePointer<TLBEntry>) -> UnsafeMutableRawPointer {
        UnsafeMutableRawPointer(bitPattern: UInt(address &+ hit.pointee.addend)).unsafelyUnwrapped
    }
}

extension DecodedInstruction {
    @inline(__always)
    var signedImmediate: UInt64 { UInt64(bitPattern: Int64(immediate)) }
}
