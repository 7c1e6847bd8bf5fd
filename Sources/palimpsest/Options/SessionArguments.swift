import ArgumentParser

/// How long a guest runs and who sees its console.
struct SessionArguments: ParsableArguments {
    @Flag(help: "No terminal: the guest's console goes to standard output, nothing else does, and waits are skipped.")
    var headless = false

    @Option(
        name: .customLong("stop-after"),
        help: ArgumentHelp("Stop after so many seconds of the host's time.", valueName: "seconds"))
    var stopAfter_s: Double?

    @Option(name: .customLong("stop-at-icount"), help: ArgumentHelp("Stop at this icount.", valueName: "n"))
    var stopAtIcount: UInt64?

    @Flag(help: "At the end, say on standard error what keeping the TLBs in step cost and spared, one number a line.")
    var tlbStatistics = false

    func validate() throws {
        if let stopAfter_s, !(stopAfter_s > 0 && stopAfter_s < 1e9) {
            throw ValidationError("--stop-after \(stopAfter_s) is not a number of seconds above 0")
        }
    }
}
