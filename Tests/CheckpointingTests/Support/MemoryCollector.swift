import Dispatch
import Foundation
import GuestMemory
import HistoryStore

@testable import Checkpointing

/// A collector that keeps every epoch in memory and trusts nobody: what it is told must fit what it was told before.
///
/// What it finds wrong goes into `violations`, so that a run goes on to its end and tells all of it.
final class MemoryCollector: Collector, @unchecked Sendable {
    /// What it says of the master list, and how fast it is. None of it may change what it gets to know.
    struct Behaviour: Sendable {
        /// Of its search for pages of which little changes; nil: it does not look.
        var candidateCountThreshold: UInt8? = 0
        /// Of the pages of an epoch, those that it names whatever changed in them.
        var randomCandidatePercent = 0
        /// Of the listed pages, those that it wants to see no more, at every epoch.
        var randomRemovalPercent = 0
        /// Microseconds for which it holds every epoch.
        var delay_us: UInt32 = 0
        /// So many epochs later it acknowledges one, from another thread; 0: at once.
        var lagEpochCount = 0
        /// The base waits for `letBaseIn`.
        var holdsBase = false
        var seed: UInt64 = 0
    }

    /// An epoch as it came.
    struct Epoch {
        /// `ContentHash` of the pages that came, by page.
        var contentHashes: [UInt64: UInt64]
        var state: EpochState
    }

    /// How pages came that the recorder's counts do not tell apart.
    struct Events {
        var differenceCount = 0
        /// Listed pages that came whole because too much had changed.
        var overLimitCount = 0
        /// Pages that left the list for others, for nothing that had to do with themselves.
        var evictionCount = 0
    }

    private(set) var epochs: [Epoch] = []
    private(set) var violations: [String] = []
    private(set) var events = Events()
    private(set) var isFinished = false

    let behaviour: Behaviour
    private var finder: CandidateFinder
    private var random: SeededGenerator
    /// The newest content of every page that ever came, and with which epoch.
    private var copies: [UInt64: (content: UnsafeMutableRawPointer, epoch: UInt64)] = [:]
    /// Pages of which differences may come.
    private var listed: Set<UInt64> = []
    /// Listed pages that came whole as not listed: the next epoch's header must say at the latest that they left.
    private var leaving: Set<UInt64> = []
    private var requestedRemovals: Set<UInt64> = []
    /// Pages that left the list with this epoch, and not because they had come whole.
    private var unexplained: Set<UInt64> = []
    private var thread: pthread_t?

    // Of the epoch under way.
    private var header: EpochHeader?
    private var state: EpochState?
    private var contentHashes: [UInt64: UInt64] = [:]
    /// What was lent to us until `complete` returns, and what it held when it came.
    private var loans: [(bytes: UnsafeRawBufferPointer, copy: [UInt8])] = []
    private var lastPage: UInt64?
    private var differenceCount = 0
    private var sentByteCount = 0
    private var candidates: [GuestPhysicalPage] = []

    /// Where the base is held: the sender is here with it, and it may go on.
    private let gate = NSCondition()
    private var isBaseHere = false
    private var mayBaseGoOn = false
    private let acknowledger = DispatchQueue(label: "acknowledgements")
    private var unacknowledged: [@Sendable () -> Void] = []

    init(_ behaviour: Behaviour = Behaviour()) {
        self.behaviour = behaviour
        finder = CandidateFinder(countThreshold: behaviour.candidateCountThreshold ?? 0)
        random = SeededGenerator(seed: behaviour.seed)
    }

    deinit { for copy in copies.values { copy.content.deallocate() } }

    private func check(_ condition: Bool, _ complaint: @autoclosure () -> String) {
        if !condition { violations.append("epoch \(header.map { "\($0.number)" } ?? "?"): \(complaint())") }
    }

    // MARK: The protocol

    func begin(_ header: EpochHeader) {
        if behaviour.holdsBase, header.number == 0 {
            gate.lock()
            isBaseHere = true
            gate.broadcast()
            while !mayBaseGoOn { gate.wait() }
            gate.unlock()
        }
        self.header.map { check(false, "has not ended, and epoch \(header.number) begins after \($0.number)") }
        check(thread.map { pthread_equal($0, pthread_self()) != 0 } ?? true, "comes from another thread")
        thread = pthread_self()
        self.header = header
        check(header.number == UInt64(epochs.count), "does not follow epoch \(epochs.count - 1)")
        check(!isFinished, "comes after the end")
        for page in header.unlistedPages { check(listed.contains(page.number), "unlists \(page), which is not listed") }
        listed.subtract(header.unlistedPages.map(\.number))
        unexplained = Set(header.unlistedPages.map(\.number)).subtracting(leaving)
        leaving.subtract(header.unlistedPages.map(\.number))
        check(leaving.isEmpty, "does not say that \(leaving) left the list")
    }

    /// Lets the base in that `Behaviour.holdsBase` held.
    /// - Parameter body: done first, while the sender waits here and touches nothing.
    func letBaseIn(after body: () -> Void) {
        gate.lock()
        while !isBaseHere { gate.wait() }
        body()
        mayBaseGoOn = true
        gate.broadcast()
        gate.unlock()
    }

    private func checkOrder(_ page: GuestPhysicalPage) {
        check(header != nil && state == nil, "\(page) comes between epochs")
        check(lastPage.map { $0 < page.number } ?? true, "\(page) comes after \(lastPage ?? 0)")
        lastPage = page.number
    }

    func receive(whole page: WholePage) {
        let number = page.page.number
        checkOrder(page.page)
        check(page.isZero == PageContent.isZero(page.content), "\(page.page) is zeros, or not, and says otherwise")
        if !page.isZero { sentByteCount += pageSize }
        lend(UnsafeRawBufferPointer(start: page.content, count: pageSize))
        let wasListed = listed.contains(number)
        if page.isListed {
            if wasListed { events.overLimitCount += 1 }
            listed.insert(number)
        } else if wasListed {
            leaving.insert(number)
        }
        keep(page)
    }

    private func keep(_ page: WholePage) {
        let number = page.page.number
        let epoch = header?.number ?? 0
        if let copy = copies[number]?.content {
            let changedWords = Self.changedWordCount(page.content, copy)
            if !page.isListed { lookAt(page.page, changedWords: changedWords) }
            copy.copyMemory(from: page.content, byteCount: pageSize)
            copies[number]?.epoch = epoch
        } else {
            let copy = UnsafeMutableRawPointer.allocate(byteCount: pageSize, alignment: 64)
            copy.copyMemory(from: page.content, byteCount: pageSize)
            copies[number] = (copy, epoch)
        }
        contentHashes[number] = ContentHash.of(page.content)
    }

    func receive(difference: PageDifference) {
        let page = difference.page
        checkOrder(page)
        sentByteCount += difference.patch.count
        differenceCount += 1
        lend(difference.patch)
        check(listed.contains(page.number), "holds a difference of \(page), which is not listed")
        guard let copy = copies[page.number] else {
            return check(false, "holds a difference of \(page), which never came")
        }
        check(copy.epoch == difference.baseEpoch, "\(page) is against \(difference.baseEpoch), we have \(copy.epoch)")
        withUnsafeTemporaryAllocation(byteCount: pageSize, alignment: 64) { old in
            let old = old.baseAddress!
            old.copyMemory(from: copy.content, byteCount: pageSize)
            check(PagePatch.apply(difference.patch, to: copy.content), "the difference of \(page) is malformed")
            let changedWordCount = Self.changedWordCount(copy.content, old)
            check(
                changedWordCount == difference.changedWordCount && changedWordCount < PageDifference.changedWordsLimit,
                "\(changedWordCount) words of \(page) changed, \(difference.changedWordCount) are told")
        }
        check(PageChecksum.of(copy.content) == difference.checksum, "the difference of \(page) has a wrong result")
        copies[page.number]?.epoch = header?.number ?? 0
        contentHashes[page.number] = ContentHash.of(copy.content)
    }

    func receive(state: EpochState) {
        check(header != nil && self.state == nil, "has a second state")
        self.state = state
        check(
            contentHashes.keys.sorted() == state.capture.dirtyPages.map(\.number),
            "\(contentHashes.count) pages came, \(state.capture.dirtyPages.count) were dirty, or others")
        let counts = state.counts
        check(counts.dirtyPages == contentHashes.count, "counts \(counts) for \(contentHashes.count) pages")
        check(counts.differencePages == differenceCount, "\(differenceCount) differences came, counts say \(counts)")
        check(counts.sentBytes == sentByteCount, "\(sentByteCount) bytes came, counts say \(counts.sentBytes)")
        check(counts.protectFaults >= counts.copiedBeforeWrite, "fewer faults than copies: \(counts)")
        check(counts.protectFaults <= contentHashes.count, "more faults than pages: \(counts)")
    }

    func complete(acknowledge: @escaping @Sendable (Acknowledgement) -> Void) {
        guard let header, let state else { return check(false, "ends without a state") }
        usleep(behaviour.delay_us)
        for loan in loans where !loan.copy.isEmpty {
            let isSame = memcmp(loan.copy, loan.bytes.baseAddress!, loan.copy.count) == 0
            check(isSame, "what was lent has changed")
        }
        noteEvictions(header)
        epochs.append(Epoch(contentHashes: contentHashes, state: state))
        let acknowledgement = Acknowledgement(
            epoch: header.number, isDurable: true, storedBytes: sentByteCount, feedback: feedback())
        acknowledgeLater { acknowledge(acknowledgement) }
        forgetEpoch()
    }

    func finish() {
        check(header == nil, "has not ended, and all is over")
        isFinished = true
        for acknowledge in unacknowledged { acknowledger.async(execute: acknowledge) }
        unacknowledged.removeAll()
        acknowledger.sync {}
    }

    private func forgetEpoch() {
        events.differenceCount += differenceCount
        (header, state, lastPage) = (nil, nil, nil)
        (differenceCount, sentByteCount) = (0, 0)
        contentHashes.removeAll()
        loans.removeAll(keepingCapacity: true)
    }

    private func lend(_ bytes: UnsafeRawBufferPointer) { loans.append((bytes, Array(bytes))) }

    private static func changedWordCount(_ a: UnsafeRawPointer, _ b: UnsafeRawPointer) -> Int {
        let (a, b) = (a.assumingMemoryBound(to: UInt64.self), b.assumingMemoryBound(to: UInt64.self))
        return (0..<pageSize / 8).count { a[$0] != b[$0] }
    }

    // MARK: What it says

    private func lookAt(_ page: GuestPhysicalPage, changedWords: Int) {
        if behaviour.candidateCountThreshold != nil { finder.note(page, changedWords: changedWords) }
        if random.chance(percent: behaviour.randomCandidatePercent) { candidates.append(page) }
    }

    private func feedback() -> ListFeedback {
        var feedback = ListFeedback(candidates: finder.takeFound())
        let found = Set(feedback.candidates)
        feedback.candidates += candidates.filter { !found.contains($0) }
        candidates.removeAll()
        for page in listed.sorted() where random.chance(percent: behaviour.randomRemovalPercent) {
            feedback.removals.append(GuestPhysicalPage(page))
            requestedRemovals.insert(page)
        }
        return feedback
    }

    /// A page that we did not ask to be dropped, and that was not modified in the epoch, can have left the list only for
    /// another one. (No run is long enough for a page to leave it for being idle.)
    private func noteEvictions(_ header: EpochHeader) {
        for page in unexplained where requestedRemovals.remove(page) == nil {
            if copies[page]?.epoch != header.number { events.evictionCount += 1 }
        }
    }

    private func acknowledgeLater(_ acknowledge: @escaping @Sendable () -> Void) {
        if behaviour.lagEpochCount == 0 { return acknowledge() }
        unacknowledged.append(acknowledge)
        if unacknowledged.count > behaviour.lagEpochCount {
            acknowledger.async(execute: unacknowledged.removeFirst())
        }
    }
}
