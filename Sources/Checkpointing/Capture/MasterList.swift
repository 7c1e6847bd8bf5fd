import GuestMemory

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The pages whose changes are sent as differences, with a copy of each as it was last sent (patents.md, requirements 12, 14).
///
/// Fed by what the collector finds. A page that is new on the list is sent whole the next time it is modified, and its copy
/// made then. It leaves the list when too much of it changed several times in a row, when it has not been modified for long,
/// when the collector asks, or for others when the list is full.
///
/// Belongs to the thread that makes the differences: the machine's or the sender's (`DifferenceTiming`).
final class MasterList {
    private struct Entry {
        var page: UInt64
        /// The last epoch that modified the page, or that listed it.
        var lastEpoch: UInt64
        var hasCopy: Bool
        /// Times in a row that too much of the page had changed.
        var overLimitCount: UInt8
    }

    /// So many times too much in a row end a page's place.
    private static let overLimitCountMax: UInt8 = 3
    /// So many epochs without a modification do.
    private static let idleEpochCountMax: UInt64 = 512
    /// Entries looked at for idleness after each epoch.
    private static let sweepCount = 32

    let capacity: Int
    private let firstPage: UInt64
    private let pageCount: Int
    /// For each page of RAM its entry's number + 1; 0 for pages that are not listed. Address space that appears on touch.
    private let entryOfPage: UnsafeMutablePointer<UInt32>
    private let entries: UnsafeMutablePointer<Entry>
    /// The copy of entry n lies at n * 4096. Appears on touch.
    private let copies: UnsafeMutableRawPointer
    private var usedCount = 0
    private var freeEntries: [Int] = []
    private var sweepHand = 0
    private var unlisted: [GuestPhysicalPage] = []

    /// - Parameter capacity: pages that may be listed; the memory for their copies is the bound.
    init(memory: GuestMemory, capacity: Int) throws {
        self.capacity = capacity
        firstPage = memory.firstPage
        pageCount = Int(memory.pageCount)
        let room = try HostMemory.reserve(byteCount: pageCount * 4)
        HostMemory.touch(room, byteCount: pageCount * 4)
        entryOfPage = room.bindMemory(to: UInt32.self, capacity: pageCount)
        copies = try HostMemory.reserve(byteCount: max(capacity, 1) * pageSize)
        entries = .allocate(capacity: max(capacity, 1))
    }

    deinit {
        munmap(entryOfPage, pageCount * 4)
        munmap(copies, max(capacity, 1) * pageSize)
        entries.deallocate()
    }

    var count: Int { usedCount - freeEntries.count }

    // MARK: Taking differences

    /// The entry of a page; nil when it is not listed.
    @inline(__always)
    func entry(of page: UInt64) -> Int? {
        let number = entryOfPage[Int(page &- firstPage)]
        return number == 0 ? nil : Int(number &- 1)
    }

    enum Taken {
        /// The room given holds a `WordDifference`.
        case difference
        /// Too much has changed, or it is the first time: the page goes whole. If it stays listed, differences follow.
        case whole(isListed: Bool)
    }

    /// Takes a listed page that was modified in `epoch`: as a difference where that pays. The list's copy becomes `content`.
    /// - Parameter room: `WordDifference.byteCountMax` bytes.
    func take(
        _ entry: Int, content: UnsafeRawPointer, into room: UnsafeMutableRawPointer, epoch: UInt64
    ) -> Taken {
        entries[entry].lastEpoch = epoch
        let copy = copies + entry * pageSize
        if entries[entry].hasCopy {
            if WordDifference.take(content, copy: copy, into: room) != nil {
                entries[entry].overLimitCount = 0
                return .difference
            }
            entries[entry].overLimitCount += 1
            if entries[entry].overLimitCount == Self.overLimitCountMax {
                remove(entry)
                return .whole(isListed: false)
            }
        }
        copy.copyMemory(from: content, byteCount: pageSize)
        entries[entry].hasCopy = true
        return .whole(isListed: true)
    }

    // MARK: Between epochs

    /// Works in what the collector found, and lets go of pages that are idle.
    func update(_ feedback: ListFeedback, epoch: UInt64) {
        for page in feedback.removals where isInMemory(page) {
            if let entry = entry(of: page.number) { remove(entry) }
        }
        sweep(epoch)
        // Answers of several epochs come together, and may name a page more than once.
        var named: Set<GuestPhysicalPage> = []
        let new = feedback.candidates.filter {
            isInMemory($0) && entry(of: $0.number) == nil && named.insert($0).inserted
        }
        makeRoom(for: new.count, epoch)
        for page in new {
            guard let entry = takeEntry() else { break }
            entries[entry] = Entry(page: page.number, lastEpoch: epoch, hasCopy: false, overLimitCount: 0)
            // Its memory appears now, not in a stun.
            (copies + entry * pageSize).storeBytes(of: 0, as: UInt8.self)
            entryOfPage[Int(page.number - firstPage)] = UInt32(entry + 1)
        }
    }

    private func isInMemory(_ page: GuestPhysicalPage) -> Bool { page.number &- firstPage < UInt64(pageCount) }

    /// Pages that have left the list since the last call, of those that the collector has a copy of.
    func takeUnlisted() -> [GuestPhysicalPage] {
        defer { unlisted.removeAll() }
        return unlisted
    }

    private func takeEntry() -> Int? {
        if let entry = freeEntries.popLast() { return entry }
        guard usedCount < capacity else { return nil }
        usedCount += 1
        return usedCount - 1
    }

    private func remove(_ entry: Int) {
        let page = entries[entry].page
        entryOfPage[Int(page - firstPage)] = 0
        if entries[entry].hasCopy { unlisted.append(GuestPhysicalPage(page)) }
        entries[entry].page = .max
        freeEntries.append(entry)
    }

    private func isUsed(_ entry: Int) -> Bool { entries[entry].page != .max }

    private func sweep(_ epoch: UInt64) {
        for _ in 0..<min(Self.sweepCount, usedCount) {
            sweepHand = sweepHand + 1 < usedCount ? sweepHand + 1 : 0
            if isUsed(sweepHand), epoch - entries[sweepHand].lastEpoch > Self.idleEpochCountMax { remove(sweepHand) }
        }
    }

    /// Gives up the pages modified longest ago, but none that the last two epochs modified: new ones then have to wait.
    private func makeRoom(for newCount: Int, _ epoch: UInt64) {
        let missing = newCount - (capacity - count)
        guard missing > 0 else { return }
        let idle = (0..<usedCount).filter { isUsed($0) && entries[$0].lastEpoch + 2 <= epoch }
        for entry in idle.sorted(by: { entries[$0].lastEpoch < entries[$1].lastEpoch }).prefix(missing) {
            remove(entry)
        }
    }
}
