import GuestMemory
import HistoryStore
import Machine

/// Reads words of memory at checkpoints of one timeline, for somebody who asks for few pages at neighbouring epochs.
final class CheckpointContent {
    let store: HistoryStore
    let timeline: String
    /// The maps used last; a question about an epoch concerns the checkpoints before and after it.
    private var maps: [(epoch: UInt64, map: PageMap)] = []
    private var pages: [PageLocation: [UInt64]] = [:]
    /// Stands at the pruned checkpoint that was asked for last.
    private var executed: Checkout?

    private static let mapCountMax = 2
    private static let pageCountMax = 1024

    init(_ store: HistoryStore, timeline: String) {
        self.store = store
        self.timeline = timeline
    }

    /// The eight bytes at an aligned address at the end of an epoch.
    /// - Throws: `HistoryStoreError`.
    func word(at address: GuestPhysicalAddress, epoch: UInt64) throws -> UInt64 {
        if let machine = try machineAtPrunedCheckpoint(epoch) {
            let bytes = try machine.memory.read(address, count: 8)
            if let failure = machine.memory.fetchFailure { throw failure }
            return bytes.withUnsafeBytes { UInt64(littleEndian: $0.loadUnaligned(as: UInt64.self)) }
        }
        let location = try map(epoch).location(of: address.page)
        guard location != .absent, location != .zero else { return 0 }
        if pages[location] == nil {
            if pages.count == Self.pageCountMax { pages.removeAll() }
            var words = [UInt64](repeating: 0, count: pageSize / 8)
            try words.withUnsafeMutableBytes { try store.readPage(at: location, into: $0.baseAddress!) }
            pages[location] = words
        }
        return pages[location]![address.offsetInPage / 8]
    }

    /// The pages with T at the end of an epoch.
    /// - Throws: `HistoryStoreError`, `MachineStateError`.
    func tables(epoch: UInt64) throws -> TablePageList? {
        if let machine = try machineAtPrunedCheckpoint(epoch) { return machine.save().tablePages }
        return try MachineState(encoded: store.manifest(timeline: timeline, epoch: epoch).machineState()).tablePages
    }

    /// Where a checkpoint was pruned, a machine that was executed up to there; nil where it is in the store.
    private func machineAtPrunedCheckpoint(_ epoch: UInt64) throws -> Machine? {
        guard try store.manifest(timeline: timeline, epoch: epoch).pruning != .none else { return nil }
        let position = try PositionResolver(store).resolve(Position(timeline: timeline, .epoch(epoch)))
        if let executed, executed.position.epoch <= epoch, executed.position.isEpochEnd {
            try executed.advance(to: position)
        } else {
            executed = try Checkout(store, at: position)
        }
        return executed?.machine
    }

    private func map(_ epoch: UInt64) throws -> PageMap {
        if let known = maps.first(where: { $0.epoch == epoch }) { return known.map }
        let map = try store.pageMap(timeline: timeline, epoch: epoch)
        if maps.count == Self.mapCountMax { maps.removeFirst() }
        maps.append((epoch, map))
        return map
    }
}
