import Foundation
import HistoryStore
import Synchronization

/// The history that a guest is recorded into, by this process and maybe by others at the same time. One of them has it open and
/// writes for all (docs/decisions/one-writing-process.md); when that one ends, another opens it and goes on.
final class RecordedHistory: Sendable {
    private struct Open {
        let store: HistoryStore
        /// nil where there can be no socket.
        let control: ControlServer?
    }

    private let path: String
    private let cacheByteCount: Int
    private let own = Mutex<Open?>(nil)
    /// While another process has the history open: what this one reads from.
    private let beside = Mutex<HistoryStore?>(nil)

    /// The process that has it open may just have started, or be ending; or it collects garbage, and will not take epochs.
    private static let patience_s = 5.0
    /// One that ends writes what it has, and its indexes.
    private static let takeoverPatience_s = 120.0

    /// - Throws: the store's errors; `.lockedByAnotherProcess` when that one takes no epochs.
    init(_ arguments: StoreArguments, _ mode: HistoryStore.Mode) throws {
        path = arguments.path
        cacheByteCount = arguments.cacheByteCount
        if case .through(let descriptor) = try findWay(mode, patience_s: Self.patience_s) {
            Foundation.close(descriptor)
            let store = try HistoryStore.open(path: path, mode: .readOnly, cacheByteCount: cacheByteCount)
            beside.withLock { $0 = store }
        }
    }

    /// For questions.
    var store: HistoryStore {
        if let store = own.withLock({ $0?.store }) { return store }
        guard let store = beside.withLock({ $0 }) else { preconditionFailure("a history that is not open") }
        return store
    }

    /// - Throws: the store's errors, wherever it is open.
    func createTimeline(_ request: TimelineRequest) throws -> SharedWriter {
        try SharedWriter(request, by: findWay(.readWrite, patience_s: Self.patience_s)) { [self] in
            try findWay(.readWrite, patience_s: Self.takeoverPatience_s)
        }
    }

    func tagNames() -> Set<String> {
        try? store.refresh()
        return Set((try? store.tags().map(\.name)) ?? [])
    }

    /// Lets other processes take over. After the last epoch was stored.
    func close() throws {
        beside.withLock { $0 = nil }
        guard let open = own.withLock({ $0 }) else { return }
        open.control?.stop()
        try open.store.close()
        own.withLock { $0 = nil }
    }

    private func findWay(_ mode: HistoryStore.Mode, patience_s: Double) throws -> WriterWay {
        if let store = own.withLock({ $0?.store }) { return .own(store) }
        let deadline = ContinuousClock.now + .seconds(patience_s)
        while true {
            do {
                let store = try HistoryStore.open(path: path, mode: mode, cacheByteCount: cacheByteCount)
                own.withLock { $0 = Open(store: store, control: ControlServer(store)) }
                return .own(store)
            } catch HistoryStoreError.lockedByAnotherProcess(let path) {
                if let descriptor = ControlClient.connectWriter(store: path) { return .through(descriptor: descriptor) }
                guard ContinuousClock.now < deadline else {
                    throw HistoryStoreError.lockedByAnotherProcess(path: path)
                }
                usleep(20_000)
            }
        }
    }
}
