import GuestMemory

/// LR, SC and AMOs (Unprivileged ISA, chapter A).
///
/// A reservation ends when another hart gets its turn (the machine clears it then), so a store by another hart can never
/// come between a load-reserved and a store-conditional that succeeds.
extension HartCluster {
    @inline(never)
    func executeAtomic(_ h: Hart, _ word: UInt32, _ destination: UInt8) -> Outcome {
        let size = Decoder.funct3(word) == 2 ? 4 : 8
        let operation = word >> 27
        guard Self.isDefined(operation, word) else { return illegal(h, word) }
        let address = h.pointee.x[Int(Decoder.rs1(word))]
        let isLoad = operation == 2
        if address & UInt64(size - 1) != 0 {
            h.pointee.raise(isLoad ? ExceptionCause.loadMisaligned : ExceptionCause.storeMisaligned, address)
            return .trap
        }
        if isLoad { return loadReserved(h, address, size, destination) }
        if operation == 3 { return storeConditional(h, address, size, word, destination) }
        guard let place = resolve(h, address, size, .store) else { return .trap }
        let old = Self.extended(Self.read(place.host, size), size)
        let operand = Self.extended(h.pointee.x[Int(Decoder.rs2(word))], size)
        let outcome = store(h, place, size, Self.combine(operation, old, operand))
        h.pointee.x[Int(destination)] = old
        return outcomeAfterWalk(h, outcome)
    }

    private static func isDefined(_ operation: UInt32, _ word: UInt32) -> Bool {
        switch operation {
        case 2: Decoder.rs2(word) == 0
        case 0, 1, 3, 4, 8, 12, 16, 20, 24, 28: true
        default: false
        }
    }

    /// Sign-extends a word; a doubleword stays as it is.
    private static func extended(_ value: UInt64, _ size: Int) -> UInt64 {
        size == 8 ? value : UInt64(bitPattern: Int64(Int32(truncatingIfNeeded: value)))
    }

    private static func combine(_ operation: UInt32, _ old: UInt64, _ operand: UInt64) -> UInt64 {
        // Sign extension keeps both signed and unsigned order of words.
        switch operation {
        case 0: old &+ operand
        case 1: operand
        case 4: old ^ operand
        case 8: old | operand
        case 12: old & operand
        case 16: Int64(bitPattern: old) < Int64(bitPattern: operand) ? old : operand
        case 20: Int64(bitPattern: old) > Int64(bitPattern: operand) ? old : operand
        case 24: old < operand ? old : operand
        default: old > operand ? old : operand
        }
    }

    /// Where an aligned access finds its bytes in RAM.
    private struct Place {
        var host: UnsafeMutableRawPointer
        var physical: UInt64
        /// The nested page table's leaf; nil after a TLB hit, which allows a plain store.
        var leaf: UnsafeMutablePointer<UInt64>?
    }

    /// Atomics on devices are access faults.
    private func resolve(_ h: Hart, _ address: UInt64, _ size: Int, _ kind: AccessKind) -> Place? {
        let hit = h.pointee.tlb + Int((address >> pageShift) & h.pointee.tlbMask)
        let tag = kind == .store ? hit.pointee.storeTag : hit.pointee.loadTag
        if tag == address & ~0xfff {
            let host = UnsafeMutableRawPointer(bitPattern: UInt(address &+ hit.pointee.addend)).unsafelyUnwrapped
            return Place(host: host, physical: hit.pointee.physicalPage << pageShift | address & 0xfff, leaf: nil)
        }
        let privilege = h.pointee.dataPrivilege
        guard let place = translate(h, address, kind, privilege) else { return nil }
        guard pmpAllows(h, place.address, size: UInt64(size), kind, privilege),
            let leaf = memory.leaf(place.address >> pageShift)
        else {
            h.pointee.raise(kind.accessFault, address)
            return nil
        }
        // A failing SC marks the page like a store: with a hit it is marked already, so both must be alike.
        if kind == .store { memory.markDirty(leaf) }
        fill(h, address, place, leaf, privilege, isStore: kind == .store)
        let host = GuestMemory.hostAddress(leaf.pointee) + Int(address & 0xfff)
        return Place(host: host, physical: place.address, leaf: leaf)
    }

    private func store(_ h: Hart, _ place: Place, _ size: Int, _ value: UInt64) -> Outcome {
        if let leaf = place.leaf { return storeToMemory(h, place.physical, leaf, size, value) }
        Self.write(place.host, size, value)
        return .done
    }

    private func loadReserved(_ h: Hart, _ address: UInt64, _ size: Int, _ destination: UInt8) -> Outcome {
        guard let place = resolve(h, address, size, .load) else { return .trap }
        h.pointee.reservation = place.physical
        h.pointee.x[Int(destination)] = Self.extended(Self.read(place.host, size), size)
        return outcomeAfterWalk(h)
    }

    private func storeConditional(
        _ h: Hart, _ address: UInt64, _ size: Int, _ word: UInt32, _ destination: UInt8
    ) -> Outcome {
        let reservation = h.pointee.reservation
        h.pointee.reservation = HartState.noReservation
        guard reservation != HartState.noReservation else {
            h.pointee.x[Int(destination)] = 1
            return .done
        }
        guard let place = resolve(h, address, size, .store) else { return .trap }
        guard place.physical == reservation else {
            h.pointee.x[Int(destination)] = 1
            return outcomeAfterWalk(h)
        }
        let value = h.pointee.x[Int(Decoder.rs2(word))]
        let outcome = store(h, place, size, value)
        h.pointee.x[Int(destination)] = 0
        return outcomeAfterWalk(h, outcome)
    }
}
