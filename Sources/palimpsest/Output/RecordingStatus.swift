import Checkpointing
import HistoryStore

/// How a recording goes, in a line: what happened since the line before.
final class RecordingStatus {
    private let recorder: Recorder
    private var earlier = RecorderStatistics()
    private var since = ContinuousClock.now

    init(recorder: Recorder) { self.recorder = recorder }

    /// The line, of the time since it was last asked for.
    func line() -> String {
        let now = ContinuousClock.now
        let statistics = recorder.statistics
        defer { (earlier, since) = (statistics, now) }
        let seconds = max((now - since) / .seconds(1), 0.001)
        let stuns = statistics.stuns_us.since(earlier.stuns_us)
        let pages = statistics.capture.since(earlier.capture)
        let epochCount = statistics.epochCount - earlier.epochCount
        let storedCount = max(statistics.storedEpochCount - earlier.storedEpochCount, 1)
        let stun = [0.5, 0.99].map { Quantity.milliseconds(us: stuns.percentile($0)) }
        let rate = Quantity.decimal(Double(epochCount) / seconds, digits: 1)
        let stored = Int(Double(statistics.storedBytes - earlier.storedBytes) / seconds)
        return
            "\(rate) epochs/s, stun p50 \(stun[0]) p99 \(stun[1]) ms, an epoch \(pages.dirtyPages / storedCount) dirty pages "
            + "(\(pages.deferredPages / storedCount) deferred, \(pages.differencePages / storedCount) differences), "
            + "queue \(recorder.queueDepth), \(Quantity.bytes(stored))/s"
    }
}
