/// Physical memory protection (Privileged Architecture, 3.7): 16 entries, granularity 4 bytes.
enum PMP {
    static let entryCount = 16
    static let read: UInt8 = 1
    static let write: UInt8 = 2
    static let execute: UInt8 = 4
    static let lock: UInt8 = 0x80
    static let addressMask: UInt64 = (1 << 54) - 1

    /// What an entry says of an access.
    enum Match {
        case none
        case allowed
        case denied
        /// Only a part of the range is covered: an access fails, and a page cannot be cached as a whole.
        case partial
    }
}

// Methods of the pointer, not of the state: calling one of the state would copy all of it.
extension Hart {
    func pmpConfiguration(_ index: Int) -> UInt8 {
        let word = index < 8 ? pointee.pmpConfiguration.0 : pointee.pmpConfiguration.1
        return UInt8(truncatingIfNeeded: word >> UInt64((index & 7) * 8))
    }

    /// Address range of an entry as a half-open pair; nil when it is off.
    private func pmpRange(_ index: Int) -> (low: UInt64, high: UInt64)? {
        let address = pointee.pmpAddress[index]
        switch (pmpConfiguration(index) >> 3) & 3 {
        case 1:
            let low = index == 0 ? 0 : pointee.pmpAddress[index - 1] << 2
            return (low, address << 2)
        case 2: return (address << 2, (address << 2) &+ 4)
        case 3:
            let ones = UInt64((~address).trailingZeroBitCount)
            if ones >= 54 { return (0, .max) }
            let size: UInt64 = 8 << ones
            let low = (address & ~((1 << ones) - 1)) << 2
            return (low, low &+ size)
        default: return nil
        }
    }

    /// Judges an access of `size` bytes by the first entry that matches any of them.
    func pmpMatch(_ address: UInt64, size: UInt64, _ kind: AccessKind, _ privilege: Privilege) -> PMP.Match {
        if pointee.pmpConfiguration.0 | pointee.pmpConfiguration.1 == 0 {
            return privilege == .machine ? .allowed : .denied
        }
        for index in 0..<PMP.entryCount {
            guard let (low, high) = pmpRange(index), address < high, address &+ size > low, low < high else { continue }
            if address < low || address &+ size > high { return .partial }
            let configuration = pmpConfiguration(index)
            if privilege == .machine && configuration & PMP.lock == 0 { return .allowed }
            return configuration & kind.pmpRight != 0 ? .allowed : .denied
        }
        return privilege == .machine ? .allowed : .denied
    }

    func writePMPConfiguration(word: Int, _ value: UInt64) {
        var result: UInt64 = 0
        for byte in 0..<8 {
            let old = pmpConfiguration(word * 8 + byte)
            var new = UInt8(truncatingIfNeeded: value >> UInt64(byte * 8)) & 0x9f
            // W without R is reserved: the entry keeps what it had (WARL).
            if new & 3 == 2 { new = old }
            result |= UInt64(old & PMP.lock != 0 ? old : new) << UInt64(byte * 8)
        }
        if word == 0 { pointee.pmpConfiguration.0 = result } else { pointee.pmpConfiguration.1 = result }
        summarisePMP()
    }

    func writePMPAddress(_ index: Int, _ value: UInt64) {
        if pmpConfiguration(index) & PMP.lock != 0 { return }
        // A locked top-of-range entry locks the address below it as well.
        if index + 1 < PMP.entryCount {
            let next = pmpConfiguration(index + 1)
            if next & PMP.lock != 0 && (next >> 3) & 3 == 1 { return }
        }
        pointee.pmpAddress[index] = value & PMP.addressMask
        summarisePMP()
    }

    /// Finds out for which modes PMP allows every access, so that most accesses need not ask.
    func summarisePMP() {
        var isLocked = false
        for index in 0..<PMP.entryCount where pmpConfiguration(index) & PMP.lock != 0 { isLocked = true }
        pointee.pmpIsOpenForMachine = !isLocked
        let all = PMP.read | PMP.write | PMP.execute
        let coversAll = pmpRange(0).map { $0.low == 0 && $0.high == .max } ?? false
        pointee.pmpIsOpenForOthers = coversAll && pmpConfiguration(0) & all == all
    }
}
