import Foundation
import Testing

@testable import palimpsest

/// What is typed reaches the guest, is recorded, and survives replay.
@Suite(.serialized) struct ConsoleTests {
    @Test func pipedInput() throws {
        let store = try Scratch.path("store")
        let input = Pipe()
        let recorder = try Program.start(
            "record", "--bare", Guests.echo, "--memory", "2M", "--store", store, input: input)
        try recorder.wait(for: ">")
        usleep(100_000)
        input.fileHandleForWriting.write(Data("hello, ".utf8))
        try recorder.wait(for: ">hello, ")
        input.fileHandleForWriting.write(Data("guest\u{1}xq".utf8))
        let outcome = try recorder.wait()
        #expect(outcome.status == 0, "\(outcome.errors)")
        // From a pipe Ctrl-A is a byte as any other.
        #expect(outcome.output == ">hello, guest\u{1}xq")
        #expect(outcome.errorLines.count == 1 && outcome.errors.contains("timeline 'main'"))
        try expectReplay(store, console: outcome.output)
    }

    private func expectReplay(_ store: String, console: String) throws {
        let replay = try Program.run("replay", "--store", store)
        #expect(replay.status == 0, "\(replay.output)\(replay.errors)")
        #expect(try Program.run("console", "--store", store).output == console)
        let inputs = try Program.run("log", "--json", "--store", store).objects().compactMap { $0["inputs"] as? Int }
        #expect(inputs.reduce(0, +) > 0)
    }

    /// Idle time passes as the host's: what is typed after a wait comes later in virtual time too.
    @Test func waitsTakeTheirTime() throws {
        let store = try Scratch.path("store")
        let input = Pipe()
        let recorder = try Program.start(
            "record", "--bare", Guests.echo, "--memory", "2M", "--store", store, input: input)
        try recorder.wait(for: ">")
        usleep(500_000)
        input.fileHandleForWriting.write(Data("q".utf8))
        #expect(try recorder.wait().status == 0)
        let last = try Program.run("log", "--json", "--store", store).objects().last
        let time_ns = try #require(last?["virtual_time_ns"] as? UInt64)
        #expect((400_000_000..<60_000_000_000).contains(time_ns))
        #expect(try Program.run("replay", "--store", store).status == 0)
    }

    @Test(.enabled(if: Debian.isThere, "needs Debian's kernel: run tools/fetch-debian and tools/initramfs interactive"))
    func debianShell() throws {
        let store = try Scratch.path("store")
        let input = Pipe()
        let recorder = try Program.start(
            "record", "--kernel", Debian.kernel, "--initrd", Debian.interactive, "--append", "console=ttyS0", "--store",
            store, input: input)
        try recorder.wait(for: "~ # ")
        usleep(200_000)
        input.fileHandleForWriting.write(Data("echo forty-$((6*7))\r".utf8))
        try recorder.wait(for: "forty-42")
        usleep(200_000)
        input.fileHandleForWriting.write(Data("exit\r".utf8))
        let outcome = try recorder.wait()
        #expect(outcome.status == 0, "\(outcome.errors)")
        try expectReplay(store, console: outcome.output)
    }

    @Test func keys() {
        var keys = ConsoleKeys()
        #expect(keys.take(Array("ab".utf8)) == ([97, 98], []))
        #expect(keys.take([1]) == ([], []))
        #expect(keys.take(Array("xz".utf8)) == ([122], [.quit]))
        #expect(keys.take([1, 1, 1, 99, 1, 104]) == ([1], [.mark, .help]))
        #expect(keys.take([1, 0x7a, 65]) == ([65], []))
    }
}

private func == (
    a: (forGuest: [UInt8], commands: [ConsoleKeys.Command]), b: ([UInt8], [ConsoleKeys.Command])
) -> Bool { a.forGuest == b.0 && a.commands == b.1 }
