import Foundation
import Synchronization

/// A line on standard error that is written over again and again: progress of long work. Only on a terminal. Any thread
/// may use it.
final class StatusLine: Sendable {
    private struct State {
        var lastShown = ContinuousClock.now - .seconds(1)
        var isThere = false
    }

    private let isShown: Bool
    private let state = Mutex(State())

    init(isShown: Bool = Output.errorIsTerminal) { self.isShown = isShown && Output.errorIsTerminal }

    /// Shows `text`, at most ten times a second.
    func show(_ text: @autoclosure () -> String) {
        guard isShown else { return }
        state.withLock {
            guard ContinuousClock.now - $0.lastShown > .milliseconds(100) else { return }
            $0 = State(lastShown: .now, isThere: true)
            Output.write(Array("\r\u{1b}[K\(text())".utf8), to: STDERR_FILENO)
        }
    }

    /// Takes it away, before something that stays is printed.
    func clear() {
        state.withLock {
            guard $0.isThere else { return }
            $0.isThere = false
            Output.write(Array("\r\u{1b}[K".utf8), to: STDERR_FILENO)
        }
    }
}
