import GuestMemory

/// One page of an epoch's dirty set, with its content at the epoch's end.
///
/// `content` points at 4096 bytes that stay as they are until `append` returns.
public struct DirtyPage: @unchecked Sendable {
    public var page: GuestPhysicalPage
    public var content: UnsafeRawPointer

    @inlinable public init(page: GuestPhysicalPage, content: UnsafeRawPointer) {
        self.page = page
        self.content = content
    }
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
public struct PageCounts: Equatable, Sendable {
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
public struct EpochReceipt: Equatable, Sendable {
    public var epoch: UInt64
    /// Bytes added for this epoch: its segments, its manifest and, when one was due, its page map.
    public var storedBytes: Int
    public var pages: PageCounts
    /// Whether the epoch is on stable storage (not merely handed to the operating system).
    public var durable: Bool
}
