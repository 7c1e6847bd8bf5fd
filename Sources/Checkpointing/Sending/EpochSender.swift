import GuestMemory
import HistoryStore

/// Brings captured epochs to the collector, on a thread of its own (patents.md, requirement 17: send, drain deferred, end
/// record).
///
/// Deferred pages are drained first, those of the epochs that wait behind too: while they are protected, writes to them make
/// the guest wait for a copy.
struct EpochSender: ~Copyable {
    private let queue: CaptureQueue
    private let collector: any Collector
    private let memory: GuestMemory
    private let deferredPages: DeferredPages
    /// nil where the stun makes the differences, or nobody does.
    private let masterList: MasterList?
    /// What the collector has of listed pages: with which epoch each was last sent, and its checksum then.
    private var sent: [UInt64: (epoch: UInt64, checksum: UInt64)] = [:]
    private let scratch = UnsafeMutableRawPointer.allocate(byteCount: pageSize, alignment: 64)
    private let differenceRoom = UnsafeMutableRawPointer.allocate(
        byteCount: WordDifference.byteCountMax, alignment: 64)
    /// The epoch's differences, one after the other.
    private var patches = PatchArena()

    init(
        queue: CaptureQueue, collector: any Collector, memory: GuestMemory, deferredPages: DeferredPages,
        masterList: MasterList?
    ) {
        self.queue = queue
        self.collector = collector
        self.memory = memory
        self.deferredPages = deferredPages
        self.masterList = masterList
    }

    deinit {
        scratch.deallocate()
        differenceRoom.deallocate()
    }

    /// Sends epochs as they come, until the queue is closed and empty or the collector fails.
    mutating func serve() {
        while let (epoch, behind) = queue.next() {
            drain(epoch)
            for later in behind { drain(later) }
            do {
                try send(epoch)
                queue.finished(epoch)
            } catch {
                queue.fail(error)
                return
            }
        }
    }

    /// Sees to it that the contents of an epoch's deferred pages are in their slots.
    private func drain(_ epoch: CapturedEpoch) {
        if epoch.isDrained { return }
        epoch.isDrained = true
        if epoch.counts.deferredPages == 0 { return }
        let start = MonotonicClock.now_ns
        for page in epoch.pages where page.kind == .deferred {
            switch deferredPages.handOver(
                page: page.page, slot: page.slot, content: memory.frameAddress(of: page.page))
            {
            case .bySender: break
            case .bySenderAwaited: epoch.counts.protectFaults += 1
            case .copiedBeforeWrite:
                epoch.counts.protectFaults += 1
                epoch.counts.copiedBeforeWrite += 1
            }
        }
        queue.noteDrained(time_ns: MonotonicClock.now_ns - start)
    }

    private mutating func send(_ epoch: CapturedEpoch) throws {
        var header = EpochHeader(number: epoch.number, unlistedPages: epoch.unlistedPages)
        if let masterList {
            masterList.update(queue.takeFeedback(), epoch: epoch.number)
            header.unlistedPages = masterList.takeUnlisted()
        }
        for page in header.unlistedPages { sent[page.number] = nil }
        patches.reset()
        try collector.begin(header)
        for page in epoch.pages { try send(page, epoch) }
        try collector.receive(
            state: EpochState(
                capture: epoch.capture, counts: epoch.counts, stun_us: epoch.stun_us, copy_us: epoch.copy_us,
                wallTime_ns: epoch.wallTime_ns))
        let queue = queue
        try collector.complete { queue.acknowledged($0) }
    }

    private mutating func send(_ page: CapturedPage, _ epoch: CapturedEpoch) throws {
        if page.kind == .difference { return try sendDifference(page.slot, of: page.page, epoch) }
        guard let masterList, let entry = masterList.entry(of: page.page) else {
            return try sendWhole(page, isListed: page.isListed, epoch)
        }
        switch masterList.take(entry, content: page.slot, into: differenceRoom, epoch: epoch.number) {
        case .difference:
            epoch.counts.differencePages += 1
            if page.kind == .copied { epoch.counts.hotPages -= 1 } else { epoch.counts.deferredPages -= 1 }
            try sendDifference(differenceRoom, of: page.page, epoch)
        case .whole(let isListed): try sendWhole(page, isListed: isListed, epoch)
        }
    }

    private mutating func sendWhole(_ page: CapturedPage, isListed: Bool, _ epoch: CapturedEpoch) throws {
        if isListed { sent[page.page] = (epoch.number, PageChecksum.of(page.slot)) }
        let content = UnsafeRawPointer(page.slot)
        let isZero = PageContent.isZero(content)
        if !isZero { epoch.counts.sentBytes += pageSize }
        try collector.receive(
            whole: WholePage(
                page: GuestPhysicalPage(page.page), content: content, isListed: isListed, isZero: isZero))
    }

    private mutating func sendDifference(
        _ words: UnsafeRawPointer, of page: UInt64, _ epoch: CapturedEpoch
    ) throws {
        guard var state = sent[page] else { preconditionFailure("a difference of a page that was not sent") }
        let output = patches.room(PagePatch.byteCountMax)
        let (byteCount, changedWordCount) = WordDifference.encode(
            words, scratch: scratch, into: output, checksum: &state.checksum)
        patches.take(byteCount)
        epoch.counts.sentBytes += byteCount
        let difference = PageDifference(
            page: GuestPhysicalPage(page), baseEpoch: state.epoch, changedWordCount: changedWordCount,
            patch: UnsafeRawBufferPointer(start: output, count: byteCount), checksum: state.checksum)
        state.epoch = epoch.number
        sent[page] = state
        try collector.receive(difference: difference)
    }
}

/// Room for the patches of one epoch, which stay where they are until the next.
private struct PatchArena: ~Copyable {
    private static let chunkByteCount = 1 << 20
    private var chunks: [UnsafeMutableRawPointer] = []
    private var chunk = 0
    private var used = 0

    deinit { for chunk in chunks { chunk.deallocate() } }

    mutating func reset() {
        chunk = 0
        used = 0
    }

    /// Room for so many bytes, aligned to 8.
    mutating func room(_ byteCount: Int) -> UnsafeMutableRawPointer {
        if used + byteCount > Self.chunkByteCount {
            chunk += 1
            used = 0
        }
        if chunk == chunks.count { chunks.append(.allocate(byteCount: Self.chunkByteCount, alignment: 64)) }
        return chunks[chunk] + used
    }

    /// So many bytes of the room given last stay taken.
    mutating func take(_ byteCount: Int) { used += (byteCount + 7) & ~7 }
}
