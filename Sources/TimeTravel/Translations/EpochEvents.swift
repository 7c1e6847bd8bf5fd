import GuestMemory
import HistoryStore
import Machine
import RISCV

/// The TLB events of one epoch, and what they say about the value of page-table entries inside it.
///
/// While a page has T every store that changes it is an event, so an entry's value is known from the events around, or from
/// the page's content at the checkpoint before or after. A and D, which walks set without an event, may be missing in it, or
/// there already.
final class EpochEvents {
    let manifest: EpochManifest
    let events: [TLBEvent]
    private let content: CheckpointContent
    private var store: HistoryStore { content.store }
    private var timeline: String { content.timeline }
    /// For each event the entry whose value it tells, 0 for none: quick to search.
    private lazy var places = events.map { $0.kind == .entry || $0.kind == .found ? $0.entryAddress.rawValue : 0 }
    /// Numbers of the events on an entry, for those that were asked for, and of the changes of a page's T; ascending.
    private var changes: [GuestPhysicalAddress: [Int]] = [:]
    private lazy var lives = Dictionary(
        grouping: events.indices.filter { events[$0].kind == .follow || events[$0].kind == .unfollow }
    ) { events[$0].entryAddress.page.number }
    /// Pages with T at the epoch's beginning.
    private lazy var tablesBefore = Result {
        try content.tables(epoch: manifest.epoch - 1)?.withT ?? []
    }

    init(_ content: CheckpointContent, epoch: UInt64) throws {
        self.content = content
        manifest = try content.store.manifest(timeline: content.timeline, epoch: epoch)
        events = try TLBEventLog.decode(manifest.tlbEvents())
        guard events.allSatisfy({ manifest.icountFrom <= $0.icount && $0.icount <= manifest.icountTo }) else {
            throw MachineStateError.malformed("TLB events of epoch \(epoch) lie outside it")
        }
    }

    private func numbers(on entry: GuestPhysicalAddress) -> [Int] {
        if let known = changes[entry] { return known }
        let numbers = places.withUnsafeBufferPointer { places in
            places.indices.filter { places[$0] == entry.rawValue }
        }
        changes[entry] = numbers
        return numbers
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
        let numbers = numbers(on: entry)
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
    func position(of event: TLBEvent) -> ResolvedPosition { position(icount: event.icount) }

    /// A position in the epoch.
    func position(icount: UInt64) -> ResolvedPosition {
        let isEnd = icount == manifest.icountTo
        return ResolvedPosition(
            timeline: timeline, epoch: isEnd ? manifest.epoch : manifest.epoch - 1,
            instructions: isEnd ? 0 : icount - manifest.icountFrom, icount: icount)
    }
}
