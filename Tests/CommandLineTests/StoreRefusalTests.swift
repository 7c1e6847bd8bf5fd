import Foundation
import Testing

/// A store that is not there, not a store, newer, in use; positions that do not exist.
@Suite(.serialized) struct StoreRefusalTests {
    /// A short recording, shared: nothing here changes it.
    private static let recorded: String = {
        do {
            let store = try Scratch.path("store")
            let outcome = try Program.run(
                "record", "--headless", "--bare", Guests.counter, "--epoch-instructions", "1000000", "--store", store)
            guard outcome.status == 0 else { throw SupportError(outcome.errors) }
            return store
        } catch {
            fatalError("\(error)")
        }
    }()

    private func expectRefusal(
        _ arguments: [String], store: String, saying text: String, status: Int32 = 2,
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let outcome = try Program.run(arguments + ["--store", store])
        #expect(outcome.status == status, "\(arguments): \(outcome.errors)", sourceLocation: sourceLocation)
        #expect(outcome.errorLines.count == 1, "\(arguments): \(outcome.errors)", sourceLocation: sourceLocation)
        #expect(outcome.errors.contains(text), "\(arguments): \(outcome.errors)", sourceLocation: sourceLocation)
        #expect(outcome.output.isEmpty, "\(arguments)", sourceLocation: sourceLocation)
    }

    private static let readers = [
        ["log"], ["show", "HEAD"], ["console"], ["checkout", "HEAD"], ["replay"], ["history", "0x80000000"],
        ["restore", "HEAD"], ["timelines"], ["tag"], ["tag", "name"], ["tag", "--delete", "name"], ["stats"],
        ["diff", "0", "HEAD"], ["verify"],
    ]

    @Test(arguments: readers) func missing(_ words: [String]) throws {
        try expectRefusal(words, store: "/nowhere/at-all", saying: "there is no history in '/nowhere/at-all'")
    }

    @Test func notAStore() throws {
        let folder = try Scratch.folder()
        try Data("mine".utf8).write(to: folder.appendingPathComponent("thesis"))
        try expectRefusal(["log"], store: folder.path, saying: "there is no history")
        try expectRefusal(
            ["record", "--headless", "--bare", Guests.counter], store: folder.path, saying: "there is no history")
        let file = try Scratch.file("file", [1])
        try expectRefusal(["record", "--headless", "--bare", Guests.counter], store: file, saying: file)
    }

    @Test func newerFormat() throws {
        let store = try Scratch.path("store")
        try FileManager.default.copyItem(atPath: Self.recorded, toPath: store)
        try Data("palimpsest history\nformat 99\n".utf8).write(to: URL(fileURLWithPath: store + "/PALIMPSEST"))
        for words in [["log"], ["record", "--headless", "--bare", Guests.counter]] {
            try expectRefusal(words, store: store, saying: "format 99")
        }
    }

    @Test func lockedByARecorder() throws {
        let store = try Scratch.path("store")
        let recorder = try Program.start(
            "record", "--headless", "--bare", Guests.endless, "--memory", "2M", "--store", store)
        defer { recorder.kill(SIGKILL) }
        try waitForEpoch(1, in: store)
        // One that is asked takes epochs of others (`SharedRecordingTests`). This one cannot be asked.
        try FileManager.default.removeItem(atPath: store + "/control")
        let text = "is being recorded by another process"
        try expectRefusal(
            ["record", "--headless", "--bare", Guests.counter, "--timeline", "other"], store: store, saying: text)
        try expectRefusal(["restore", "1", "--headless"], store: store, saying: text)
        // Readers work beside it. Tagging is done by the recorder (`ControlTests`).
        for words in [
            ["log"], ["show", "1"], ["checkout", "1"], ["replay", "0..1"], ["timelines"], ["stats"], ["tag"],
        ] {
            let outcome = try Program.run(words + ["--store", store])
            #expect(outcome.status == 0, "\(words): \(outcome.errors)")
        }
        recorder.kill(SIGTERM)
        #expect(try recorder.wait().status == 143)
    }

    @Test func timelineExists() throws {
        try expectRefusal(
            ["record", "--headless", "--bare", Guests.counter], store: Self.recorded, saying: "--timeline")
        try expectRefusal(
            ["restore", "1", "--headless", "--timeline", "main"], store: Self.recorded, saying: "exists already")
    }

    @Test(arguments: [
        ("999999", "beyond the end"), ("HEAD~9999", "before the start"), ("main@HEAD+1", "beyond the end"),
        ("i99999999999", "beyond the end"), ("nowhere@1", "there is no timeline 'nowhere'"),
        ("ghost", "no tag 'ghost'"),
        ("101%", "'101' is no percentage"), ("1 2", "is no position"), ("", "is no position"),
        ("99999999999999999999", "too large"), ("1+x", "'x' is no number of instructions"),
    ])
    func positions(_ position: String, _ text: String) throws {
        for words in [
            ["show", position], ["checkout", position], ["restore", position, "--headless"], ["diff", "0", position],
            ["history", "0x80000000", "--at", position], ["log", position], ["tag", "name", position],
        ] {
            try expectRefusal(words, store: Self.recorded, saying: text)
        }
    }

    @Test func ranges() throws {
        try expectRefusal(["log", "2..1"], store: Self.recorded, saying: "ends before it starts")
        try expectRefusal(["replay", "1..99"], store: Self.recorded, saying: "beyond the end")
    }

    @Test func addresses() throws {
        try expectRefusal(["history", "0x1000"], store: Self.recorded, saying: "not in the guest's memory")
        try expectRefusal(["history", "zz"], store: Self.recorded, saying: "zz")
        try expectRefusal(
            ["history", "0x80000ffc", "--values"], store: Self.recorded, saying: "crosses the page's end")
        try expectRefusal(
            ["checkout", "1", "--page", "0x10000000"], store: Self.recorded, saying: "not in the guest's")
        try expectRefusal(
            ["checkout", "1", "--memory", "/nowhere/at-all"], store: Self.recorded, saying: "/nowhere/at-all")
    }

    @Test func restoreBehindTheEnd() throws {
        try expectRefusal(["restore", "HEAD", "--headless"], store: Self.recorded, saying: "had ended")
        try expectRefusal(
            ["restore", "2", "--headless", "--stop-at-icount", "5"], store: Self.recorded, saying: "--stop-at-icount 5")
    }
}
