import Foundation
import Testing

/// export and import: a file that stands for itself, refused when it is not what was written.
@Suite(.serialized) struct PortabilityTests {
    private static let recorded: String = {
        do {
            let store = try Scratch.path("store")
            for words in [
                [
                    "record", "--bare", Guests.story, "--memory", "2M", "--epoch-instructions", "100000",
                    "--stop-at-icount", "4000000",
                ],
                [
                    "restore", "20", "--timeline", "fork", "--stop-at-icount", "3000000", "--epoch-instructions",
                    "90000",
                ],
            ] {
                let outcome = try Program.run(words + ["--headless", "--store", store])
                guard outcome.status == 0 else { throw SupportError(outcome.errors) }
            }
            return store
        } catch {
            fatalError("\(error)")
        }
    }()

    private func digest(_ position: String, _ store: String) throws -> String? {
        let outcome = try Program.run("checkout", position, "--json", "--store", store)
        #expect(outcome.status == 0, "\(position): \(outcome.errors)")
        return try outcome.objects().last?["digest"] as? String
    }

    @Test(arguments: [
        ("main@0..main@40", "17"), ("main@10..main@30", "17"), ("fork@5..fork@HEAD", "25"), ("1..2", "1"),
    ])
    func whatIsImportedIsWhatWasRecorded(range: String, epoch: String) throws {
        let file = try Scratch.path("stretch.pal")
        let exported = try Program.run("export", range, file, "--store", Self.recorded)
        #expect(exported.status == 0, "\(exported.errors)")
        let store = try Scratch.path("other")
        let imported = try Program.run("import", file, "--timeline", "copy", "--store", store)
        #expect(imported.status == 0, "\(imported.errors)")
        let name = range.hasPrefix("fork") ? "fork" : "main"
        for position in ["0", epoch, "HEAD"] {
            let last = try Program.run("timelines", "--json", "--store", store).objects()[0]["head_epoch"] as? Int ?? 0
            let original = position == "HEAD" ? "\(last)" : position
            #expect(
                try digest("copy@\(position)", store) == digest("\(name)@\(original)", Self.recorded), "\(position)")
        }
        let verified = try Program.run("verify", "--data", "--replay", "--store", store)
        #expect(verified.status == 0, "\(verified.output)\(verified.errors)")
        // What the history has already is shared.
        let again = try Program.run("import", file, "--timeline", "second", "--json", "--store", store)
        let first = try Program.run("stats", "--json", "--store", store).objects()
        #expect(again.status == 0, "\(again.errors)")
        let stored = first.map { $0["stored_bytes"] as? Int ?? 0 }
        #expect(stored[1] * 4 < stored[0], "\(stored)")
        let taken = try Program.run("import", file, "--timeline", "copy", "--store", store)
        #expect(taken.status == 2 && taken.errors.contains("exists already"), "\(taken.errors)")
    }

    @Test func prunedStretchesTravelToo() throws {
        let source = try Scratch.path("source")
        try FileManager.default.copyItem(atPath: Self.recorded, toPath: source)
        let expected = try ["main@7", "main@23", "main@40"].map { try digest($0, source) }
        #expect(try Program.run("prune", "--keep-every", "10", "--store", source).status == 0)
        #expect(try Program.run("gc", "--store", source).status == 0)
        let file = try Scratch.path("stretch.pal")
        #expect(try Program.run("export", "main@0..main@HEAD", file, "--store", source).status == 0)
        let store = try Scratch.path("other")
        let imported = try Program.run("import", file, "--store", store)
        #expect(imported.status == 0, "\(imported.errors)")
        #expect(try ["7", "23", "40"].map { try digest($0, store) } == expected)
        let verified = try Program.run("verify", "--data", "--replay", "--store", store)
        #expect(verified.status == 0, "\(verified.output)\(verified.errors)")
    }

    @Test func whatIsAlteredOrCutIsRefusedByName() throws {
        let file = try Scratch.path("stretch.pal")
        #expect(try Program.run("export", "main@3..main@8", file, "--store", Self.recorded).status == 0)
        let original = try Data(contentsOf: URL(fileURLWithPath: file))
        var random = SystemRandomNumberGenerator()
        for round in 0..<40 {
            var bytes = original
            if round % 2 == 0 {
                bytes[Int.random(in: 0..<bytes.count, using: &random)] ^= UInt8.random(in: 1...255, using: &random)
            } else {
                bytes = bytes.prefix(Int.random(in: 0..<bytes.count, using: &random))
            }
            try bytes.write(to: URL(fileURLWithPath: file))
            let store = try Scratch.path("other")
            let outcome = try Program.run("import", file, "--store", store)
            #expect(outcome.status == 1 && outcome.errorLines.count == 1, "\(outcome.errors)")
            #expect(outcome.errors.contains("'\(file)'"), "\(outcome.errors)")
            #expect(!FileManager.default.fileExists(atPath: store), "nothing is stored of a bad file")
        }
        try (original + Data([0])).write(to: URL(fileURLWithPath: file))
        let longer = try Program.run("import", file, "--store", try Scratch.path("other"))
        #expect(longer.status == 1 && longer.errors.contains("goes on after its end"), "\(longer.errors)")
        let exists = try Program.run("export", "main@3..main@8", file, "--store", Self.recorded)
        #expect(exists.status == 2 && exists.errorLines.count == 1, "\(exists.errors)")
    }
}
