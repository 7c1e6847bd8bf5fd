import GuestMemory
import HistoryStore
import Machine
import RISCV

/// Every change of the translation of a guest-virtual address (patents.md, requirement 29), from the recorded events.
///
/// The walk's entries are followed through the epochs whose events concern them, which the index of page marks names; no
/// epoch is executed, unless a page table lived and died inside one epoch and no event tells what it held.
public struct TranslationHistory {
    let store: HistoryStore

    public init(_ store: HistoryStore) { self.store = store }

    /// The translation at the range's start, and every change in it, in order.
    /// - Returns: the translation at the start; nil: not mapped.
    /// - Throws: `TimeTravelError`, `HistoryStoreError`, `MachineStateError`; what `body` throws.
    @discardableResult
    public func changes(
        of address: GuestVirtualAddress, in space: AddressSpace, _ range: ResolvedRange,
        _ body: (TranslationChange) throws -> Void
    ) throws -> GuestTranslation? {
        var follower = try TranslationFollower(store, address, space, from: range.start, to: range.end)
        try follower.run(body)
        return follower.translationAtStart
    }
}

/// Follows one address through a range.
private struct TranslationFollower {
    private let store: HistoryStore
    private let content: CheckpointContent
    private let space: AddressSpace
    private let start: ResolvedPosition
    private let end: ResolvedPosition
    private let epochs: Range<UInt64>
    private var chain: TranslationChain
    /// The epochs whose events concern a page, as the index names them.
    private var marks: [UInt64: [PageMarkEpoch]] = [:]
    private(set) var translationAtStart: GuestTranslation?

    init(
        _ store: HistoryStore, _ address: GuestVirtualAddress, _ space: AddressSpace, from start: ResolvedPosition,
        to end: ResolvedPosition
    ) throws {
        self.store = store
        let content = CheckpointContent(store, timeline: start.timeline)
        self.content = content
        self.space = space
        self.start = start
        self.end = end
        epochs = start.epoch + 1..<max(start.epoch, end.lastEpoch) + 1
        let manifest = try store.manifest(timeline: start.timeline, epoch: start.epoch)
        let state = try MachineState(encoded: manifest.machineState())
        chain = TranslationChain(address, satp: 0)
        let followed = try state.tablePages?.withT ?? Self.tablesAfterOlderEpoch(start, epochs, store)
        try chain.walk(satp: Self.root(of: space, in: state, at: start, store)) { entry in
            (
                try content.word(at: entry, epoch: start.epoch),
                followed.contains(entry.page.number)
            )
        }
    }

    /// A recording of this program that goes on from an older one begins with no T.
    private static func tablesAfterOlderEpoch(
        _ start: ResolvedPosition, _ epochs: Range<UInt64>, _ store: HistoryStore
    ) throws -> Set<UInt64> {
        if let next = epochs.first {
            let manifest = try store.manifest(timeline: start.timeline, epoch: next)
            if try MachineState(encoded: manifest.machineState()).tablePages != nil { return [] }
        }
        throw TimeTravelError.noTranslationEvents(epoch: start.epoch, timeline: start.timeline)
    }

    private static func root(
        of space: AddressSpace, in state: MachineState, at start: ResolvedPosition, _ store: HistoryStore
    ) throws -> UInt64 {
        let roots = state.harts.map { $0["satp"] ?? 0 }
        switch space {
        case .root(let satp): return satp
        case .asid(let number):
            let bits = TLBEvent.detailBit(asidOf: number << 44)
            if let root = try store.lastRoot(before: start, bits: bits, where: { AddressSpace.asid(of: $0) == number })
            {
                return root
            }
            return roots.first { AddressSpace.isTranslating($0) && AddressSpace.asid(of: $0) == number } ?? 0
        case .hart(let hart):
            guard roots.indices.contains(hart) else {
                throw TimeTravelError.noSuchHart(hart: hart, hartCount: roots.count)
            }
            return roots[hart]
        }
    }

    mutating func run(_ body: (TranslationChange) throws -> Void) throws {
        translationAtStart = chain.translation
        var epoch = start.epoch
        while let next = try nextEpoch(after: epoch) {
            epoch = next
            try run(EpochEvents(content, epoch: next), body)
        }
    }

    // MARK: Which epochs

    private mutating func nextEpoch(after epoch: UInt64) throws -> UInt64? {
        var next: UInt64?
        for link in chain.links {
            next = try earlier(next, page: link.entry.page.number, after: epoch, TLBEvent.detailBit(of: link.entry))
        }
        switch space {
        case .root: break
        case .hart: next = try earlier(next, page: 0, after: epoch, .max)
        case .asid(let number):
            next = try earlier(next, page: 0, after: epoch, TLBEvent.detailBit(asidOf: number << 44))
        }
        return next
    }

    private mutating func earlier(
        _ next: UInt64?, page: UInt64, after epoch: UInt64, _ bits: UInt64
    ) throws -> UInt64? {
        if marks[page] == nil, !epochs.isEmpty {
            marks[page] = try store.marks(
                page: page, timeline: start.timeline, epochs: epochs.lowerBound...epochs.upperBound - 1)
        }
        let list = marks[page] ?? []
        var low = 0
        var high = list.count
        while low < high {
            let middle = (low + high) / 2
            if list[middle].epoch > epoch { high = middle } else { low = middle + 1 }
        }
        let found = list[low...].first { $0.detail & bits != 0 }?.epoch
        return [next, found].compactMap { $0 }.min()
    }

    // MARK: One epoch

    /// Goes through an epoch, one instruction with all its events at a time: a store that links a table also makes it one.
    private mutating func run(_ epoch: EpochEvents, _ body: (TranslationChange) throws -> Void) throws {
        let events = epoch.events
        var next = 0
        while let found = nextConcern(in: events, from: next) {
            var first = found
            while first > next, events[first - 1].icount == events[found].icount { first -= 1 }
            next = found + 1
            while next < events.count, events[next].icount == events[found].icount { next += 1 }
            if events[found].icount >= end.icount { return }
            if let change = try change(by: first..<next, epoch) { try body(change) }
        }
    }

    /// The first event from `start` on that may concern the chain.
    private func nextConcern(in events: [TLBEvent], from start: Int) -> Int? {
        let entries = chain.links.map(\.entry)
        return events.withUnsafeBufferPointer { events in
            var index = start
            while index < events.count {
                let event = events.baseAddress.unsafelyUnwrapped + index
                switch event.pointee.kind {
                case .entry: if entries.contains(event.pointee.entryAddress) { return index }
                case .root: if newRoot(event.pointee) != nil { return index }
                case .follow, .unfollow:
                    let page = event.pointee.entryAddress.page
                    if entries.contains(where: { $0.page == page }) { return index }
                case .found: break
                }
                index += 1
            }
            return nil
        }
    }

    /// Brings the chain up to the events of one instruction.
    /// - Returns: what they changed, within the range.
    private mutating func change(by instruction: Range<Int>, _ epoch: EpochEvents) throws -> TranslationChange? {
        var step = Step(old: chain.translation)
        for index in instruction { try apply(epoch.events[index], index, epoch, &step) }
        guard let cause = step.cause else { return nil }
        let new = chain.translation
        // A and D that walks set are no change; those that a store sets are.
        if let one = step.old, let new, one.isSame(as: new, ignoring: step.ignoredFlags) { return nil }
        if step.old == nil, new == nil { return nil }
        let event = epoch.events[step.event]
        guard event.icount >= start.icount else {
            translationAtStart = new
            return nil
        }
        return TranslationChange(
            position: epoch.position(of: event), hart: Int(event.hart), pc: GuestVirtualAddress(event.pc), cause: cause,
            satp: chain.satp, old: step.old, new: new)
    }

    /// What one instruction did to the chain.
    private struct Step {
        /// Just before the instruction.
        var old: GuestTranslation?
        /// A store comes before a change of root, and that before the change of T which it brings.
        var cause: TranslationChange.Cause?
        var event = 0
        var ignoredFlags = PTE.accessed | PTE.dirty

        mutating func note(_ cause: TranslationChange.Cause, _ event: Int) {
            if self.cause != nil, case .use = cause { return }
            if case .store = self.cause { return }
            (self.cause, self.event) = (cause, event)
        }
    }

    private mutating func apply(_ event: TLBEvent, _ index: Int, _ epoch: EpochEvents, _ step: inout Step) throws {
        let read: TranslationChain.Reader = { try Self.read($0, after: index, epoch, store) }
        switch event.kind {
        case .entry:
            guard let link = chain.index(of: event.entryAddress), chain.links[link].isFollowed else { return }
            let level = chain.links[link].level
            if step.cause == nil {
                // With the A and D that walks have set since it was last heard of.
                chain.refresh(link, with: event.oldValue)
                step.old = chain.translation
                if link == chain.links.count - 1 { step.ignoredFlags = 0 }
            }
            try chain.change(link, to: event.newValue, read)
            step.note(.store(entry: event.entryAddress, level: level), index)
        case .root:
            guard let root = newRoot(event), root != chain.satp else { return }
            try chain.walk(satp: root, read)
            step.note(.root, index)
        case .follow:
            guard chain.contains(event.entryAddress.page) else { return }
            try chain.walk(satp: chain.satp, read)
            step.note(.use(event.entryAddress.page), index)
        case .unfollow:
            // A table that hangs on another page as well may still be the one; the next walk through it tells. A root that
            // nobody uses any longer is none.
            guard chain.links.first?.entry.page == event.entryAddress.page, !isInUse else { return }
            try chain.walk(satp: chain.satp, read)
            step.note(.use(event.entryAddress.page), index)
        case .found: break
        }
    }

    /// Whether a hart translates with the root by what the space is.
    private var isInUse: Bool {
        if case .hart = space { return true }
        return false
    }

    private func newRoot(_ event: TLBEvent) -> UInt64? {
        switch space {
        case .root: nil
        case .hart(let hart): Int(event.hart) == hart ? event.newValue : nil
        case .asid(let number):
            AddressSpace.isTranslating(event.newValue) && AddressSpace.asid(of: event.newValue) == number
                ? event.newValue : nil
        }
    }

    private static func read(
        _ entry: GuestPhysicalAddress, after index: Int, _ epoch: EpochEvents, _ store: HistoryStore
    ) throws -> (value: UInt64, isFollowed: Bool) {
        guard try epoch.isFollowed(entry.page.number, after: index) else { return (0, false) }
        if let value = try epoch.value(of: entry, after: index) { return (value, true) }
        return (try replayedValue(of: entry, after: index, epoch, store), true)
    }

    /// What memory held: from executing the epoch up to the event's instruction and over it.
    private static func replayedValue(
        of entry: GuestPhysicalAddress, after index: Int, _ epoch: EpochEvents, _ store: HistoryStore
    ) throws -> UInt64 {
        let position = epoch.position(icount: min(epoch.events[index].icount + 1, epoch.manifest.icountTo))
        let bytes = try Checkout(store, at: position).machine.memory.read(entry, count: 8)
        return bytes.withUnsafeBytes { $0.loadUnaligned(as: UInt64.self) }
    }
}
