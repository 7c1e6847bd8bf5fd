import Foundation
import Synchronization

/// Signals that ask a guest's session to end. It ends between two slices, with everything in order.
enum Signals {
    private static let lastReceived = Atomic<Int32>(0)

    /// The signal that came; nil when none did.
    static var received: Int32? {
        let number = lastReceived.load(ordering: .relaxed)
        return number == 0 ? nil : number
    }

    /// For long work that leaves things in order when it is interrupted.
    static func catchInterrupts() {
        for number in [SIGINT, SIGTERM, SIGHUP] {
            handle(number) { Signals.lastReceived.store($0, ordering: .relaxed) }
        }
    }

    /// From here on these are noted instead of killing the process. SIGPIPE is turned into a failing write.
    static func catchRequestsToEnd() {
        catchInterrupts()
        signal(SIGPIPE, SIG_IGN)
    }

    /// - Returns: what was done before.
    @discardableResult
    static func handle(_ number: Int32, _ handler: @convention(c) (Int32) -> Void) -> sigaction {
        var action = sigaction()
        var previous = sigaction()
        #if canImport(Glibc)
            action.__sigaction_handler.sa_handler = handler
        #else
            action.__sigaction_u.__sa_handler = handler
        #endif
        sigaction(number, &action, &previous)
        // A parent may have blocked it, as threads of libdispatch do.
        var unblocked = sigset_t()
        sigemptyset(&unblocked)
        sigaddset(&unblocked, number)
        pthread_sigmask(SIG_UNBLOCK, &unblocked, nil)
        return previous
    }
}
