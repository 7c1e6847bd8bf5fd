import Foundation

/// The guest's console at the host: standard output, and standard input unless headless.
///
/// At a terminal the keys come raw, with Ctrl-A for commands; from a pipe or a file every byte is the guest's.
final class GuestConsole {
    private enum Input { case none, terminal, stream }

    private var input: Input
    private var keys = ConsoleKeys()
    /// Nobody reads standard output any longer.
    private(set) var isOutputClosed = false

    init(isHeadless: Bool) {
        input = isHeadless ? .none : isatty(STDIN_FILENO) != 0 ? .terminal : .stream
        if input == .terminal { RawTerminal.enter() }
    }

    /// Whether a person sits there.
    var isTerminal: Bool { input == .terminal }
    /// Whether anything can still be typed.
    var isOpen: Bool { input != .none }

    /// What came within `timeout_ms`.
    func read(timeout_ms: Int32) -> (forGuest: [UInt8], commands: [ConsoleKeys.Command]) {
        guard input != .none else { return ([], []) }
        var waiting = pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)
        guard poll(&waiting, 1, timeout_ms) > 0 else { return ([], []) }
        var buffer = [UInt8](repeating: 0, count: 256)
        let count = Foundation.read(STDIN_FILENO, &buffer, buffer.count)
        guard count > 0 else {
            if count == 0 || errno != EINTR && errno != EAGAIN { input = .none }
            return ([], [])
        }
        let typed = Array(buffer[..<count])
        return input == .terminal ? keys.take(typed) : (typed, [])
    }

    func write(_ bytes: [UInt8]) {
        if !bytes.isEmpty, !Output.write(bytes) { isOutputClosed = true }
    }

    /// A line of ours between the guest's, for a person.
    func say(_ line: String) {
        guard isTerminal else { return }
        Output.write(Array("\r\n[palimpsest: \(line)]\r\n".utf8), to: STDERR_FILENO)
    }
}
