import Foundation
import Synchronization

/// A line on standard error that is written over again and again: progress of long work. Any thread may use it.
final class StatusLine: Sendable {
    /// Where it is shown.
    enum Place {
        case nowhere
        /// Where the cursor is: nobody else writes to the terminal.
        case cursor
        /// In the terminal's last row, below what somebody else writes: the rest of the terminal scrolls above it.
        case lastRow
        /// Each time as a line that stays: no terminal.
        case lines
    }

    private struct State {
        var lastShown = ContinuousClock.now
        var isThere = false
        /// Of the last row's terminal.
        var rowCount = 0
    }

    private let place: Place
    private let interval: Duration
    private let state = Mutex(State())

    /// Shown on a terminal only, at most ten times a second.
    init(isShown: Bool = Output.errorIsTerminal) {
        place = isShown && Output.errorIsTerminal ? .cursor : .nowhere
        interval = .milliseconds(100)
    }

    init(place: Place, interval: Duration) {
        self.place = place
        self.interval = interval
    }

    /// Shows `text`, unless it was shown just now.
    func show(_ text: @autoclosure () -> String) {
        if place == .nowhere { return }
        state.withLock {
            if .now - $0.lastShown < interval { return }
            $0.lastShown = .now
            let size = Self.terminalSize
            switch place {
            case .nowhere: return
            case .cursor: Self.write("\r\u{1b}[K\(text().prefix(size.columnCount - 1))")
            case .lastRow: Self.showInLastRow(text(), size, &$0.rowCount)
            case .lines: Self.write(text() + "\n")
            }
            $0.isThere = true
        }
    }

    /// Takes it away, before something that stays is printed.
    func clear() {
        state.withLock {
            guard $0.isThere else { return }
            $0.isThere = false
            switch place {
            case .nowhere, .lines: break
            case .cursor: Self.write("\r\u{1b}[K")
            case .lastRow:
                // The cursor stays where it is; all rows scroll again.
                Self.write("\u{1b}7\u{1b}[r\u{1b}[\($0.rowCount);1H\u{1b}[2K\u{1b}8")
                RawTerminal.holdsLastRow(false)
                $0.rowCount = 0
            }
        }
    }

    private static func showInLastRow(
        _ text: String, _ size: (rowCount: Int, columnCount: Int), _ rowCount: inout Int
    ) {
        var output = ""
        if rowCount != size.rowCount {
            rowCount = size.rowCount
            // Makes sure that the cursor is above the last row.
            output = "\u{1b}D\u{1b}[A"
        }
        RawTerminal.holdsLastRow(true)
        // Only the rows above it scroll. Said every time: the guest may have said otherwise.
        output +=
            "\u{1b}7\u{1b}[1;\(rowCount - 1)r\u{1b}[\(rowCount);1H\u{1b}[2K\(text.prefix(size.columnCount - 1))\u{1b}8"
        write(output)
    }

    private static var terminalSize: (rowCount: Int, columnCount: Int) {
        var size = winsize()
        guard ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_row > 1, size.ws_col > 1 else {
            return (24, 80)
        }
        return (Int(size.ws_row), Int(size.ws_col))
    }

    private static func write(_ text: String) { Output.write(Array(text.utf8), to: STDERR_FILENO) }
}
