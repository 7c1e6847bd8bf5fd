import GuestMemory
import HistoryStore
import Synchronization

/// Counts what several threads write.
final class PageTally: Sendable {
    private let checkpoint: ResolvedPosition
    private let written = Atomic(0)
    private let unreadable = Mutex<[UnreadablePage]>([])

    /// - Parameter checkpoint: whose pages the store gives.
    init(checkpoint: ResolvedPosition) { self.checkpoint = checkpoint }

    func addWritten() { written.add(1, ordering: .relaxed) }

    func add(_ page: GuestPhysicalPage, _ error: HistoryStoreError) {
        var what = if case .damaged(let what) = error { what } else { "\(error)" }
        // A page whose segment is gone cannot say where it was written.
        if !what.contains(" of timeline '") {
            what += " (epoch \(checkpoint.epoch) of timeline '\(checkpoint.timeline)')"
        }
        unreadable.withLock { $0.append(UnreadablePage(page: page, what: what)) }
    }

    var writtenCount: Int { written.load(ordering: .relaxed) }
    var unreadablePages: [UnreadablePage] { unreadable.withLock { $0 }.sorted { $0.page < $1.page } }
}
