import Checkpointing
import HistoryStore

/// Positions marked while recording. A tag needs its epoch to be in the store, so they are kept until it is.
final class PositionMarks {
    private struct Mark {
        var name: String
        /// The last epoch that had ended, and how far behind its end the mark is.
        var epoch: UInt64
        var instructions: UInt64
    }

    private let recorder: Recorder
    private let history: RecordedHistory
    private let writer: SharedWriter
    private var waiting: [Mark] = []
    private var count = 0

    init(recorder: Recorder, history: RecordedHistory, writer: SharedWriter) {
        self.recorder = recorder
        self.history = history
        self.writer = writer
    }

    /// Marks where the machine is.
    /// - Returns: a line that says so.
    func add() -> String {
        let icount = recorder.machine.icount
        let mark = Mark(
            name: freeName(), epoch: recorder.nextEpoch - 1, instructions: icount - recorder.epochStart_icount)
        waiting.append(mark)
        return "tag '\(mark.name)' at icount \(icount)"
    }

    private func freeName() -> String {
        let taken = history.tagNames().union(waiting.map(\.name))
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
        try writer.setTag(name: mark.name, epoch: mark.epoch, instructions: mark.instructions)
    }
}
