import GuestMemory

/// Loads and stores that the interpreter's TLB lookup did not serve.
extension HartCluster {
    /// Loads 1, 2, 4 or 8 bytes.
    /// - Returns: the value, zero-extended, when the outcome is not `.trap`.
    @inline(never)
    func loadSlow(_ h: Hart, _ address: UInt64, _ size: Int) -> (value: UInt64, outcome: Outcome) {
        let offset = Int(address & 0xfff)
        if offset + size > pageSize { return loadAcrossPages(h, address, size) }
        let privilege = h.pointee.dataPrivilege
        guard let place = translate(h, address, .load, privilege) else { return (0, .trap) }
        guard pmpAllows(h, place.address, size: UInt64(size), .load, privilege) else {
            h.pointee.raise(ExceptionCause.loadAccess, address)
            return (0, .trap)
        }
        guard let leaf = memory.leaf(place.address >> pageShift) else {
            return loadFromBus(h, place.address, size, address)
        }
        fill(h, address, place, leaf, privilege, isStore: false)
        let host = GuestMemory.hostAddress(leaf.pointee) + offset
        return (Self.read(host, size), outcomeAfterWalk(h))
    }

    static func read(_ host: UnsafeMutableRawPointer, _ size: Int) -> UInt64 {
        switch size {
        case 1: UInt64(host.load(as: UInt8.self))
        case 2: UInt64(host.loadUnaligned(as: UInt16.self))
        case 4: UInt64(host.loadUnaligned(as: UInt32.self))
        default: host.loadUnaligned(as: UInt64.self)
        }
    }

    static func write(_ host: UnsafeMutableRawPointer, _ size: Int, _ value: UInt64) {
        switch size {
        case 1: host.storeBytes(of: UInt8(truncatingIfNeeded: value), as: UInt8.self)
        case 2: host.storeBytes(of: UInt16(truncatingIfNeeded: value), as: UInt16.self)
        case 4: host.storeBytes(of: UInt32(truncatingIfNeeded: value), as: UInt32.self)
        default: host.storeBytes(of: value, as: UInt64.self)
        }
    }

    private func loadFromBus(
        _ h: Hart, _ physical: UInt64, _ size: Int, _ address: UInt64
    ) -> (value: UInt64, outcome: Outcome) {
        guard physical & UInt64(size - 1) == 0, let value = bus.busRead(GuestPhysicalAddress(physical), size: size)
        else {
            h.pointee.raise(ExceptionCause.loadAccess, address)
            return (0, .trap)
        }
        return (value, .leave)
    }

    /// Byte by byte, each page with its own translation; the fault names the first byte of the page that faults.
    private func loadAcrossPages(_ h: Hart, _ address: UInt64, _ size: Int) -> (value: UInt64, outcome: Outcome) {
        var value: UInt64 = 0
        let firstCount = pageSize - Int(address & 0xfff)
        let privilege = h.pointee.dataPrivilege
        var sources: (UnsafeMutableRawPointer?, UnsafeMutableRawPointer?) = (nil, nil)
        for isSecond in [false, true] {
            let part = isSecond ? address &+ UInt64(firstCount) : address
            let count = isSecond ? size - firstCount : firstCount
            guard let place = translate(h, part, .load, privilege) else { return (0, .trap) }
            guard pmpAllows(h, place.address, size: UInt64(count), .load, privilege),
                let leaf = memory.leaf(place.address >> pageShift)
            else {
                h.pointee.raise(ExceptionCause.loadAccess, part)
                return (0, .trap)
            }
            let host = GuestMemory.hostAddress(leaf.pointee) + Int(part & 0xfff)
            if isSecond { sources.1 = host } else { sources.0 = host }
        }
        for index in 0..<size {
            let host =
                index < firstCount
                ? sources.0.unsafelyUnwrapped + index : sources.1.unsafelyUnwrapped + (index - firstCount)
            value |= UInt64(host.load(as: UInt8.self)) << UInt64(index * 8)
        }
        return (value, outcomeAfterWalk(h))
    }

    /// Stores the low 1, 2, 4 or 8 bytes of a value.
    @inline(never)
    func storeSlow(_ h: Hart, _ address: UInt64, _ size: Int, _ value: UInt64) -> Outcome {
        let offset = Int(address & 0xfff)
        if offset + size > pageSize { return storeAcrossPages(h, address, size, value) }
        let privilege = h.pointee.dataPrivilege
        guard let place = translate(h, address, .store, privilege) else { return .trap }
        guard pmpAllows(h, place.address, size: UInt64(size), .store, privilege) else {
            h.pointee.raise(ExceptionCause.storeAccess, address)
            return .trap
        }
        guard let leaf = memory.leaf(place.address >> pageShift) else {
            return storeToBus(h, place.address, size, value, address)
        }
        let outcome = storeToMemory(h, place.address, leaf, size, value)
        // A store that was not plain may have changed its own translation.
        if outcome == .done { fill(h, address, place, leaf, privilege, isStore: true) }
        return outcomeAfterWalk(h, outcome)
    }

    /// Writes inside one page of RAM, marking it dirty and keeping TLB and decoded code in step.
    func storeToMemory(
        _ h: Hart, _ physical: UInt64, _ leaf: UnsafeMutablePointer<UInt64>, _ size: Int, _ value: UInt64
    ) -> Outcome {
        let host = GuestMemory.hostAddress(leaf.pointee) + Int(physical & 0xfff)
        memory.markDirty(leaf)
        if leaf.pointee & NestedFlags.storeSensitive == 0 {
            Self.write(host, size, value)
            return .done
        }
        return storeSensitive(h, physical, leaf, byteCount: size) { Self.write(host, size, value) }
    }

    /// A write to a page with T or decoded instructions. The fetch side may change, so the block must be left.
    private func storeSensitive(
        _ h: Hart, _ physical: UInt64, _ leaf: UnsafeMutablePointer<UInt64>, byteCount: Int, store: () -> Void
    ) -> Outcome {
        let page = physical >> pageShift
        let offset = Int(physical & 0xfff)
        if leaf.pointee & NestedFlags.decodedCode != 0,
            code.invalidate(page: page, leaf: leaf, offset: offset, byteCount: byteCount)
        {
            flushJumpCaches()
        }
        if leaf.pointee & NestedFlags.tablePage != 0 {
            synchronise(h, page: page, leaf: leaf, offset: offset, byteCount: byteCount, store: store)
        } else {
            store()
        }
        if leaf.pointee & NestedFlags.watched != 0 { watchedPageWritten?(h) }
        return .leave
    }

    private func storeToBus(
        _ h: Hart, _ physical: UInt64, _ size: Int, _ value: UInt64, _ address: UInt64
    ) -> Outcome {
        guard physical & UInt64(size - 1) == 0,
            bus.busWrite(GuestPhysicalAddress(physical), size: size, value: value)
        else {
            h.pointee.raise(ExceptionCause.storeAccess, address)
            return .trap
        }
        return .leave
    }

    /// Both pages are checked before a byte is written, so that a fault leaves memory as it was.
    private func storeAcrossPages(_ h: Hart, _ address: UInt64, _ size: Int, _ value: UInt64) -> Outcome {
        let firstCount = pageSize - Int(address & 0xfff)
        let second = address &+ UInt64(firstCount)
        let privilege = h.pointee.dataPrivilege
        var physical: [UInt64] = []
        for (part, count) in [(address, firstCount), (second, size - firstCount)] {
            guard let place = translate(h, part, .store, privilege) else { return .trap }
            guard pmpAllows(h, place.address, size: UInt64(count), .store, privilege),
                memory.contains(page: place.address >> pageShift)
            else {
                h.pointee.raise(ExceptionCause.storeAccess, part)
                return .trap
            }
            physical.append(place.address)
        }
        var outcome = Outcome.done
        for index in 0..<size {
            let at = index < firstCount ? physical[0] + UInt64(index) : physical[1] + UInt64(index - firstCount)
            let leaf = memory.leaf(at >> pageShift).unsafelyUnwrapped
            if storeToMemory(h, at, leaf, 1, value >> UInt64(index * 8)) == .leave { outcome = .leave }
        }
        return outcomeAfterWalk(h, outcome)
    }

    /// Remembers a translation, unless PMP cuts the page or the page must not be reached by plain stores.
    func fill(
        _ h: Hart, _ address: UInt64, _ place: Translation, _ leaf: UnsafeMutablePointer<UInt64>,
        _ privilege: Privilege, isStore: Bool
    ) {
        guard caching else { return }
        let physicalPage = place.address >> pageShift
        let kind: AccessKind = isStore ? .store : .load
        guard pmpAllows(h, physicalPage << pageShift, size: UInt64(pageSize), kind, privilege) else { return }
        if let evictionState { evictAtRandom(h, evictionState) }
        let context = h.pointee.contexts + h.pointee.dataContext
        let index = Int((address >> pageShift) & h.pointee.tlbMask)
        let entry = context.pointee.entries + index
        let tag = address & ~0xfff
        if entry.pointee.physicalPage != physicalPage || (entry.pointee.loadTag != tag && entry.pointee.storeTag != tag)
        {
            entry.pointee = .empty
        }
        entry.pointee.physicalPage = physicalPage
        entry.pointee.addend = UInt64(UInt(bitPattern: GuestMemory.hostAddress(leaf.pointee))) &- tag
        if isStore {
            if leaf.pointee & NestedFlags.storeSensitive == 0 { entry.pointee.storeTag = tag }
        } else {
            entry.pointee.loadTag = tag
        }
        context.pointee.paths[index] = place.path
        context.pointee.filter.insert(place.path)
        context.pointee.isUsed = true
    }

    // MARK: Writes that no hart's TLB has seen

    /// A write by a device, the firmware interface or the debugger: same dirty set, same checks (patents.md, requirements
    /// 5, 27). The harts' next fetch and translation see it.
    /// - Returns: false when the range is not RAM; nothing is then written.
    public func writeFromOutside(_ h: Hart, _ address: GuestPhysicalAddress, _ bytes: UnsafeRawBufferPointer) -> Bool {
        guard memory.contains(address, count: bytes.count) else { return false }
        memory.forEachPiece(address, count: bytes.count) { page, offset, position, length in
            let leaf = memory.leaf(page.number).unsafelyUnwrapped
            let host = GuestMemory.hostAddress(leaf.pointee) + offset
            if !testOmitsDeviceRule { memory.markDirty(leaf) }
            let physical = page.baseAddress.rawValue + UInt64(offset)
            _ = storeSensitive(h, physical, leaf, byteCount: length) {
                host.copyMemory(from: bytes.baseAddress.unsafelyUnwrapped + position, byteCount: length)
            }
        }
        return true
    }
}
