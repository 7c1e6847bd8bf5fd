import Foundation
import GuestMemory

@testable import Checkpointing

/// One thread plays the machine, which writes pages and protects them in stuns, one the sender, which comes for them sooner or
/// later. Nothing else orders the two than what they would have in a recorder: a queue of epochs.
final class HandoverRace: @unchecked Sendable {
    private struct Epoch {
        var number: Int
        var pages: [(index: Int, slot: UnsafeMutableRawPointer, hash: UInt64)]
    }

    private static let firstPage: UInt64 = 0x80000
    private static let pageCount = 12
    /// Epochs that may wait for the sender; each has slots of its own.
    private static let epochsWaitingMax = 6

    let deferredPages: DeferredPages
    private let pages: UnsafeMutableRawPointer
    private let slots: UnsafeMutableRawPointer

    // MARK: The queue

    private let condition = NSCondition()
    private var waiting: [Epoch] = []
    private var isClosed = false
    private var isOver = false
    /// Epochs that the sender has been through.
    private var sentCount = 0

    // MARK: The machine's

    private var random: SeededGenerator
    private var isProtected = [Bool](repeating: true, count: pageCount)
    /// With which epoch each page was last protected; 0: never.
    private var lastEpochs = [Int](repeating: 0, count: pageCount)
    private(set) var protectedAgainCount = 0

    // MARK: The sender's

    private var senderRandom: SeededGenerator
    private(set) var bySenderCount = 0
    private(set) var awaitedCount = 0
    private(set) var copiedBeforeWriteCount = 0
    /// The page about to be handed over, and what it held in the stun.
    private var claimed = (index: 0, hash: UInt64(0))
    /// Pages that were already different when the sender had claimed them.
    private(set) var wrongPageCount = 0
    private(set) var wrongSlotCount = 0
    private(set) var firstWrongEpoch: Int?

    init(seed: UInt64) throws {
        deferredPages = try DeferredPages(firstPage: Self.firstPage, pageCount: UInt64(Self.pageCount))
        pages = .allocate(byteCount: Self.pageCount * pageSize, alignment: 4096)
        pages.initializeMemory(as: UInt8.self, repeating: 0, count: Self.pageCount * pageSize)
        let slotByteCount = Self.epochsWaitingMax * Self.pageCount * PageRing.slotByteCount
        slots = .allocate(byteCount: slotByteCount, alignment: 64)
        slots.initializeMemory(as: UInt8.self, repeating: 0, count: slotByteCount)
        random = SeededGenerator(seed: seed)
        senderRandom = SeededGenerator(seed: seed &+ 77)
    }

    deinit {
        pages.deallocate()
        slots.deallocate()
    }

    func run(epochCount: Int) {
        deferredPages.testClaimed = { [unowned self] in
            for _ in 0..<senderRandom.pick([0, 0, 1, 10, 200]) { sched_yield() }
            lookAtClaimedPage()
        }
        Thread { [self] in send() }.start()
        for number in 1...epochCount {
            let dirty = write()
            enqueue(protect(dirty, epoch: number))
        }
        condition.lock()
        isClosed = true
        condition.broadcast()
        while !isOver { condition.wait() }
        condition.unlock()
        deferredPages.testClaimed = nil
    }

    // MARK: The machine

    /// An epoch's writes, each page's first after it was permitted.
    private func write() -> Set<Int> {
        var dirty: Set<Int> = []
        for _ in 0..<random.pick([1, 4, 30, 300]) {
            let index = random.below(Self.pageCount)
            let page = pages + index * pageSize
            if dirty.insert(index).inserted, isProtected[index] {
                deferredPages.permitWrite(page: Self.firstPage + UInt64(index), content: page)
                isProtected[index] = false
            }
            page.storeBytes(of: random.next(), toByteOffset: random.below(512) * 8, as: UInt64.self)
        }
        return dirty
    }

    private func protect(_ dirty: Set<Int>, epoch: Int) -> Epoch {
        // The slots are those of an epoch that the sender has been through.
        condition.lock()
        while sentCount + Self.epochsWaitingMax < epoch { condition.wait() }
        let sentCount = sentCount
        condition.unlock()
        let firstSlot = epoch % Self.epochsWaitingMax * Self.pageCount
        var taken = Epoch(number: epoch, pages: [])
        for index in dirty.sorted() {
            let slot = slots + (firstSlot + index) * PageRing.slotByteCount
            if lastEpochs[index] > sentCount { protectedAgainCount += 1 }
            lastEpochs[index] = epoch
            taken.pages.append((index, slot, ContentHash.of(pages + index * pageSize)))
            deferredPages.protect(page: Self.firstPage + UInt64(index), slot: slot)
            isProtected[index] = true
        }
        return taken
    }

    private func enqueue(_ epoch: Epoch) {
        condition.lock()
        waiting.append(epoch)
        condition.broadcast()
        condition.unlock()
    }

    // MARK: The sender

    private func next() -> Epoch? {
        condition.lock()
        defer { condition.unlock() }
        while waiting.isEmpty, !isClosed { condition.wait() }
        return waiting.isEmpty ? nil : waiting.removeFirst()
    }

    private func send() {
        while let epoch = next() {
            if senderRandom.chance(percent: 10) { usleep(UInt32(senderRandom.below(300))) }
            for page in epoch.pages {
                claimed = (page.index, page.hash)
                handOver(page.index, page.slot)
            }
            for page in epoch.pages where ContentHash.of(page.slot) != page.hash {
                wrongSlotCount += 1
                firstWrongEpoch = firstWrongEpoch ?? epoch.number
            }
            condition.lock()
            sentCount = epoch.number
            condition.broadcast()
            condition.unlock()
        }
        condition.lock()
        isOver = true
        condition.broadcast()
        condition.unlock()
    }

    /// Between the claim and the copy. The thread sanitizer does not look into `copyMemory`, but it does see these loads,
    /// which the same two operations on the page's word keep apart from the machine's stores.
    private func lookAtClaimedPage() {
        if ContentHash.of(pages + claimed.index * pageSize) != claimed.hash { wrongPageCount += 1 }
    }

    private func handOver(_ index: Int, _ slot: UnsafeMutableRawPointer) {
        let page = Self.firstPage + UInt64(index)
        switch deferredPages.handOver(page: page, slot: slot, content: pages + index * pageSize) {
        case .bySender: bySenderCount += 1
        case .bySenderAwaited: awaitedCount += 1
        case .copiedBeforeWrite: copiedBeforeWriteCount += 1
        }
    }
}
