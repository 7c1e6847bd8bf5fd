import GuestMemory
import HistoryStore
import Machine

/// The collector that is the local store: an epoch is acknowledged when its write has returned.
///
/// It keeps the content of listed pages, applies differences to it, and gives the store both: the content to hash, and the
/// difference to take as the page's delta.
public final class StoreCollector: Collector {
    /// One interval of little change is enough (docs/decisions/deferred-pages.md).
    private static let candidateCountThreshold: UInt8 = 0

    private let writer: any EpochAppender
    private let findsCandidates: Bool
    private var finder: CandidateFinder
    private var copies = PageCopies()
    private var header = EpochHeader(number: 0)
    private var pages: [DirtyPage] = []
    private var state: EpochState?

    /// - Parameters:
    ///   - writer: taken over; `finish` closes it.
    ///   - findsCandidates: whether to look for pages for the master list.
    public init(writer: any EpochAppender, findsCandidates: Bool = true) {
        self.writer = writer
        self.findsCandidates = findsCandidates
        finder = CandidateFinder(countThreshold: Self.candidateCountThreshold)
    }

    public func begin(_ header: EpochHeader) {
        self.header = header
        pages.removeAll(keepingCapacity: true)
        state = nil
        for page in header.unlistedPages { copies.remove(page) }
    }

    public func receive(whole page: WholePage) {
        if page.isListed { copies.put(page.page, epoch: header.number, content: page.content) }
        pages.append(DirtyPage(page: page.page, content: page.content))
    }

    public func receive(difference: PageDifference) throws {
        let content = try copies.apply(difference, epoch: header.number)
        pages.append(DirtyPage(page: difference.page, content: content, patch: difference.patch))
    }

    public func receive(state: EpochState) { self.state = state }

    public func complete(acknowledge: @escaping @Sendable (Acknowledgement) -> Void) throws {
        guard let state else { preconditionFailure("an epoch without state") }
        let receipt = try writer.append(input(state))
        for change in receipt.pageChanges where !copies.contains(change.page) {
            finder.note(change.page, changedWords: change.changedWords)
        }
        acknowledge(
            Acknowledgement(
                epoch: receipt.epoch, isDurable: receipt.durable, storedBytes: receipt.storedBytes,
                feedback: ListFeedback(candidates: finder.takeFound())))
    }

    public func finish() throws {
        var failure: (any Error)?
        do { try writer.flush() } catch { failure = error }
        do { try writer.close() } catch { failure = failure ?? error }
        if let failure { throw failure }
    }

    private func input(_ state: EpochState) -> EpochInput {
        let capture = state.capture
        var input = EpochInput(
            epoch: header.number, icountFrom: capture.icountFrom, icountTo: capture.icountTo,
            virtualTime_ns: capture.virtualTime_ns, wallTime_ns: state.wallTime_ns, stun_us: state.stun_us,
            scan_us: capture.scan_us, copy_us: state.copy_us, pages: pages, machineState: capture.machineState,
            inputs: InputLog.encode(capture.inputs), inputCount: UInt64(capture.inputs.count),
            tlbEvents: TLBEventLog.encode(capture.tlbEvents), tlbEventCount: UInt64(capture.tlbEvents.count),
            pageMarks: capture.pageMarks, consoleOutput: capture.consoleOutput)
        input.capture = state.counts
        input.wantsPageChanges = findsCandidates
        return input
    }
}
