import GuestMemory

/// Reads a store and checks it: segments and their hashes, the chain of manifests, page lists against page tables, blobs,
/// maps, indexes, tags, and as many page contents as asked for. Shares no code with the writer. Goes on after damage, so that
/// all of it is found.
///
///     segments, oldest first ──▶ what is there, what is damaged and what was stored against that
///     pages (asked for)      ──▶ what else is damaged
///     timelines              ──▶ which checkpoints that reaches
///
/// Memory is bounded by the number of segments and the size of the guest's memory, not by the number of epochs.
final class Verifier {
    let store: HistoryStore
    let core: StoreCore
    let options: VerifyOptions
    let progress: (VerifyProgress) -> Void
    let shouldStop: () -> Bool
    var report = VerifyReport()
    /// Filled by the first pass: entries that are there, sound or not.
    let present: LiveSet
    /// Entries that are not what was stored, or are stored against such.
    var damaged: Set<PageLocation> = []
    /// Numbers of all pages that any segment has: as many as the guests' memories.
    var pageNumbers: Set<UInt64> = []
    /// Segments of blobs that are not what was stored.
    var damagedBlobs: Set<UInt64> = []
    /// What the segments of epochs that were not pruned must hash to, as far as the last record read tells.
    var lastRecord: Palimpsest_History_V1_EpochRecord?
    /// Maps and hashes at the forks that children hang on, made on the way.
    var forks: [UInt32: Fork] = [:]

    struct Fork {
        var map: PageMap?
        var chainHash: [UInt8]?
        var damagedPages: Set<UInt64>
    }

    static func run(
        _ store: HistoryStore, _ options: VerifyOptions, progress: @escaping (VerifyProgress) -> Void,
        shouldStop: @escaping () -> Bool
    ) throws -> VerifyReport {
        let verifier = try Verifier(store, options, progress, shouldStop)
        verifier.run()
        return verifier.report
    }

    private init(
        _ store: HistoryStore, _ options: VerifyOptions, _ progress: @escaping (VerifyProgress) -> Void,
        _ shouldStop: @escaping () -> Bool
    ) throws {
        self.store = store
        self.options = options
        self.progress = progress
        self.shouldStop = shouldStop
        core = try store.core
        present = LiveSet(below: try Self.segmentEnd(core))
    }

    /// No segment has this number or a higher one.
    private static func segmentEnd(_ core: StoreCore) throws -> UInt64 {
        var end = try core.nextSegmentNumberOnDisk()
        // A base image's are put ahead of their manifest.
        try? core.engine.scanDown(.segments, below: StoreKey.segment(.max)) { key, _ in
            end = max(end, (StoreKey.readBigEndian(UInt64.self, key, at: 0) ?? 0) + 1)
            return false
        }
        return end
    }

    private func run() {
        checkSegments()
        if options.data != .none || !damaged.isEmpty, !report.wasInterrupted { checkPages() }
        if !report.wasInterrupted { checkTimelines() }
        if !report.wasInterrupted { checkNames() }
        if !report.wasInterrupted { checkHashIndex() }
    }

    /// Tags and holds name epochs that are there.
    private func checkNames() {
        check(nil, nil) {
            for tag in try store.tags() {
                check(tag.timeline, tag.epoch) {
                    try store.requireCheckpoint(tag.timeline, tag.epoch, "tag '\(tag.name)'")
                }
            }
            for hold in try store.holds() {
                check(hold.timeline, hold.last) {
                    try store.requireCheckpoint(hold.timeline, hold.last, "hold '\(hold.name)'")
                }
            }
        }
    }

    /// Runs a check and turns what it throws into a finding. Returns whether it threw nothing.
    @discardableResult
    func check(_ timeline: String?, _ epoch: UInt64?, _ body: () throws -> Void) -> Bool {
        do {
            try body()
            return true
        } catch HistoryStoreError.damaged(let what) {
            note(timeline, epoch, what)
        } catch {
            note(timeline, epoch, "\(error)")
        }
        return false
    }

    func note(_ timeline: String?, _ epoch: UInt64?, _ what: String) {
        report.findings.append(Finding(timeline: timeline, epoch: epoch, what: what))
    }

    func name(of timeline: UInt32) -> String { (try? core.timeline(timeline).name) ?? "number \(timeline)" }
}

extension HistoryStore {
    /// - Throws: `HistoryStoreError.damaged` when what a name protects is not there.
    fileprivate func requireCheckpoint(_ timeline: String, _ epoch: UInt64, _ name: String) throws {
        do {
            _ = try checkpoint(timeline: timeline, atOrBefore: epoch)
        } catch HistoryStoreError.noSuchEpoch, HistoryStoreError.forgotten {
            throw HistoryStoreError.damaged(what: "\(name) is on an epoch that is not there")
        }
    }
}
