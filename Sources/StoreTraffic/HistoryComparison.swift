import GuestMemory
import HistoryStore

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Reads histories back and compares them with what was recorded, computed anew. It shares no code with the writer and
/// believes nothing that a store says of itself but which of several attempts an unacknowledged epoch is of.
public struct HistoryComparison {
    /// Where a timeline comes from: nil for a machine of its own.
    public typealias Parent = (timeline: String, epoch: UInt64)

    public let shape: ReproducibleGuest.Shape
    /// Which attempt a timeline's own epoch is known to be of; nil lets the store tell.
    public var acknowledgedAttempt: (_ timeline: String, _ epoch: UInt64) -> EpochAttempt? = { _, _ in nil }
    /// Whether such an attempt was ever made.
    public var wasAttempted: (EpochAttempt) -> Bool = { _ in true }

    /// Whether an epoch of a timeline's history was ever given up to pruning: then it may be pruned, or not.
    public var mayBePruned: (_ timeline: String, _ epoch: UInt64) -> Bool = { _, _ in false }

    /// Epochs that were found bit-exact, those of ancestors counted once for each descendant.
    public private(set) var epochsRight = 0
    /// Where the store gives back something else than was recorded, without an error.
    public private(set) var wrong: [String] = []
    /// What it refused to give back, naming damage.
    public private(set) var named: [String] = []

    /// Where the comparison ended, as what was asked for had been pruned or collected since the store was opened.
    public private(set) var outdated: [String] = []

    public init(_ shape: ReproducibleGuest.Shape) { self.shape = shape }

    public var isRight: Bool { wrong.isEmpty && named.isEmpty && outdated.isEmpty }

    /// Compares every epoch of a timeline's history, 0 to `head`, and the history of every page, of a large memory of some.
    public mutating func compare(_ store: HistoryStore, timeline: String, through head: UInt64) {
        let guest = ReproducibleGuest(shape)
        var walk = Walk(timeline: timeline)
        for epoch in 0...head {
            do {
                try compare(epoch, store, guest, &walk)
                epochsRight += 1
            } catch {
                note(error, "epoch \(epoch) of timeline '\(timeline)'")
                // What follows cannot be computed where this epoch's attempt is unknown.
                if walk.lastEpoch != epoch || !outdated.isEmpty { return }
            }
        }
        for index in stride(from: 0, to: shape.pageCount, by: max(1, shape.pageCount / 100)) {
            do {
                try comparePageHistory(index, store, walk, head: head)
            } catch {
                note(error, "the history of \(ReproducibleGuest.page(index)) in timeline '\(timeline)'")
                if !outdated.isEmpty { return }
            }
        }
    }

    private struct Walk {
        let timeline: String
        var lastEpoch: UInt64?
        /// Pages' locations at the last epoch, which tell what need not be read again.
        var locations: [Int: PageLocation] = [:]
        /// By page index.
        var modifications: [Int: [UInt64]] = [:]
        var hasForgotten = false
        /// By page: epochs and details.
        var marks: [UInt64: [[UInt64]]] = [:]

        /// Takes down what an epoch wrote. Where it is then not compared, pages' locations are not known.
        mutating func note(_ epoch: UInt64, written: [Int], _ pageMarks: [PageMark]) {
            lastEpoch = epoch
            for index in written {
                modifications[index, default: []].append(epoch)
                locations[index] = nil
            }
            for mark in pageMarks { marks[mark.page, default: []].append([epoch, mark.detail]) }
        }
    }

    private struct Mismatch: Error { let what: String }
    /// An epoch was forgotten, and nobody acknowledged which attempt it was of: what follows is not compared.
    private struct Unknown: Error {}

    private mutating func note(_ error: any Error, _ place: String) {
        switch error {
        case let mismatch as Mismatch: wrong.append("\(place): \(mismatch.what)")
        case is Unknown: break
        case HistoryStoreError.collectedMeanwhile, HistoryStoreError.pruned: outdated.append(place)
        case HistoryStoreError.damaged(let what): named.append("\(place): \(what)")
        default: wrong.append("\(place): \(error)")
        }
    }

    // MARK: One epoch

    private func compare(
        _ epoch: UInt64, _ store: HistoryStore, _ guest: ReproducibleGuest, _ walk: inout Walk
    ) throws {
        let manifest = Result { try store.manifest(timeline: walk.timeline, epoch: epoch) }
        // Of a damaged record it is not known how many epochs it stands for.
        if case .failure = manifest, mayBePruned(walk.timeline, epoch) { walk.hasForgotten = true }
        let pruning = try pruning(of: epoch, walk, manifest)
        let attempt = try attempt(at: epoch, walk, manifest)
        let written = guest.run(attempt)
        var blobs = EpochBlobs(attempt, shape)
        walk.note(epoch, written: written, blobs.pageMarks)
        guard pruning != .forgotten else {
            walk.hasForgotten = true
            return
        }
        if pruning != .none { blobs.machineState = [] }
        guard try EpochBlobs(manifest.get()) == blobs else { throw Mismatch(what: "its blobs are others") }
        let dirty = try store.dirtyPages(timeline: walk.timeline, epoch: epoch)
        guard dirty.map(\.page) == written.map(ReproducibleGuest.page) else {
            throw Mismatch(what: "its dirty set is another")
        }
        if pruning == .none { try comparePages(epoch, written: Set(written), store, guest, &walk) }
    }

    private func pruning(
        of epoch: UInt64, _ walk: Walk, _ manifest: Result<EpochManifest, any Error>
    ) throws -> EpochPruning {
        let found: EpochPruning
        switch manifest {
        case .success(let manifest): found = manifest.pruning
        case .failure(HistoryStoreError.forgotten): found = .forgotten
        case .failure: return .none
        }
        guard found == .none || mayBePruned(walk.timeline, epoch) else { throw Mismatch(what: "it was pruned") }
        return found
    }

    private func attempt(
        at epoch: UInt64, _ walk: Walk, _ manifest: Result<EpochManifest, any Error>
    ) throws -> EpochAttempt {
        if let known = acknowledgedAttempt(walk.timeline, epoch) { return known }
        if case .failure(HistoryStoreError.forgotten) = manifest { throw Unknown() }
        guard let found = EpochAttempt(consoleOutput: try manifest.get().consoleOutput()), wasAttempted(found),
            found.epoch == epoch
        else { throw Mismatch(what: "it is of no attempt that was made") }
        return found
    }

    private func comparePages(
        _ epoch: UInt64, written: Set<Int>, _ store: HistoryStore, _ guest: ReproducibleGuest, _ walk: inout Walk
    ) throws {
        let map = try store.pageMap(timeline: walk.timeline, epoch: epoch)
        let page = UnsafeMutableRawPointer.allocate(byteCount: pageSize, alignment: pageSize)
        defer { page.deallocate() }
        var before = walk.locations
        walk.locations = [:]
        for index in 0..<shape.pageCount {
            let location = map.location(of: ReproducibleGuest.page(index))
            if !written.contains(index), before.removeValue(forKey: index) == location {
                walk.locations[index] = location
                continue
            }
            try store.readPage(at: location, into: page)
            guard memcmp(page, guest.content(index), pageSize) == 0 else {
                throw Mismatch(what: "\(ReproducibleGuest.page(index)) holds something else")
            }
            walk.locations[index] = location
        }
    }

    // MARK: One page

    private func comparePageHistory(_ index: Int, _ store: HistoryStore, _ walk: Walk, head: UInt64) throws {
        let page = ReproducibleGuest.page(index)
        // Forgotten epochs are one, with one list of pages.
        guard !walk.hasForgotten else { return }
        let found = try store.modifications(of: page, timeline: walk.timeline, epochs: 0...head)
        guard found.map(\.epoch) == walk.modifications[index] ?? [] else {
            throw Mismatch(what: "it has \(found.count) entries and not \(walk.modifications[index]?.count ?? 0)")
        }
        let location = try store.location(of: page, timeline: walk.timeline, epoch: head)
        let mapped = try store.pageMap(timeline: walk.timeline, epoch: head).location(of: page)
        guard try location == mapped || store.pageHash(at: location) == store.pageHash(at: mapped) else {
            throw Mismatch(what: "it ends elsewhere than the map says")
        }
        let mark = UInt64(index)
        let marks = try store.marks(page: mark, timeline: walk.timeline, epochs: 0...head)
        guard marks.map({ [$0.epoch, $0.detail] }) == walk.marks[mark] ?? [] else {
            throw Mismatch(what: "its marks are others")
        }
    }
}
