import GuestMemory
import HistoryStore

/// Reads words of memory at checkpoints of one timeline, for somebody who asks for few pages at neighbouring epochs.
final class CheckpointContent {
    let store: HistoryStore
    let timeline: String
    /// The maps used last; a question about an epoch concerns the checkpoints before and after it.
    private var maps: [(epoch: UInt64, map: PageMap)] = []
    private var pages: [PageLocation: [UInt64]] = [:]

    private static let mapCountMax = 2
    private static let pageCountMax = 1024

    init(_ store: HistoryStore, timeline: String) {
        self.store = store
        self.timeline = timeline
    }

    /// The eight bytes at an aligned address at the end of an epoch.
    /// - Throws: `HistoryStoreError`.
    func word(at address: GuestPhysicalAddress, epoch: UInt64) throws -> UInt64 {
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

    private func map(_ epoch: UInt64) throws -> PageMap {
        if let known = maps.first(where: { $0.epoch == epoch }) { return known.map }
        let map = try store.pageMap(timeline: timeline, epoch: epoch)
        if maps.count == Self.mapCountMax { maps.removeFirst() }
        maps.append((epoch, map))
        return map
    }
}
