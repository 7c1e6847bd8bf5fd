import Checkpointing
import HistoryStore

/// Positions marked while recording. A tag needs its epoch to be in the store, so they are kept until it is.
final class PositionMarks {
    private let recorder: Recorder
    private let store: HistoryStore
    private let timeline: String
    private var waiting: [(name: String, icount: UInt64, epoch: UInt64)] = []
    private var count = 0

    init(recorder: Recorder, store: HistoryStore, timeline: String) {
        self.recorder = recorder
        self.store = store
        self.timeline = timeline
    }

    /// Marks where the machine is.
    /// - Returns: a line that says so.
    func add() -> String {
        let name = freeName()
        waiting.append((name, recorder.machine.icount, recorder.nextEpoch - 1))
        return "tag '\(name)' at icount \(recorder.machine.icount)"
    }

    private func freeName() -> String {
        let taken = Set((try? store.tags().map(\.name)) ?? []).union(waiting.map(\.name))
        repeat { count += 1 } while taken.contains("mark-\(count)")
        return "mark-\(count)"
    }

    /// Makes tags of them, once the recording is stored.
    func commit() throws {
        for mark in waiting {
            let manifest = try store.manifest(timeline: timeline, epoch: mark.epoch)
            try store.setTag(
                name: mark.name, timeline: timeline, epoch: mark.epoch, instructions: mark.icount - manifest.icountTo)
        }
        waiting = []
    }
}
