import GuestMemory
import HistoryStore
import Machine
import RISCV

/// The first difference between a recorded epoch and the same epoch executed anew (DESIGN.md, invariant 5).
public struct Divergence: Equatable, Sendable, CustomStringConvertible {
    /// In the order in which they are looked for: what happened during the epoch, in the order of time, comes before the
    /// state it left behind.
    public enum Difference: Equatable, Sendable {
        /// Execution did not get to the epoch's end, or inputs were not taken as recorded.
        case execution(String)
        case input(index: Int, recorded: String?, replayed: String?)
        /// Everything but `droppedCount` counts, which depends on the TLB's size.
        case tlbEvent(index: Int, recorded: TLBEvent?, replayed: TLBEvent?)
        case consoleByte(index: Int, recorded: UInt8?, replayed: UInt8?)
        /// A register, a device's field, the scheduler or the clock; `first` is the recorded value.
        case state(StateDifference)
        /// The encoded states differ and every field is equal.
        case encodedState
        /// Written in the recording and not in the replay.
        case pageNotWritten(GuestPhysicalPage)
        /// Written in the replay and not in the recording.
        case pageWritten(GuestPhysicalPage)
        case pageContent(GuestPhysicalPage, recorded: PageHash, replayed: PageHash)
    }

    public var timeline: String
    public var epoch: UInt64
    public var what: Difference

    public init(timeline: String, epoch: UInt64, what: Difference) {
        self.timeline = timeline
        self.epoch = epoch
        self.what = what
    }

    public var description: String { "epoch \(epoch) of timeline '\(timeline)': \(what)" }
}

extension Divergence.Difference: CustomStringConvertible {
    /// One sentence without a full stop.
    public var description: String {
        switch self {
        case .execution(let what): what
        case .input(let index, let recorded, let replayed):
            "input \(index) was \(recorded ?? "not there") when recorded and \(replayed ?? "not there") when replayed"
        case .tlbEvent(let index, let recorded, let replayed):
            "TLB event \(index) was \(Self.text(recorded)) when recorded and \(Self.text(replayed)) when replayed"
        case .consoleByte(let index, let recorded, let replayed):
            "console byte \(index) was \(Self.text(recorded)) when recorded and \(Self.text(replayed)) when replayed"
        case .state(let difference):
            "\(difference.name) was \(difference.first) when recorded and \(difference.second) when replayed"
        case .encodedState: "the recorded machine state is written otherwise, though no register or device differs"
        case .pageNotWritten(let page): "\(page) was written when recorded and not when replayed"
        case .pageWritten(let page): "\(page) was written when replayed and not when recorded"
        case .pageContent(let page, let recorded, let replayed):
            "\(page) has hash \(recorded) when recorded and \(replayed) when replayed"
        }
    }

    private static func text(_ byte: UInt8?) -> String {
        byte.map { "0x" + String($0, radix: 16) } ?? "not there"
    }

    private static func text(_ event: TLBEvent?) -> String {
        guard let event else { return "not there" }
        func hex(_ value: UInt64) -> String { "0x" + String(value, radix: 16) }
        let place = "by hart \(event.hart) at i\(event.icount), pc \(hex(event.pc))"
        switch event.kind {
        case .entry:
            return "entry \(event.entryAddress) from \(hex(event.oldValue)) to \(hex(event.newValue)) \(place)"
        case .root: return "satp from \(hex(event.oldValue)) to \(hex(event.newValue)) \(place)"
        case .follow: return "\(event.entryAddress.page) becoming a page table \(place)"
        case .unfollow: return "\(event.entryAddress.page) ceasing to be a page table \(place)"
        case .found: return "entry \(event.entryAddress) holding \(hex(event.newValue)) \(place)"
        }
    }
}
