import ArgumentParser
import GuestMemory
import HistoryStore
import Machine

/// What the process's exit status says (DESIGN.md, "Command line").
enum ExitStatus {
    static let no: Int32 = 1
    static let badInput: Int32 = 2

    /// The shell's convention for a process that a signal ended.
    static func signal(_ number: Int32) -> Int32 { 128 + number }
}

/// How a command ends when it does not succeed: a status, and the line that says why.
struct Failure: Error, Equatable {
    var status: Int32
    /// nil when everything has been said.
    var message: String?

    /// The answer is no.
    static func no(_ message: String?) -> Failure { Failure(status: ExitStatus.no, message: message) }
    static func badInput(_ message: String) -> Failure { Failure(status: ExitStatus.badInput, message: message) }

    init(status: Int32, message: String?) {
        self.status = status
        self.message = message
    }

    /// What an error means for the process; nil for ArgumentParser's own.
    init?(_ error: any Error) {
        switch error {
        case let failure as Failure: self = failure
        case let error as HistoryStoreError: self = Failure(status: Self.status(of: error), message: "\(error)")
        case let error as MachineStateError: self = Failure(status: Self.status(of: error), message: "\(error)")
        case is ValidationError, is CleanExit, is ExitCode: return nil
        default:
            guard Self.isOurs(error) else { return nil }
            self = .badInput("\(error)")
        }
    }

    private static func status(of error: HistoryStoreError) -> Int32 {
        switch error {
        case .damaged, .badExport: ExitStatus.no
        default: ExitStatus.badInput
        }
    }

    private static func status(of error: MachineStateError) -> Int32 {
        if case .newerVersion = error { return ExitStatus.badInput }
        return ExitStatus.no
    }

    /// ArgumentParser's errors are of types that it keeps to itself.
    private static func isOurs(_ error: any Error) -> Bool {
        !String(reflecting: type(of: error)).hasPrefix("ArgumentParser.")
    }
}
