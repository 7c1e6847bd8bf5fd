import ArgumentParser
import Foundation
import HistoryStore

/// A command that writes to a history without recording into it. Where another process records, that one carries it out
/// (`ControlServer`): one process at a time can write.
protocol MaintenanceCommand: ParsableCommand {
    var storePath: String { get }
    var cacheByteCount: Int { get }
    /// Whether a history is made where there is none.
    var createsStore: Bool { get }

    /// Does the work on an open store, whoever opened it, and says what came of it to `host`.
    func perform(on store: HistoryStore, _ host: MaintenanceHost) throws
}

/// Who is told: the terminal, or a process at the other end of a socket.
struct MaintenanceHost {
    /// A line of the answer.
    var answer: (String) -> Void
    /// A line that replaces the one before.
    var progress: (String) -> Void
    /// A line for people.
    var complain: (String) -> Void
    /// Whether to end early, in order.
    var shouldStop: () -> Bool
}

extension MaintenanceCommand {
    var createsStore: Bool { false }

    /// Carries the command out here, or where the history is being recorded.
    func carryOut() throws {
        Signals.catchInterrupts()
        let status = StatusLine()
        defer { status.clear() }
        let host = MaintenanceHost(
            answer: {
                status.clear()
                print($0)
            },
            progress: { text in status.show(text) },
            complain: {
                status.clear()
                Output.complain($0)
            }, shouldStop: { Signals.received != nil })
        do {
            let store = try HistoryStore.open(
                path: storePath, mode: createsStore ? .create : .maintenance, cacheByteCount: cacheByteCount)
            try store.using { try perform(on: $0, host) }
        } catch HistoryStoreError.lockedByAnotherProcess(let path) {
            guard let client = ControlClient(store: storePath) else {
                throw HistoryStoreError.lockedByAnotherProcess(path: path)
            }
            try client.carryOut(Array(CommandLine.arguments.dropFirst()), host)
        }
    }
}

/// How a maintenance command ends that was asked to stop.
enum Interruption {
    static func check(_ host: MaintenanceHost, _ what: String) throws {
        guard host.shouldStop() else { return }
        throw Failure(status: ExitStatus.signal(Signals.received ?? SIGINT), message: what)
    }
}
