import ArgumentParser
import Machine

struct Run: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run a machine without recording it.",
        discussion: """
            The status is 0 when the guest powers off or its test passes; 1 when it reports failure, or \
            its test fails, or had not ended where --stop-at-icount or --stop-after stopped it. On a terminal, Ctrl-A x \
            quits and Ctrl-A h tells the other keys.
            """)

    @OptionGroup(title: "Machine") var machine: MachineArguments
    @OptionGroup(title: "Session") var session: SessionArguments

    func run() throws {
        let machine = try machine.boot()
        Signals.catchRequestsToEnd()
        let console = GuestConsole(isHeadless: session.headless)
        let session = GuestSession(machine: machine, console: console, arguments: session)
        let end = try session.run { icount, shouldStop, idle in
            machine.shouldPause = {
                console.write(machine.takeConsoleOutput())
                return shouldStop()
            }
            let reason = try machine.run(until: icount, idle: idle)
            console.write(machine.takeConsoleOutput())
            return reason
        }
        try session.conclude(end, asksForVerdict: true)
    }
}
