import GuestMemory

/// One page of an epoch's dirty set, with its content at the epoch's end.
///
/// `content` points at 4096 bytes, aligned to 8, and `patch` at what it holds; both stay as they are until `append` returns.
public struct DirtyPage: @unchecked Sendable {
    public var page: GuestPhysicalPage
    public var content: UnsafeRawPointer
    /// Where it is known already: what makes `content` of the page's content in the epoch before (`PagePatch`). It is taken
    /// as the page's delta where it fits and is as small as what the store would make.
    public var patch: UnsafeRawBufferPointer?

    @inlinable public init(page: GuestPhysicalPage, content: UnsafeRawPointer, patch: UnsafeRawBufferPointer? = nil) {
        self.page = page
        self.content = content
        self.patch = patch
    }
}

/// How an epoch's dirty pages came from the machine to the store. The first three add up to the dirty set.
public struct CaptureCounts: Codable, Equatable, Sendable {
    /// Sent whole, copied during the stun.
    public var hotPages = 0
    /// Sent whole, write-protected during the stun and copied while the machine ran.
    public var deferredPages = 0
    /// Of which only what had changed was sent, found out during the stun or, of deferred pages mostly, after it.
    public var differencePages = 0
    /// Stores that met the protection of a deferred page that had not been sent.
    public var protectFaults = 0
    /// Of these, those that made the copy themselves; the others found the sender at it.
    public var copiedBeforeWrite = 0
    /// Bytes of page contents and differences that the collector was given; a page of zeros counts as none.
    public var sentBytes = 0

    public init() {}

    /// The first three together.
    public var dirtyPages: Int { hotPages + deferredPages + differencePages }

    /// What was added since an earlier state of the same counts.
    public func since(_ earlier: CaptureCounts) -> CaptureCounts {
        var difference = CaptureCounts()
        difference.hotPages = hotPages - earlier.hotPages
        difference.deferredPages = deferredPages - earlier.deferredPages
        difference.differencePages = differencePages - earlier.differencePages
        difference.protectFaults = protectFaults - earlier.protectFaults
        difference.copiedBeforeWrite = copiedBeforeWrite - earlier.copiedBeforeWrite
        difference.sentBytes = sentBytes - earlier.sentBytes
        return difference
    }

    public static func += (sum: inout CaptureCounts, other: CaptureCounts) {
        sum.hotPages &+= other.hotPages
        sum.deferredPages &+= other.deferredPages
        sum.differencePages &+= other.differencePages
        sum.protectFaults &+= other.protectFaults
        sum.copiedBeforeWrite &+= other.copiedBeforeWrite
        sum.sentBytes &+= other.sentBytes
    }
}

/// An epoch whose checkpoint was pruned where it comes from.
struct PrunedInput: Sendable {
    /// It may stand for several, from this one on.
    var firstEpoch: UInt64
    var hasLog: Bool
    /// Indexes of pages in the input whose content is not known.
    var unknownPages: Set<Int>
}

/// What the recorder hands over for one epoch. The blobs mean nothing to the store.
public struct EpochInput: Sendable {
    /// 0 for checkpoint 0 (then `pages` is the base image), else the epoch after the timeline's head.
    public var epoch: UInt64
    /// Instructions retired by all harts at the previous checkpoint and at this one.
    public var icountFrom: UInt64
    public var icountTo: UInt64
    public var virtualTime_ns: UInt64
    /// Host time at the epoch's end, since 1970.
    public var wallTime_ns: UInt64
    public var stun_us: UInt64
    public var scan_us: UInt64
    public var copy_us: UInt64
    /// The exact dirty set, in rising page order, each page once. A page whose content did not change costs a byte.
    public var pages: [DirtyPage]
    public var machineState: [UInt8]
    public var inputs: [UInt8]
    public var inputCount: UInt64
    public var tlbEvents: [UInt8]
    public var tlbEventCount: UInt64
    /// What the events concern, in rising page order, each page once.
    public var pageMarks: [PageMark]
    public var consoleOutput: [UInt8]
    public var capture = CaptureCounts()
    /// Whether the receipt is to tell how much of each page changed.
    public var wantsPageChanges = false
    /// For an imported epoch. It is written with the next that has a checkpoint.
    var pruning: PrunedInput?

    public init(
        epoch: UInt64, icountFrom: UInt64, icountTo: UInt64, virtualTime_ns: UInt64 = 0, wallTime_ns: UInt64 = 0,
        stun_us: UInt64 = 0, scan_us: UInt64 = 0, copy_us: UInt64 = 0, pages: [DirtyPage] = [],
        machineState: [UInt8] = [], inputs: [UInt8] = [], inputCount: UInt64 = 0, tlbEvents: [UInt8] = [],
        tlbEventCount: UInt64 = 0, pageMarks: [PageMark] = [], consoleOutput: [UInt8] = []
    ) {
        self.epoch = epoch
        self.icountFrom = icountFrom
        self.icountTo = icountTo
        self.virtualTime_ns = virtualTime_ns
        self.wallTime_ns = wallTime_ns
        self.stun_us = stun_us
        self.scan_us = scan_us
        self.copy_us = copy_us
        self.pages = pages
        self.machineState = machineState
        self.inputs = inputs
        self.inputCount = inputCount
        self.tlbEvents = tlbEvents
        self.tlbEventCount = tlbEventCount
        self.pageMarks = pageMarks
        self.consoleOutput = consoleOutput
    }
}

/// How the dirty pages of one epoch were stored. Their sum is the dirty set's size.
public struct PageCounts: Codable, Equatable, Sendable {
    /// Stored whole.
    public var keyframes = 0
    /// Stored against an earlier version of the same page.
    public var deltas = 0
    /// Full of zeros: nothing stored.
    public var zero = 0
    /// The same bytes are in the store already: a reference.
    public var duplicates = 0
    /// Written by the guest, but the same as before.
    public var unchanged = 0

    public init() {}

    public var total: Int { keyframes + deltas + zero + duplicates + unchanged }
}

/// What became of an epoch handed to `TimelineWriter.append`.
public struct EpochReceipt: Codable, Equatable, Sendable {
    public var epoch: UInt64
    /// Bytes added for this epoch: its segments, its manifest and, when one was due, its page map.
    public var storedBytes: Int
    public var pages: PageCounts
    /// Whether the epoch is on stable storage (not merely handed to the operating system). Then all before it are, too.
    public var durable: Bool
    /// If asked for: how much changed in each page whose earlier content was at hand and that came without a patch.
    public var pageChanges: [PageChange] = []

    private enum CodingKeys: CodingKey { case epoch, storedBytes, pages, durable }
}

/// How much of a page an epoch changed.
public struct PageChange: Equatable, Sendable, BitwiseCopyable {
    public var page: GuestPhysicalPage
    /// Of its 512 words of 8 bytes.
    public var changedWords: Int

    public init(page: GuestPhysicalPage, changedWords: Int) {
        self.page = page
        self.changedWords = changedWords
    }
}
