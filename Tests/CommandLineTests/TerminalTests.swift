import Foundation
import Testing

/// A guest on a terminal: keys come raw, Ctrl-A commands are ours, and the terminal is as before on every way out.
@Suite(.serialized) struct TerminalTests {
    /// A pseudo-terminal with a program on it.
    private final class Terminal {
        private let master: FileHandle
        private let slave: FileHandle
        let program: Program.Running
        private let before: termios

        init(_ arguments: String...) throws {
            var (masterFile, slaveFile): (Int32, Int32) = (0, 0)
            guard openpty(&masterFile, &slaveFile, nil, nil, nil) == 0 else { throw SupportError("openpty failed") }
            master = FileHandle(fileDescriptor: masterFile, closeOnDealloc: true)
            slave = FileHandle(fileDescriptor: slaveFile, closeOnDealloc: true)
            before = try Self.modes(slaveFile)
            program = try Program.Running(arguments, input: slave)
        }

        private static func modes(_ file: Int32) throws -> termios {
            var modes = termios()
            guard tcgetattr(file, &modes) == 0 else { throw SupportError("tcgetattr failed") }
            return modes
        }

        func type(_ keys: String) { master.write(Data(keys.utf8)) }

        var isRaw: Bool {
            get throws { try Self.modes(slave.fileDescriptor).c_lflag & tcflag_t(ICANON | ECHO | ISIG) == 0 }
        }

        var isAsBefore: Bool {
            get throws {
                let now = try Self.modes(slave.fileDescriptor)
                return now.c_lflag == before.c_lflag && now.c_iflag == before.c_iflag && now.c_oflag == before.c_oflag
            }
        }
    }

    @Test func quit() throws {
        let store = try Scratch.path("store")
        let terminal = try Terminal("record", "--bare", Guests.echo, "--memory", "2M", "--store", store)
        try terminal.program.wait(for: ">")
        #expect(try terminal.isRaw)
        terminal.type("a\u{3}b")
        try terminal.program.wait(for: ">a\u{3}b")
        terminal.type("\u{1}c")
        terminal.type("\u{1}\u{1}")
        try terminal.program.wait(for: "b\u{1}")
        terminal.type("\u{1}x")
        let outcome = try terminal.program.wait()
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(outcome.errors.contains("tag 'mark-1'"))
        #expect(try terminal.isAsBefore)
        let tags = try Program.run("tag", "--json", "--store", store).objects()
        #expect(tags.compactMap { $0["tag"] as? String } == ["mark-1"])
        #expect(try Program.run("show", "mark-1", "--store", store).status == 0)
        #expect(try Program.run("replay", "--store", store).status == 0)
    }

    @Test(arguments: [SIGTERM, SIGINT, SIGHUP, SIGSEGV]) func signals(_ signal: Int32) throws {
        let terminal = try Terminal("run", "--bare", Guests.endless, "--memory", "2M")
        let deadline = Date(timeIntervalSinceNow: 30)
        while try !terminal.isRaw, Date() < deadline { usleep(10_000) }
        #expect(try terminal.isRaw)
        terminal.program.kill(signal)
        #expect(try terminal.program.wait().status == 128 + signal)
        #expect(try terminal.isAsBefore)
    }

    @Test func guestThatEnds() throws {
        let terminal = try Terminal("run", "--bare", Guests.failing, "--memory", "2M")
        #expect(try terminal.program.wait().status == 1)
        #expect(try terminal.isAsBefore)
    }
}
