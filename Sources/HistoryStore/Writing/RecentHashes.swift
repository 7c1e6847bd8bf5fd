import Synchronization

/// Locations of content whose hashes the index does not have yet. Batches come in when committed and go out when
/// indexed; the indexer bounds their number.
final class RecentHashes: Sendable {
    private let batches = Mutex<[(id: Int, locations: [UInt64: UInt64])]>([])

    /// Adds the stored content among `entries`.
    func add(_ entries: [IndexEntry], batch: Int) {
        batches.withLock { batches in
            if !batches.contains(where: { $0.id == batch }) { batches.append((batch, [:])) }
            let own = batches.firstIndex { $0.id == batch }!
            for entry in entries {
                if let hash = entry.hash { batches[own].locations[hash.high] = entry.location.rawValue }
            }
        }
    }

    func location(of hash: PageHash) -> PageLocation? {
        batches.withLock { batches in
            for batch in batches {
                if let location = batch.locations[hash.high] { return PageLocation(rawValue: location) }
            }
            return nil
        }
    }

    func remove(batch: Int) {
        batches.withLock { batches in batches.removeAll { $0.id == batch } }
    }
}
