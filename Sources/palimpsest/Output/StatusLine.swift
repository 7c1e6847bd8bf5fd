import Foundation

/// A line on standard error that is written over again and again: progress of long work. Only on a terminal.
final class StatusLine {
    private let isShown = Output.errorIsTerminal
    private var lastShown = ContinuousClock.now - .seconds(1)
    private var isThere = false

    /// Shows `text`, at most ten times a second.
    func show(_ text: @autoclosure () -> String) {
        guard isShown, ContinuousClock.now - lastShown > .milliseconds(100) else { return }
        lastShown = .now
        isThere = true
        Output.write(Array("\r\u{1b}[K\(text())".utf8), to: STDERR_FILENO)
    }

    /// Takes it away, before something that stays is printed.
    func clear() {
        guard isThere else { return }
        isThere = false
        Output.write(Array("\r\u{1b}[K".utf8), to: STDERR_FILENO)
    }
}
