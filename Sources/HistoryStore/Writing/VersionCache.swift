import GuestMemory

/// The versions of pages that the next deltas will be made against, in bounded memory.
///
/// Version v of a page (counted from its keyframe) is stored against v with its lowest set bit cleared, so a version is
/// at most log2(interval) deltas from its keyframe. What a later version can be against is v itself and the bases on its
/// way down: its *chain*. Ordered from the keyframe up, position i of the chain is v with only its i highest set bits:
///
///     v = 13 = 0b1101    chain: 0, 8, 12, 13        next: 14 = 0b1110, against 12, at position 2
///
/// Pages have a slot each; a slot's chain has locations, and frames as far as memory allows.
struct VersionCache: ~Copyable {
    private static let chainMax = 7

    private struct Slot {
        var versionIndex = 0
        var chainCount = 0
        var recentlyUsed = false
    }

    private var slotOfPage: [UInt64: Int] = [:]
    private var slots: [Slot] = []
    private var locations: [UInt64] = []
    private var frames: [UnsafeMutableRawPointer?] = []
    private var freeFrames: [UnsafeMutableRawPointer] = []
    private var slabs: [UnsafeMutableRawPointer] = []
    private var framesLeft: Int
    private var hand = 0

    private static let framesPerSlab = 256

    init(byteCountMax: Int) {
        framesLeft = max(byteCountMax / pageSize, 1)
    }

    deinit { for slab in slabs { slab.deallocate() } }

    /// The slot of a page, made when it has none.
    mutating func slot(of page: UInt64) -> Int {
        if let slot = slotOfPage[page] {
            slots[slot].recentlyUsed = true
            return slot
        }
        let slot = slots.count
        slotOfPage[page] = slot
        slots.append(Slot())
        for _ in 0..<Self.chainMax {
            locations.append(0)
            frames.append(nil)
        }
        return slot
    }

    func existingSlot(of page: UInt64) -> Int? { slotOfPage[page] }

    func chainCount(_ slot: Int) -> Int { slots[slot].chainCount }
    func versionIndex(_ slot: Int) -> Int { slots[slot].versionIndex }

    /// The newest version's location; `.absent` without a chain.
    func latestLocation(_ slot: Int) -> PageLocation {
        let count = slots[slot].chainCount
        return count == 0 ? .absent : location(slot, count - 1)
    }

    /// The newest version's content, if in memory.
    func latestFrame(_ slot: Int) -> UnsafeRawPointer? {
        let count = slots[slot].chainCount
        return count == 0 ? nil : frame(slot, count - 1)
    }

    func location(_ slot: Int, _ position: Int) -> PageLocation {
        PageLocation(rawValue: locations[slot * Self.chainMax + position])
    }

    func frame(_ slot: Int, _ position: Int) -> UnsafeRawPointer? {
        frames[slot * Self.chainMax + position].map { UnsafeRawPointer($0) }
    }

    /// The content of a location that is on the page's chain and in memory.
    func frame(_ slot: Int, at location: PageLocation) -> UnsafeRawPointer? {
        for position in 0..<slots[slot].chainCount where self.location(slot, position) == location {
            return frame(slot, position)
        }
        return nil
    }

    /// Position on the chain of what version v + 1 is stored against.
    func basePosition(_ slot: Int) -> Int {
        let next = slots[slot].versionIndex + 1
        return (next & (next - 1)).nonzeroBitCount
    }

    /// Forgets the chain: the next version is a keyframe.
    mutating func clear(_ slot: Int) {
        truncate(slot, to: 0)
        slots[slot].versionIndex = 0
    }

    /// The page got a keyframe at `location`.
    mutating func startChain(_ slot: Int, at location: PageLocation, content: UnsafeRawPointer) {
        clear(slot)
        push(slot, location, content)
    }

    /// The page got the version after the last, at `location`, against that at `basePosition`.
    mutating func extendChain(_ slot: Int, with location: PageLocation, content: UnsafeRawPointer) {
        truncate(slot, to: basePosition(slot) + 1)
        slots[slot].versionIndex += 1
        push(slot, location, content)
    }

    /// The page is now what is at the end of another chain, whose locations are given from the keyframe up. Frames of
    /// locations on both chains stay.
    mutating func adoptChain(_ slot: Int, _ chain: [PageLocation], versionIndex: Int, content: UnsafeRawPointer) {
        precondition(chain.count == versionIndex.nonzeroBitCount + 1, "a chain has a member for each set bit")
        var shared = 0
        while shared < slots[slot].chainCount, shared < chain.count - 1, location(slot, shared) == chain[shared] {
            shared += 1
        }
        truncate(slot, to: shared)
        for location in chain[shared..<chain.count - 1] { push(slot, location, nil) }
        slots[slot].versionIndex = versionIndex
        push(slot, chain[chain.count - 1], content)
    }

    /// Takes over the chain of a version written by an earlier writer, without contents.
    mutating func adoptLocations(_ slot: Int, _ chain: [PageLocation], versionIndex: Int) {
        clear(slot)
        for location in chain { push(slot, location, nil) }
        slots[slot].versionIndex = versionIndex
    }

    /// Keeps the content of a chain member that had to be read back.
    mutating func fill(_ slot: Int, _ position: Int, content: UnsafeRawPointer) {
        let index = slot * Self.chainMax + position
        guard frames[index] == nil, let frame = takeFrame(for: slot) else { return }
        frame.copyMemory(from: content, byteCount: pageSize)
        frames[index] = frame
    }

    /// Forgets the chains that have such a member.
    mutating func removeChains(with isGone: (PageLocation) -> Bool) {
        for slot in slots.indices where (0..<slots[slot].chainCount).contains(where: { isGone(location(slot, $0)) }) {
            clear(slot)
        }
    }

    private mutating func push(_ slot: Int, _ location: PageLocation, _ content: UnsafeRawPointer?) {
        let position = slots[slot].chainCount
        slots[slot].chainCount += 1
        slots[slot].recentlyUsed = true
        locations[slot * Self.chainMax + position] = location.rawValue
        if let content { fill(slot, position, content: content) }
    }

    private mutating func truncate(_ slot: Int, to count: Int) {
        for position in count..<max(slots[slot].chainCount, count) {
            if let frame = frames[slot * Self.chainMax + position] { freeFrames.append(frame) }
            frames[slot * Self.chainMax + position] = nil
        }
        slots[slot].chainCount = min(slots[slot].chainCount, count)
    }

    private mutating func takeFrame(for slot: Int) -> UnsafeMutableRawPointer? {
        if let frame = freeFrames.popLast() { return frame }
        if framesLeft > 0 {
            let count = min(framesLeft, Self.framesPerSlab)
            framesLeft -= count
            let slab = UnsafeMutableRawPointer.allocate(byteCount: count * pageSize, alignment: pageSize)
            slabs.append(slab)
            for index in 1..<max(count, 1) { freeFrames.append(slab + index * pageSize) }
            return slab
        }
        evict(sparing: slot)
        return freeFrames.popLast()
    }

    /// Takes the frames of one page that was not written lately (second chance). Twice round reaches every page.
    private mutating func evict(sparing spared: Int) {
        for _ in 0..<slots.count * 2 {
            hand = hand + 1 < slots.count ? hand + 1 : 0
            if hand == spared { continue }
            if slots[hand].recentlyUsed {
                slots[hand].recentlyUsed = false
                continue
            }
            let before = freeFrames.count
            for index in hand * Self.chainMax..<hand * Self.chainMax + slots[hand].chainCount {
                if let frame = frames[index] { freeFrames.append(frame) }
                frames[index] = nil
            }
            if freeFrames.count > before { return }
        }
    }
}
