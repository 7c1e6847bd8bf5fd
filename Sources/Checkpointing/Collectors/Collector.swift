import GuestMemory
import HistoryStore

/// Whatever receives a primary's epochs: the local store, or later a process on another host.
///
/// Epochs come one after the other, each as
///
///     begin ─▶ pages, rising, each once: whole or as a difference ─▶ state ─▶ complete ─▶ (later) acknowledged
///
/// Calls come from one thread, the sender's. What pointers point at stays as it is until `complete` returns. An error ends
/// the recording; what was acknowledged is safe.
///
/// A collector finds pages of which little changes from interval to interval by its own copies, and says so in its
/// acknowledgement (requirement 13). The primary decides what is on its master list, and keeps a copy of each listed page
/// (requirement 12); `receive(whole:)` with `isListed` and `EpochHeader.unlistedPages` tell the collector which, so that both
/// sides keep copies of the same pages.
public protocol Collector: AnyObject {
    /// - Throws: the collector's error, here and in the calls below.
    func begin(_ header: EpochHeader) throws
    func receive(whole page: WholePage) throws
    func receive(difference: PageDifference) throws
    func receive(state: EpochState) throws
    /// The epoch is complete. `acknowledge` is called once, now or later, on any thread, in the order of epochs.
    func complete(acknowledge: @escaping @Sendable (Acknowledgement) -> Void) throws
    /// Everything has been sent: makes it durable and lets go of what the collector holds. To be called on every way out.
    func finish() throws
}

/// What is known of an epoch before its pages.
public struct EpochHeader: Equatable, Sendable {
    /// 0 for the base image, which holds every page.
    public var number: UInt64
    /// Pages that left the master list: no difference of them comes until they have been sent whole as listed again.
    public var unlistedPages: [GuestPhysicalPage]

    public init(number: UInt64, unlistedPages: [GuestPhysicalPage] = []) {
        self.number = number
        self.unlistedPages = unlistedPages
    }
}

/// A page's content at the epoch's end.
public struct WholePage {
    public var page: GuestPhysicalPage
    /// 4096 bytes, aligned to 8.
    public var content: UnsafeRawPointer
    /// On the master list: differences against this content will follow.
    public var isListed: Bool
    /// Nothing but zeros: a collector far away needs only to be told so.
    public var isZero: Bool
}

/// What changed in a listed page since it was last sent (requirements 11, 15).
public struct PageDifference {
    public var page: GuestPhysicalPage
    /// The epoch with which the page was last sent: what the difference is against, and nothing else.
    public var baseEpoch: UInt64
    /// Words of 8 bytes that differ, below `PageDifference.changedWordsLimit`.
    public var changedWordCount: Int
    /// Runs of (unchanged length, changed length, changed bytes): `PagePatch`.
    public var patch: UnsafeRawBufferPointer
    /// `PageChecksum` of the page's new content.
    public var checksum: UInt64

    /// With so many changed words of 512 a page is sent whole.
    public static let changedWordsLimit = 256
}

/// Everything of an epoch that is not a page.
public struct EpochState: Sendable {
    public var capture: EpochCapture
    public var counts: CaptureCounts
    public var stun_us: UInt64
    public var copy_us: UInt64
    /// Host time at the epoch's end, since 1970.
    public var wallTime_ns: UInt64
}

/// The collector holds the complete epoch.
public struct Acknowledgement: Equatable, Sendable {
    public var epoch: UInt64
    /// It survives a loss of power, and so does every epoch before it.
    public var isDurable: Bool
    public var storedBytes: Int
    public var feedback = ListFeedback()
}

/// What a collector says of the primary's master list (requirements 12–14).
public struct ListFeedback: Equatable, Sendable {
    /// Pages that it should take in.
    public var candidates: [GuestPhysicalPage] = []
    /// Pages that it should drop.
    public var removals: [GuestPhysicalPage] = []

    public init(candidates: [GuestPhysicalPage] = [], removals: [GuestPhysicalPage] = []) {
        self.candidates = candidates
        self.removals = removals
    }

    public static func += (sum: inout ListFeedback, other: ListFeedback) {
        sum.candidates += other.candidates
        sum.removals += other.removals
    }
}

/// Why a difference was not taken. A fault of the program or of the memory it runs in, never of a history.
public enum CollectorError: Error, Equatable, CustomStringConvertible {
    case noBase(page: GuestPhysicalPage, epoch: UInt64)
    case wrongResult(page: GuestPhysicalPage, epoch: UInt64)

    public var description: String {
        switch self {
        case .noBase(let page, let epoch):
            "epoch \(epoch) holds a difference of \(page) against a version that the collector does not have"
        case .wrongResult(let page, let epoch):
            "the difference of \(page) in epoch \(epoch) does not give the content that was sent"
        }
    }
}
