import GuestMemory
import HistoryStore
import Machine
import RISCV

/// The TLB events of one epoch, and what they say about the value of page-table entries inside it.
///
/// While a page has T every store that changes it is an event, so an entry's value is known from the events around, or from
/// the page's content at the checkpoint before or after. A and D, which walks set without an event, may be missing in it.
final class EpochEvents {
    let manifest: EpochManifest
    let events: [TLBEvent]
    private let content: CheckpointContent
    private var store: HistoryStore { content.store }
    private var timeline: String { content.timeline }
    /// Numbers of the events on an entry, and of the changes of a page's T; by address and by page, ascending.
    private lazy var changes = Dictionary(
        grouping: events.indices.filter { events[$0].kind == .entry || events[$0].kind == .found }
    ) { events[$0].entryAddress }
    private lazy var lives = Dictionary(
        grouping: events.indices.filter { events[$0].kind == .follow || events[$0].kind == .unfollow }
    ) { events[$0].entryAddress.page.number }
    /// Pages with T at the epoch's beginning.
    private lazy var tablesBefore = Result {
        let before = try store.manifest(timeline: timeline, epoch: manifest.epoch - 1)
        return try MachineState(encoded: before.machineState()).tablePages?.withT ?? []
    }

    init(_ content: CheckpointContent, epoch: UInt64) throws {
        self.content = content
        manifest = try content.store.manifest(timeline: content.timeline, epoch: epoch)
        events = try TLBEventLog.decode(manifest.tlbEvents())
    }

    /// Whether a page has T after the event.
    func isFollowed(_ page: UInt64, after index: Int) throws -> Bool {
        if let last = lives[page]?.last(where: { $0 <= index }) { return events[last].kind == .follow }
        return try tablesBefore.get().contains(page)
    }

    /// The value of an entry after the event, whose page has T then; nil when nothing in the store tells it.
    func value(of entry: GuestPhysicalAddress, after index: Int) throws -> UInt64? {
        let page = entry.page
        let lifeStart = lives[page.number]?.last { $0 <= index }
        let lifeEnd = lives[page.number]?.first { $0 > index }
        let numbers = changes[entry] ?? []
        if let last = numbers.last(where: { $0 <= index }), last >= lifeStart ?? 0 { return events[last].newValue }
        if let next = numbers.first(where: { $0 > index }), next <= lifeEnd ?? .max {
            return events[next].kind == .found ? events[next].newValue : events[next].oldValue
        }
        if let lifeStart, events[lifeStart].newValue == 1 { return 0 }
        if lifeStart == nil { return try content.word(at: entry, epoch: manifest.epoch - 1) }
        if lifeEnd == nil { return try content.word(at: entry, epoch: manifest.epoch) }
        return nil
    }

    /// The position before the event's instruction.
    func position(of event: TLBEvent) -> ResolvedPosition {
        ResolvedPosition(
            timeline: timeline, epoch: manifest.epoch - 1, instructions: event.icount - manifest.icountFrom,
            icount: event.icount)
    }
}
