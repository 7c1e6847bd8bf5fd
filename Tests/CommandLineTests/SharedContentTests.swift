import Foundation
import Testing

/// What is in the history already is not stored again.
@Suite struct SharedContentTests {
    private func storedBytes(_ store: String) throws -> [String: Int] {
        let outcome = try Program.run("stats", "--store", store, "--json")
        #expect(outcome.status == 0, "\(outcome.errors)")
        return try outcome.objects().reduce(into: [:]) { bytes, row in
            guard let timeline = row["timeline"] as? String else { return }
            bytes[timeline] = row["stored_bytes"] as? Int
        }
    }

    private func record(_ words: String..., until icount: Int = 6_000_000, store: String) throws {
        let outcome = try Program.run(words + ["--headless", "--stop-at-icount", "\(icount)", "--store", store])
        #expect(outcome.status == 0, "\(words): \(outcome.errors)")
    }

    @Test func theSameMachineRecordedAgainAddsLittleAndAForkNothing() throws {
        let store = try Scratch.path("store")
        for timeline in ["main", "again"] {
            try record(
                "record", "--bare", Guests.noise, "--memory", "8M", "--epoch-instructions", "200000", "--timeline",
                timeline, store: store)
        }
        let twice = try storedBytes(store)
        let (first, again) = (try #require(twice["main"]), try #require(twice["again"]))
        #expect(again * 20 < first, "\(twice)")

        // It ends almost where it begins.
        try record("restore", "main@i6000000", "--timeline", "fork", until: 6_000_020, store: store)
        let forked = try storedBytes(store)
        #expect(forked["fork", default: 0] < 4096, "\(forked)")
        #expect(forked["main"] == first)
        let verified = try Program.run("verify", "--data", "--store", store)
        #expect(verified.status == 0, "\(verified.errors)")
    }
}
