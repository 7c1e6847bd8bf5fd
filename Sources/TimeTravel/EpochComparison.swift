import Checkpointing
import GuestMemory
import HistoryStore
import Machine
import RISCV

/// Copies of an epoch's dirty pages, one after the other in the order of the dirty set.
final class PageCopies: @unchecked Sendable {
    private(set) var bytes: UnsafeMutableRawPointer
    private var capacity: Int

    init(pageCount: Int = 0) {
        capacity = pageCount
        bytes = .allocate(byteCount: max(capacity, 1) * pageSize, alignment: pageSize)
    }

    deinit { bytes.deallocate() }

    func page(_ index: Int) -> UnsafeMutableRawPointer { bytes + index * pageSize }

    func fill(_ pages: [GuestPhysicalPage], from memory: GuestMemory) {
        if pages.count > capacity {
            bytes.deallocate()
            capacity = pages.count * 5 / 4
            bytes = .allocate(byteCount: capacity * pageSize, alignment: pageSize)
        }
        for (index, number) in pages.enumerated() {
            guard let content = memory.peek(number) else { preconditionFailure("a dirty page has no frame") }
            page(index).copyMemory(from: content, byteCount: pageSize)
        }
    }
}

/// An epoch that was executed anew, on its way to be compared.
struct ReplayedEpoch: Sendable {
    var manifest: EpochManifest
    var capture: EpochCapture
    /// Contents of `capture.dirtyPages`.
    var copies: PageCopies
    /// Recorded by a program whose T ended with each epoch.
    var isOfOlderProgram: Bool
    /// Why the execution did not end as recorded; nothing else counts then.
    var strayed: String?
}

/// Compares epochs of one replay, in order, with what was recorded. Touches no machine, so that it may run on another
/// thread than the replay.
final class EpochComparison {
    private let store: HistoryStore
    private let baseMap: PageMap
    /// Hashes at the last epoch that wrote a page, for manifests that say "unchanged".
    private var hashes: [UInt64: PageHash?] = [:]

    /// - Parameter baseMap: where pages were before the first epoch.
    init(_ store: HistoryStore, baseMap: PageMap) {
        self.store = store
        self.baseMap = baseMap
    }

    /// - Returns: the first difference; nil when the epoch was reproduced.
    /// - Throws: `HistoryStoreError`, `MachineStateError`.
    func firstDifference(_ epoch: ReplayedEpoch) throws -> Divergence? {
        try difference(epoch).map {
            Divergence(timeline: epoch.manifest.timeline, epoch: epoch.manifest.epoch, what: $0)
        }
    }

    private func difference(_ epoch: ReplayedEpoch) throws -> Divergence.Difference? {
        if let strayed = epoch.strayed { return .execution(strayed) }
        let (manifest, capture) = (epoch.manifest, epoch.capture)
        return try inputDifference(manifest, capture) ?? tlbDifference(epoch)
            ?? consoleDifference(manifest, capture) ?? stateDifference(manifest, capture) ?? pageDifference(epoch)
    }

    private func inputDifference(
        _ manifest: EpochManifest, _ capture: EpochCapture
    ) throws -> Divergence.Difference? {
        guard manifest.inputCount > 0 || !capture.inputs.isEmpty else { return nil }
        let recorded = try InputLog.decode(manifest.inputs())
        return Self.firstUnequal(recorded, capture.inputs).map {
            .input(index: $0.index, recorded: $0.first.map(Self.text), replayed: $0.second.map(Self.text))
        }
    }

    private static func text(_ input: InputEvent) -> String {
        "\(input.kind) of \(input.bytes.count) bytes at i\(input.icount), \(input.virtualTime_ns) ns"
    }

    private func tlbDifference(_ epoch: ReplayedEpoch) throws -> Divergence.Difference? {
        let (manifest, capture) = (epoch.manifest, epoch.capture)
        guard manifest.tlbEventCount > 0 || !capture.tlbEvents.isEmpty else { return nil }
        // That program recorded other events than this one has.
        if epoch.isOfOlderProgram { return nil }
        let recorded = try TLBEventLog.decode(manifest.tlbEvents())
        return Self.firstUnequal(recorded, capture.tlbEvents) { $0.isSameEvent(as: $1) }.map {
            .tlbEvent(index: $0.index, recorded: $0.first, replayed: $0.second)
        }
    }

    private func consoleDifference(
        _ manifest: EpochManifest, _ capture: EpochCapture
    ) throws -> Divergence.Difference? {
        let recorded = try manifest.consoleOutput()
        if recorded == capture.consoleOutput { return nil }
        return Self.firstUnequal(recorded, capture.consoleOutput).map {
            .consoleByte(index: $0.index, recorded: $0.first, replayed: $0.second)
        }
    }

    private func stateDifference(
        _ manifest: EpochManifest, _ capture: EpochCapture
    ) throws -> Divergence.Difference? {
        if manifest.pruning != .none { return nil }
        let recorded = try manifest.machineState()
        if recorded == capture.machineState { return nil }
        let state = try MachineState(encoded: recorded)
        var replayed = capture.state
        if state.tablePages == nil {
            replayed.tablePages = nil
            if recorded == replayed.encoded() { return nil }
        }
        let difference = state.differences(from: replayed).first
        return difference.map { .state($0) } ?? .encodedState
    }

    // MARK: Pages

    private func pageDifference(_ epoch: ReplayedEpoch) throws -> Divergence.Difference? {
        let recorded = try store.dirtyPages(of: epoch.manifest) { page in
            if let known = hashes[page.number] { return known }
            return try store.pageHash(at: baseMap.location(of: page))
        }
        for page in recorded { hashes.updateValue(page.hash, forKey: page.page.number) }
        let replayed = epoch.capture.dirtyPages
        let unequal = Self.firstUnequal(recorded.map(\.page), replayed)
        // A page that only one of them wrote is named, unless an earlier page's content differs.
        let common = unequal?.index ?? recorded.count
        for index in 0..<common {
            // Of a pruned epoch only what a later checkpoint still has is known.
            guard let expected = recorded[index].hash else { continue }
            let hash = PageHash(page: epoch.copies.page(index))
            if hash != expected { return .pageContent(replayed[index], recorded: expected, replayed: hash) }
        }
        guard let unequal else { return nil }
        switch (unequal.first, unequal.second) {
        case (let page?, let other?): return page < other ? .pageNotWritten(page) : .pageWritten(other)
        case (let page?, nil): return .pageNotWritten(page)
        case (nil, let other?): return .pageWritten(other)
        case (nil, nil): return nil
        }
    }

    // MARK: Lists

    /// The first place at which two lists differ, one of them possibly at its end.
    private static func firstUnequal<Element: Equatable>(
        _ first: [Element], _ second: [Element]
    ) -> (index: Int, first: Element?, second: Element?)? { firstUnequal(first, second, ==) }

    private static func firstUnequal<Element>(
        _ first: [Element], _ second: [Element], _ areEqual: (Element, Element) -> Bool
    ) -> (index: Int, first: Element?, second: Element?)? {
        for index in 0..<max(first.count, second.count) {
            let one = index < first.count ? first[index] : nil
            let two = index < second.count ? second[index] : nil
            if let one, let two, areEqual(one, two) { continue }
            return (index, one, two)
        }
        return nil
    }
}

extension TLBEvent {
    /// Whether a replay's event is the recorded one. How many translations were dropped depends on the TLB's size.
    func isSameEvent(as other: TLBEvent) -> Bool {
        var other = other
        other.droppedCount = droppedCount
        return self == other
    }
}
