import GuestMemory

/// A translation as a walk finds it.
struct Translation {
    /// Guest-physical address.
    var address: UInt64
    /// The page-table entries that were read; none where there is no translation.
    var path = WalkPath()
}

extension HartState {
    /// Points the hot pointers at the tables of the current privileges. To be called after every change of privilege,
    /// MPRV, MPP or SUM.
    ///
    /// Loads and stores have MPP's privilege while MPRV is set (Privileged Architecture, 3.1.6.3).
    mutating func selectContexts() {
        dataPrivilege = privilege
        if mstatus & MStatus.mprv != 0 && privilege == .machine {
            dataPrivilege = Privilege(rawValue: UInt8((mstatus >> MStatus.mppShift) & 3)) ?? .machine
        }
        switch dataPrivilege {
        case .machine: dataContext = TLBContext.machine
        case .supervisor:
            dataContext =
                mstatus & MStatus.sum != 0 ? TLBContext.supervisorWithUserAccess : TLBContext.supervisor
        case .user: dataContext = TLBContext.user
        }
        tlb = contexts[dataContext].entries
        let mode = Int(privilege.rawValue)
        jumpCache = jumpCaches[mode].entries
        generation = jumpCaches[mode].generation
    }

    @inline(__always)
    mutating func raise(_ cause: UInt64, _ value: UInt64) {
        exceptionCause = cause
        exceptionValue = value
    }
}

extension HartCluster {
    /// Translates an access (Privileged Architecture, 4.3.2), setting A and D in the guest's entry as hardware does, and A
    /// and T in the nested page table for every page-table page read (patents.md, requirements 20, 21).
    /// - Returns: nil after raising the page or access fault that the access deserves.
    @inline(never)
    func translate(_ h: Hart, _ address: UInt64, _ kind: AccessKind, _ privilege: Privilege) -> Translation? {
        let mode = h.pointee.satp >> 60
        guard privilege != .machine, mode != 0 else { return Translation(address: address) }
        statisticsPointer.pointee.walkCount &+= 1
        let levels = mode == 8 ? 3 : 4
        let unusedBits = UInt64(64 - (12 + 9 * levels))
        let canonical = UInt64(bitPattern: Int64(bitPattern: address &<< unusedBits) &>> Int64(unusedBits))
        guard canonical == address else { return fault(h, kind.pageFault, address) }

        var table = (h.pointee.satp & 0xfff_ffff_ffff) << 12
        var level = levels - 1
        var path = WalkPath()
        while true {
            let shift = UInt64(12 + 9 * level)
            let entryAddress = table + ((address >> shift) & 511) * 8
            path[level] = entryAddress
            guard let entry = tableEntry(h, entryAddress, level) else { return fault(h, kind.accessFault, address) }
            let pte = entry.pointee
            // Reserved bits (no Svnapot, no Svpbmt) fault as an invalid entry does.
            guard pte & PTE.valid != 0, pte & (PTE.read | PTE.write) != PTE.write, pte & PTE.reserved == 0 else {
                return fault(h, kind.pageFault, address)
            }
            if pte & (PTE.read | PTE.execute) == 0 {
                guard level > 0, pte & (PTE.user | PTE.accessed | PTE.dirty) == 0 else {
                    return fault(h, kind.pageFault, address)
                }
                table = (pte & PTE.pageNumberMask) << 2
                level -= 1
                continue
            }
            let offsetMask = (UInt64(1) << shift) - 1
            let base = (pte & PTE.pageNumberMask) << 2
            guard allows(h, pte, kind, privilege), base & offsetMask & ~0xfff == 0 else {
                return fault(h, kind.pageFault, address)
            }
            guard updateAccessedAndDirty(h, entry, entryAddress, kind) else {
                return fault(h, kind.accessFault, address)
            }
            return Translation(address: base | (address & offsetMask), path: path)
        }
    }

    private func fault(_ h: Hart, _ cause: UInt64, _ address: UInt64) -> Translation? {
        h.pointee.raise(cause, address)
        return nil
    }

    /// The host address of a page-table entry, after marking its page; nil when it is not RAM or PMP denies the walk.
    private func tableEntry(_ h: Hart, _ address: UInt64, _ level: Int) -> UnsafeMutablePointer<UInt64>? {
        let page = address >> pageShift
        guard let leaf = memory.leaf(page) else { return nil }
        if !pmpAllows(h, address, size: 8, .load, .supervisor) { return nil }
        markTablePage(h, leaf, page, level)
        return (GuestMemory.hostAddress(leaf.pointee) + Int(address & 0xfff)).assumingMemoryBound(to: UInt64.self)
    }

    private func allows(_ h: Hart, _ pte: UInt64, _ kind: AccessKind, _ privilege: Privilege) -> Bool {
        let isUserPage = pte & PTE.user != 0
        if privilege == .user {
            if !isUserPage { return false }
        } else if isUserPage {
            // The supervisor never executes user pages and reads or writes them only with SUM.
            if kind == .fetch || h.pointee.mstatus & MStatus.sum == 0 { return false }
        }
        switch kind {
        case .fetch: return pte & PTE.execute != 0
        case .store: return pte & PTE.write != 0
        case .load:
            return pte & PTE.read != 0 || (h.pointee.mstatus & MStatus.mxr != 0 && pte & PTE.execute != 0)
        }
    }

    /// Writes guest memory only when a bit really changes; the page is then dirty (requirement 6). The walk's own result
    /// stays valid, so this store needs no synchronisation (requirement 26).
    private func updateAccessedAndDirty(
        _ h: Hart, _ entry: UnsafeMutablePointer<UInt64>, _ entryAddress: UInt64, _ kind: AccessKind
    ) -> Bool {
        let wanted = kind == .store ? PTE.accessed | PTE.dirty : PTE.accessed
        if entry.pointee & wanted == wanted { return true }
        guard pmpAllows(h, entryAddress, size: 8, .store, .supervisor) else { return false }
        memory.markDirty(memory.leaf(entryAddress >> pageShift).unsafelyUnwrapped)
        entry.pointee |= wanted
        // A page table that is executed as well: its decoded instructions go.
        dropDecodedCode(h, page: entryAddress >> pageShift, offset: Int(entryAddress & 0xfff), byteCount: 8)
        return true
    }

    @inline(__always)
    func pmpAllows(_ h: Hart, _ address: UInt64, size: UInt64, _ kind: AccessKind, _ privilege: Privilege) -> Bool {
        if privilege == .machine ? h.pointee.pmpIsOpenForMachine : h.pointee.pmpIsOpenForOthers { return true }
        return h.pmpMatch(address, size: size, kind, privilege) == .allowed
    }

    /// Translates for inspection: no fault, no mark, no A or D. Rights are not checked.
    /// - Returns: the guest-physical address and the leaf's level, or nil where nothing is mapped.
    public func inspectTranslation(satp: UInt64, _ address: UInt64) -> (address: GuestPhysicalAddress, level: Int)? {
        let mode = satp >> 60
        if mode == 0 { return (GuestPhysicalAddress(address), 0) }
        let unusedBits = UInt64(mode == 8 ? 64 - 39 : 64 - 48)
        guard UInt64(bitPattern: Int64(bitPattern: address &<< unusedBits) &>> Int64(unusedBits)) == address else {
            return nil
        }
        var table = (satp & 0xfff_ffff_ffff) << 12
        for level in stride(from: mode == 8 ? 2 : 3, through: 0, by: -1) {
            let shift = UInt64(12 + 9 * level)
            let entryAddress = GuestPhysicalAddress(table + ((address >> shift) & 511) * 8)
            guard memory.contains(entryAddress, count: 8) else { return nil }
            let pte = memory.peek(entryAddress.page)?.load(fromByteOffset: entryAddress.offsetInPage, as: UInt64.self)
            guard let pte, pte & PTE.valid != 0 else { return nil }
            if pte & (PTE.read | PTE.execute) != 0 {
                let base = (pte & PTE.pageNumberMask) << 2
                return (GuestPhysicalAddress(base | (address & ((1 << shift) - 1))), level)
            }
            table = (pte & PTE.pageNumberMask) << 2
        }
        return nil
    }
}

/// Bits of a guest page-table entry (Privileged Architecture, 4.4.1).
public enum PTE {
    public static let valid: UInt64 = 1 << 0
    public static let read: UInt64 = 1 << 1
    public static let write: UInt64 = 1 << 2
    public static let execute: UInt64 = 1 << 3
    public static let user: UInt64 = 1 << 4
    public static let global: UInt64 = 1 << 5
    public static let accessed: UInt64 = 1 << 6
    public static let dirty: UInt64 = 1 << 7
    static let pageNumberMask: UInt64 = 0x3f_ffff_ffff_fc00
    static let reserved: UInt64 = 0xffc0 << 48

    /// Whether a walk goes on at the page that the entry names: valid, no rights, and none of the bits that are reserved
    /// there.
    public static func isPointer(_ entry: UInt64) -> Bool {
        entry & (valid | read | write | execute | user | accessed | dirty | reserved) == valid
    }

    /// Whether a walk ends at the entry with a translation, were it not for the access's own rights and the frame's
    /// alignment.
    public static func isLeaf(_ entry: UInt64) -> Bool {
        entry & valid != 0 && entry & (read | execute) != 0 && entry & (read | write) != write && entry & reserved == 0
    }

    /// The guest-physical page that a valid entry names.
    public static func pageNumber(_ entry: UInt64) -> UInt64 { (entry & pageNumberMask) >> 10 }
}
