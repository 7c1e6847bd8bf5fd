import Foundation
import Machine

/// What the end of a session means for the process.
extension GuestSession {
    /// - Parameter asksForVerdict: whether a bare test that was stopped before it passed or failed is a "no". `run` asks
    ///   whether the test passes; `record` only that it be recorded.
    /// - Throws: `Failure`, unless the answer is yes.
    func conclude(_ end: End, asksForVerdict: Bool) throws {
        if reportsTLBStatistics {
            Output.write(Array(TLBReport.lines(machine.cluster.statistics).utf8), to: STDERR_FILENO)
        }
        switch end {
        case .quit: break
        case .signal(let number): throw Failure(status: ExitStatus.signal(number), message: nil)
        case .timeIsUp, .icountReached:
            if asksForVerdict, machine.configuration.hostInterfaceAddress != nil {
                throw Failure.no(
                    "the test had neither passed nor failed at icount \(machine.icount), where it was stopped")
            }
        case .guestEnded: try concludePower()
        case .stuck:
            throw Failure.no(
                "the guest waits at icount \(machine.icount) for input that cannot come: run it on a terminal, or stop it "
                    + "there with --stop-at-icount")
        }
    }

    private func concludePower() throws {
        switch machine.power {
        case .running, .off, .resetRequested, .testPassed: break
        case .failed(let code): throw Failure.no("the guest ended with failure code \(code)")
        case .testFailed(let number): throw Failure.no("test \(number) failed")
        }
    }
}
