import Checkpointing
import Foundation
import HistoryStore
import Machine
import TimeTravel

/// A live guest that is recorded: what `record` and `restore` share.
///
/// However it ends, the last epoch is ended and everything is stored before the process is.
struct RecordingSession {
    let recorder: Recorder
    let history: RecordedHistory
    let writer: SharedWriter
    let timeline: String
    let arguments: SessionArguments
    /// --status.
    var showsStatus = false
    /// For a machine that is on its way to the position it is to run on from.
    var restore: Restore?

    func run() throws {
        let console = GuestConsole(isHeadless: arguments.headless)
        let session = GuestSession(machine: recorder.machine, console: console, arguments: arguments)
        let marks = PositionMarks(recorder: recorder, history: history, writer: writer)
        let status = statusLine
        let report = RecordingStatus(recorder: recorder)
        session.onMark = { console.say(marks.add()) }
        let outcome = Result {
            try catchUp()
            recorder.onConsoleOutput = { console.write($0) }
            return try session.run { icount, shouldStop, idle in
                try recorder.run(
                    until: icount,
                    shouldStop: {
                        marks.commitStored()
                        status.show(showsStatus ? report.line() : progress)
                        return shouldStop()
                    }, idle: idle)
            }
        }
        RawTerminal.leave()
        status.clear()
        let statistics = try finish(after: outcome)
        try marks.commit()
        try history.close()
        if !arguments.headless || Output.errorIsTerminal {
            Output.write(Array("\(summary(statistics))\n".utf8), to: STDERR_FILENO)
        }
        try session.conclude(try outcome.get(), asksForVerdict: false)
    }

    /// The guest's lines and ours would mix where both go to one terminal: there the status has a row of its own.
    private var statusLine: StatusLine {
        let sharesTerminal = !arguments.headless || Output.outputIsTerminal
        guard showsStatus else { return StatusLine(isShown: !sharesTerminal) }
        guard Output.errorIsTerminal else { return StatusLine(place: .lines, interval: .seconds(1)) }
        return StatusLine(place: sharesTerminal ? .lastRow : .cursor, interval: .seconds(1))
    }

    /// Executes what lies between the fork and the position. Its console output is the old timeline's.
    private func catchUp() throws {
        guard let restore else { return }
        if let target = restore.liveFrom_icount {
            let reason = try recorder.run(until: target, shouldStop: { Signals.received != nil })
            // The session sees the signal next.
            if reason == .interrupted { return }
        }
        try restore.goLive()
    }

    /// The run's own error goes before one of the last write's, which follows from it.
    private func finish(after outcome: Result<GuestSession.End, any Error>) throws -> RecorderStatistics {
        do {
            let statistics = try recorder.finish()
            _ = try outcome.get()
            return statistics
        } catch {
            try? history.close()
            _ = try outcome.get()
            throw error
        }
    }

    private var progress: String {
        let statistics = recorder.statistics
        let waits = statistics.queueFullCount > 0 ? ", waited \(statistics.queueFullCount) times for the store" : ""
        return "record: epoch \(recorder.nextEpoch - 1), icount \(recorder.machine.icount), "
            + "\(Quantity.bytes(statistics.storedBytes)) stored\(waits)"
    }

    private func summary(_ statistics: RecorderStatistics) -> String {
        let stun = [0.5, 0.99].map { Quantity.milliseconds(us: statistics.stuns_us.percentile($0)) }
        var line =
            "palimpsest: timeline '\(timeline)': \(statistics.epochCount) epochs, "
            + "icount \(recorder.machine.icount), \(Quantity.bytes(statistics.storedBytes)) stored, "
            + "stun p50 \(stun[0]) ms, p99 \(stun[1]) ms"
        if statistics.queueFullCount > 0 { line += ", waited \(statistics.queueFullCount) times for the store" }
        return line
    }
}
