import Checkpointing
import HistoryStore

/// Positions marked while recording. A tag needs its epoch to be in the store, so they are kept until it is.
final class PositionMarks {
    private struct Mark {
        var name: String
        var icount: UInt64
        /// The last epoch that had ended.
        var epoch: UInt64
    }

    private let recorder: Recorder
    private let store: HistoryStore
    private let timeline: String
    private var waiting: [Mark] = []
    private var count = 0

    init(recorder: Recorder, store: HistoryStore, timeline: String) {
        self.recorder = recorder
        self.store = store
        self.timeline = timeline
    }

    /// Marks where the machine is.
    /// - Returns: a line that says so.
    func add() -> String {
        let mark = Mark(name: freeName(), icount: recorder.machine.icount, epoch: recorder.nextEpoch - 1)
        waiting.append(mark)
        return "tag '\(mark.name)' at icount \(mark.icount)"
    }

    private func freeName() -> String {
        let taken = Set((try? store.tags().map(\.name)) ?? []).union(waiting.map(\.name))
        repeat { count += 1 } while taken.contains("mark-\(count)")
        return "mark-\(count)"
    }

    /// Makes tags of those whose epoch is stored. What fails is tried again by `commit`.
    func commitStored() {
        guard let first = waiting.first, let stored = recorder.statistics.lastStoredEpoch, stored > first.epoch else {
            return
        }
        if (try? tag(first)) != nil { waiting.removeFirst() }
    }

    /// Makes tags of all, once the recording is stored.
    /// - Throws: the store's errors.
    func commit() throws {
        for mark in waiting { try tag(mark) }
        waiting = []
    }

    private func tag(_ mark: Mark) throws {
        let manifest = try store.manifest(timeline: timeline, epoch: mark.epoch)
        try store.setTag(
            name: mark.name, timeline: timeline, epoch: mark.epoch, instructions: mark.icount - manifest.icountTo)
    }
}
