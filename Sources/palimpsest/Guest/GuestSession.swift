import Foundation
import Machine

/// A live guest between its console and whoever runs the machine: what `run`, `record` and `restore` share.
///
/// Input is looked for between slices. While every hart waits, time passes as fast as the host's, until the guest's timer
/// or a key; when nothing can be typed, waits are skipped, so that a run without input does not depend on the host.
final class GuestSession {
    enum End: Equatable {
        /// Ctrl-A x.
        case quit
        case signal(Int32)
        /// --stop-after.
        case timeIsUp
        /// --stop-at-icount.
        case icountReached
        /// See `Machine.power`.
        case guestEnded
        /// Every hart waits for input, and none can come.
        case stuck
    }

    let machine: Machine
    private let console: GuestConsole
    private let limit_icount: UInt64
    private let deadline: ContinuousClock.Instant?
    let reportsTLBStatistics: Bool
    private var end: End?
    private var wait: (icount: UInt64, virtualTime_ns: UInt64, since: ContinuousClock.Instant)?

    /// Ctrl-A c was typed, with the machine at the position it meant.
    var onMark: () -> Void = {}

    /// Longest sleep before epochs, signals and deadlines are looked at again.
    private static let sleepMax_ms: Int64 = 20

    init(machine: Machine, console: GuestConsole, arguments: SessionArguments) {
        self.machine = machine
        self.console = console
        limit_icount = arguments.stopAtIcount ?? .max
        reportsTLBStatistics = arguments.tlbStatistics
        deadline = arguments.stopAfter_s.map { .now + .seconds($0) }
    }

    /// Runs the guest to its end, or until somebody wants it to stop.
    /// - Parameter advance: runs the machine up to an icount, as `Machine.run` does.
    func run(
        _ advance: (_ icount: UInt64, _ shouldStop: @escaping () -> Bool, _ idle: ((UInt64?) -> Bool)?) throws
            -> StopReason
    ) throws -> End {
        while true {
            if shouldStop(), let end { return end }
            switch try advance(limit_icount, shouldStop, console.isOpen ? idle : nil) {
            case .icountReached: return .icountReached
            case .ended: return .guestEnded
            case .waitingForInput where !console.isOpen: return end ?? .stuck
            case .interrupted, .waitingForInput, .idle: break
            }
        }
    }

    /// Asked about every millisecond.
    private func shouldStop() -> Bool {
        if let number = Signals.received {
            end = .signal(number)
        } else if console.isOutputClosed {
            end = .signal(SIGPIPE)
        } else if let deadline, ContinuousClock.now >= deadline {
            end = .timeIsUp
        } else if !machine.hasWaitingInput || console.isTerminal {
            take(console.read(timeout_ms: 0))
        }
        return end != nil
    }

    private func take(
        _ typed: (forGuest: [UInt8], commands: [ConsoleKeys.Command]), at virtualTime_ns: UInt64? = nil
    ) {
        if !typed.forGuest.isEmpty { machine.queueInput(typed.forGuest, at: virtualTime_ns) }
        for command in typed.commands {
            switch command {
            case .quit: end = .quit
            case .mark: onMark()
            case .help: console.say(ConsoleKeys.help)
            }
        }
    }

    /// Every hart waits until a timer at `deadline_ns` of virtual time, or for ever. Waits with them for a while.
    /// - Returns: true when the timer's time has come.
    private func idle(until deadline_ns: UInt64?) -> Bool {
        guard let wait, wait.icount == machine.icount, wait.virtualTime_ns == machine.virtualTime_ns else {
            // Return once before sleeping, so that what the guest has just printed is shown.
            self.wait = (machine.icount, machine.virtualTime_ns, .now)
            return false
        }
        let left_ns = deadline_ns.map { Int64(clamping: $0 &- min($0, now_ns(wait))) }
        if left_ns == 0 { return true }
        let sleep_ms = min(Self.sleepMax_ms, left_ns.map { $0 / 1_000_000 } ?? Self.sleepMax_ms)
        guard console.isOpen, !machine.hasWaitingInput || console.isTerminal else {
            usleep(UInt32(max(sleep_ms, 1) * 1000))
            return false
        }
        let typed = console.read(timeout_ms: Int32(sleep_ms))
        take(typed, at: min(now_ns(wait), deadline_ns ?? .max))
        return false
    }

    private func now_ns(_ wait: (icount: UInt64, virtualTime_ns: UInt64, since: ContinuousClock.Instant)) -> UInt64 {
        let slept = (ContinuousClock.now - wait.since).components
        return wait.virtualTime_ns + UInt64(slept.seconds) * 1_000_000_000 + UInt64(slept.attoseconds / 1_000_000_000)
    }
}
