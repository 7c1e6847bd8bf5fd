/// What passes between a process that records and the one that has the history open: requests one way, a reply to each the
/// other way. Both ends are of one program version, as `version` makes sure.
enum WriterMessage {
    static let version = 1

    struct Greeting: Codable {
        var version = WriterMessage.version
        var timeline: TimelineRequest
    }

    enum Request: Codable {
        /// Followed by the epoch's parts: `EpochHead`.
        case append(EpochHead)
        case flush
        case tag(name: String, epoch: UInt64, instructions: UInt64)
        case close
    }

    enum Reply: Codable {
        /// To a greeting that goes on with a timeline: its last epoch.
        case ready(head: EpochReceipt?)
        /// Followed by so many `PageChange`s.
        case stored(EpochReceipt, changeCount: Int)
        case done
        case refused(HistoryStoreError)
    }

    /// An epoch without what is long. After it come: `PageEntry` for each page, the blobs in their order, then for each page its
    /// content, unless it is zeros, and its patch.
    struct EpochHead: Codable {
        var epoch: UInt64
        var icountFrom: UInt64
        var icountTo: UInt64
        var virtualTime_ns: UInt64
        var wallTime_ns: UInt64
        var stun_us: UInt64
        var scan_us: UInt64
        var copy_us: UInt64
        var inputCount: UInt64
        var tlbEventCount: UInt64
        var capture: CaptureCounts
        var wantsPageChanges: Bool
        var pageCount: Int
        var pageMarkCount: Int
        /// Lengths of machine state, inputs, TLB events, console output.
        var blobLengths: [Int]

        init(_ input: EpochInput) {
            epoch = input.epoch
            icountFrom = input.icountFrom
            icountTo = input.icountTo
            virtualTime_ns = input.virtualTime_ns
            wallTime_ns = input.wallTime_ns
            stun_us = input.stun_us
            scan_us = input.scan_us
            copy_us = input.copy_us
            inputCount = input.inputCount
            tlbEventCount = input.tlbEventCount
            capture = input.capture
            wantsPageChanges = input.wantsPageChanges
            pageCount = input.pages.count
            pageMarkCount = input.pageMarks.count
            blobLengths = [input.machineState, input.inputs, input.tlbEvents, input.consoleOutput].map(\.count)
        }

        /// The epoch again, as far as it is not long.
        var input: EpochInput {
            var input = EpochInput(
                epoch: epoch, icountFrom: icountFrom, icountTo: icountTo, virtualTime_ns: virtualTime_ns,
                wallTime_ns: wallTime_ns, stun_us: stun_us, scan_us: scan_us, copy_us: copy_us, inputCount: inputCount,
                tlbEventCount: tlbEventCount)
            input.capture = capture
            input.wantsPageChanges = wantsPageChanges
            return input
        }
    }

    struct PageEntry {
        var page: UInt64
        /// 4096, or 0 for a page of zeros.
        var contentLength: UInt32
        /// `noPatch`, or the patch's length.
        var patchLength: UInt32

        static let noPatch = UInt32.max
    }
}
