import Foundation
import Synchronization

/// The terminal in raw mode while a guest has it, and given back on every way out: a return, an exit, a signal, a crash.
///
/// What signal handlers touch is plain memory, allocated before the first handler is set.
enum RawTerminal {
    private nonisolated(unsafe) static let saved = allocateModes()
    private nonisolated(unsafe) static let raw = allocateModes()
    private static let isRaw = Atomic<Bool>(false)
    /// Only the rows above the last scroll (`StatusLine`).
    private static let hasScrollRegion = Atomic<Bool>(false)
    private static let isWatching = Atomic<Bool>(false)
    /// All rows scroll, and the cursor stays where it is: ESC 7, ESC [ r, ESC 8.
    private nonisolated(unsafe) static let scrollEverywhere: UnsafeMutablePointer<UInt8> = {
        let bytes: [UInt8] = [0x1b, 0x37, 0x1b, 0x5b, 0x72, 0x1b, 0x38]
        let text = UnsafeMutablePointer<UInt8>.allocate(capacity: bytes.count)
        text.initialize(from: bytes, count: bytes.count)
        return text
    }()
    /// What crashes led to before, by signal.
    private nonisolated(unsafe) static let previous: UnsafeMutablePointer<sigaction> = {
        let actions = UnsafeMutablePointer<sigaction>.allocate(capacity: 65)
        actions.initialize(repeating: sigaction(), count: 65)
        return actions
    }()

    private static func allocateModes() -> UnsafeMutablePointer<termios> {
        let modes = UnsafeMutablePointer<termios>.allocate(capacity: 1)
        modes.initialize(to: termios())
        return modes
    }

    /// Signals of a crash, Swift's own traps among them: the terminal is given back before they take effect.
    private static let crashes = [SIGILL, SIGTRAP, SIGABRT, SIGBUS, SIGFPE, SIGSEGV]

    /// Keys go to the guest as they are, Ctrl-C too. Without effect when standard input is no terminal.
    static func enter() {
        guard isatty(STDIN_FILENO) != 0, tcgetattr(STDIN_FILENO, saved) == 0 else { return }
        raw.pointee = saved.pointee
        cfmakeraw(raw)
        watchExits()
        isRaw.store(true, ordering: .sequentiallyConsistent)
        _ = tcsetattr(STDIN_FILENO, TCSADRAIN, raw)
    }

    /// The terminal's last row is about to be kept from scrolling.
    static func holdsLastRow(_ holds: Bool) {
        if holds { watchExits() }
        hasScrollRegion.store(holds, ordering: .sequentiallyConsistent)
    }

    private static func watchExits() {
        guard !isWatching.exchange(true, ordering: .sequentiallyConsistent) else { return }
        _ = scrollEverywhere
        atexit { RawTerminal.leave() }
        for number in crashes {
            previous[Int(number)] = Signals.handle(number) { RawTerminal.leaveAndRaise($0) }
        }
        Signals.handle(SIGTSTP) { _ in RawTerminal.suspend() }
    }

    /// Gives the terminal back. Harmless when it was not taken; safe in a signal handler.
    static func leave() {
        if hasScrollRegion.exchange(false, ordering: .sequentiallyConsistent) {
            _ = write(STDERR_FILENO, scrollEverywhere, 7)
        }
        guard isRaw.exchange(false, ordering: .sequentiallyConsistent) else { return }
        _ = tcsetattr(STDIN_FILENO, TCSANOW, saved)
    }

    /// What would have happened without us, a backtrace perhaps, happens next.
    private static func leaveAndRaise(_ number: Int32) {
        leave()
        sigaction(number, previous + Int(number), nil)
        raise(number)
    }

    /// SIGTSTP, which to a raw terminal only another process can send: the terminal is cooked while this one is stopped.
    private static func suspend() {
        let wasRaw = isRaw.load(ordering: .sequentiallyConsistent)
        leave()
        raise(SIGSTOP)
        guard wasRaw else { return }
        isRaw.store(true, ordering: .sequentiallyConsistent)
        _ = tcsetattr(STDIN_FILENO, TCSANOW, raw)
    }
}
