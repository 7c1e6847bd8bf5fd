import Foundation
import Testing

/// A store of each format that was ever released opens for ever (Tests/Fixtures/README.md).
@Suite(.serialized) struct OlderStoreTests {
    /// Of the machine and its memory at positions, as the program that recorded printed them.
    private static let digests = [
        "main@15": "b6340f2417d335f81f84789a0f4b2aef5d380e436a7ca0ae4a4a5979eb0b2b88",
        "fork@15": "273ee87a8b1a5b0f57800e98f937291805fa9e7c7b25ec5bc4b1ba6d3edc42c9",
    ]

    private static func unpack(format: Int) throws -> String {
        let fixture = Guests.repository.appendingPathComponent("Tests/Fixtures/format-\(format).txt")
        let store = try Scratch.folder().path
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        process.arguments = ["-c", "base64 -d '\(fixture.path)' | zstd -dq | tar -xf - -C '\(store)'"]
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw SupportError("cannot unpack \(fixture.path)") }
        return store
    }

    private func format(of store: String) throws -> String {
        try String(contentsOfFile: store + "/PALIMPSEST", encoding: .utf8)
    }

    private func expectAsRecorded(_ store: String) throws {
        for (position, digest) in Self.digests {
            let outcome = try Program.run("checkout", position, "--json", "--store", store)
            #expect(outcome.status == 0, "\(outcome.errors)")
            #expect(try outcome.objects().last?["digest"] as? String == digest)
        }
        let verified = try Program.run("verify", "--data", "--replay", "--store", store)
        #expect(verified.status == 0, "\(verified.output)\(verified.errors)")
        #expect(try Program.run("tag", "--store", store).output.contains("early"))
    }

    @Test func formatOneIsReadAndBecomesThisOnesWhenItIsWrittenTo() throws {
        let store = try Self.unpack(format: 1)
        try expectAsRecorded(store)
        #expect(try format(of: store).contains("format 1"))
        #expect(try Program.run("tag", "new", "main@3", "--store", store).status == 0)
        #expect(try format(of: store).contains("format 2"))
        try expectAsRecorded(store)
        #expect(try Program.run("prune", "--keep-every", "5", "--store", store).status == 0)
        #expect(try Program.run("gc", "--store", store).status == 0)
        try expectAsRecorded(store)
    }
}
