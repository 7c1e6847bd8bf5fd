import Foundation
import Testing

/// prune, gc, hold and compact as a user drives them, on a guest that pages and prints.
@Suite struct RetentionCommandTests {
    /// 80 epochs of `story`, and a fork of it.
    private static let recorded: String = {
        do {
            let store = try Scratch.path("store")
            for words in [
                [
                    "record", "--bare", Guests.story, "--memory", "2M", "--epoch-instructions", "100000",
                    "--stop-at-icount", "8000000",
                ],
                [
                    "restore", "30", "--timeline", "fork", "--stop-at-icount", "4000000", "--epoch-instructions",
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

    private static func copy() throws -> String {
        let store = try Scratch.path("store")
        try FileManager.default.copyItem(atPath: recorded, toPath: store)
        return store
    }

    private func answer(_ words: String..., store: String) throws -> [[String: Any]] {
        let outcome = try Program.run(words + ["--store", store, "--json"])
        #expect(outcome.status == 0, "\(words): \(outcome.errors)")
        return try outcome.objects()
    }

    private func digest(_ position: String, _ store: String) throws -> String? {
        try answer("checkout", position, store: store).last?["digest"] as? String
    }

    private static let positions = ["0", "7", "main@31", "main@44+333", "fork@35", "fork@HEAD", "i5555555", "HEAD"]

    /// Everything that could be asked before pruning is answered alike afterwards.
    @Test func positionsStayReachableByExecution() throws {
        let store = try Self.copy()
        let before = try Self.positions.map { try digest($0, store) }
        let console = try Program.run("console", "--timeline", "main", "--store", store).output
        let translations = try Program.run("tlb", "0xffffffc000000000", "main@0..main@HEAD", "--store", store).output
        _ = try answer("prune", "--keep-every", "20", "--keep-last", "2", store: store)
        let collected = try #require(try answer("gc", store: store).last)
        #expect((collected["versions_removed"] as? Int ?? 0) > 100 && collected["complete"] as? Bool == true)
        let after = try Self.positions.map { try digest($0, store) }
        #expect(after == before)
        #expect(try Program.run("console", "--timeline", "main", "--store", store).output == console)
        #expect(
            try Program.run("tlb", "0xffffffc000000000", "main@0..main@HEAD", "--store", store).output == translations)
        for range in ["main@0..main@HEAD", "main@13..main@51", "fork@0..fork@HEAD"] {
            let replay = try Program.run("replay", range, "--jobs", "2", "--store", store)
            #expect(replay.status == 0 && replay.output.contains("all as recorded"), "\(range): \(replay.output)")
        }
        let verified = try Program.run("verify", "--data", "--replay", "--store", store)
        #expect(verified.status == 0, "\(verified.output)\(verified.errors)")
        // A pruned epoch says so where its checkpoint itself is asked for.
        let diff = try Program.run("diff", "main@44", "main@60", "--store", store)
        #expect(diff.status == 0, "\(diff.errors)")
        let restored = try Program.run(
            "restore", "main@44", "--timeline", "again", "--headless", "--stop-at-icount", "6000000",
            "--epoch-instructions", "100000", "--store", store)
        #expect(restored.status == 0, "\(restored.errors)")
        #expect(try digest("again@i6000000", store) == digest("main@60", store))
    }

    @Test func droppedInputsAreSaidToBeLost() throws {
        let store = try Self.copy()
        let kept = try digest("main@60", store)
        let preview = try answer("prune", "--keep-every", "20", "--drop-inputs", "--dry-run", store: store)
        #expect(try digest("main@44", store) != nil)
        let pruned = try answer("prune", "--keep-every", "20", "--drop-inputs", store: store)
        #expect(preview.dropLast().map { $0["pruned"] as? Int } == pruned.dropLast().map { $0["pruned"] as? Int })
        _ = try answer("gc", store: store)
        let lost = try Program.run("checkout", "main@44", "--store", store)
        #expect(lost.status == 2 && lost.errorLines.count == 1)
        #expect(
            lost.errors.contains("epochs 41 to 59 of timeline 'main' were pruned with their inputs"), "\(lost.errors)")
        #expect(try digest("main@60", store) == kept)
        let log = try answer("log", "main@0..main@HEAD", store: store)
        #expect(log.contains { $0["pruned"] as? String == "forgotten" && $0["first_epoch"] as? Int == 41 })
        let verified = try Program.run("verify", "--data", "--replay", "--store", store)
        #expect(verified.status == 0, "\(verified.output)\(verified.errors)")
        let page = try Program.run("history", "0x80002000", "--store", store)
        #expect(page.status == 0, "\(page.errors)")
    }

    @Test func tagsAndHoldsProtect() throws {
        let store = try Self.copy()
        for words in [
            ["tag", "seen", "main@44+333"], ["hold", "crash", "main@50..main@53"], ["hold", "x", "main@1"],
        ] {
            #expect(try Program.run(words + ["--store", store]).status == 0)
        }
        #expect(try answer("hold", store: store).map { $0["hold"] as? String } == ["crash", "x"])
        #expect(try Program.run("hold", "--delete", "x", "--store", store).status == 0)
        _ = try answer("prune", "--keep-tags", "--timeline", "main", store: store)
        let left = try answer("log", "main@0..main@HEAD", store: store).filter { $0["pruned"] == nil }
            .compactMap { $0["epoch"] as? Int }
        #expect(left == [0, 30, 44, 45, 50, 51, 52, 53, 80])
    }

    @Test func nonsenseIsRefused() throws {
        let store = try Self.copy()
        let refusals: [([String], String)] = [
            (["prune"], "needs a rule"), (["prune", "--keep-every", "0"], "begin at 1"),
            (["prune", "--keep-last", "x"], "keep-last"), (["prune", "--keep-span", "5"], "keep-span"),
            (["prune", "--keep-last", "1", "--timeline", "none"], "no timeline 'none'"),
            (["hold", "name"], "needs a range"), (["hold", "--delete", "none"], "no hold 'none'"),
            (["hold", "a@b", "1..2"], "no name for a hold"), (["hold", "a", "1..9999"], "beyond the end"),
            (["verify", "1/2"], "--data"), (["verify", "--data", "3/2"], "3/2"), (["verify", "--data", "0%"], "0%"),
        ]
        for (words, text) in refusals {
            let outcome = try Program.run(words + ["--store", store])
            #expect(outcome.status == 2 && outcome.errorLines.count == 1, "\(words): \(outcome.errors)")
            #expect(outcome.errors.contains(text), "\(words): \(outcome.errors)")
        }
    }

    @Test func theNumbersOfAHistory() throws {
        let store = try Self.copy()
        let rows = try answer("stats", store: store)
        #expect(rows.count == 3 && rows[0]["timeline"] as? String == "main")
        let sum = try #require(rows.last)
        for key in ["keyframe_bytes", "delta_bytes", "state_bytes", "index_bytes", "map_bytes", "delta_depths"] {
            #expect(sum[key] != nil, "\(key)")
        }
        let depths = try #require(sum["delta_depths"] as? [Int])
        #expect(depths.reduce(0, +) == (sum["keyframes"] as? Int ?? 0) + (sum["deltas"] as? Int ?? 0))
        #expect(try Program.run("compact", "--store", store).status == 0)
        #expect(try Program.run("verify", "--data", "--store", store).status == 0)
        #expect(try Program.run("verify", "--data", "2/3", "--store", store).status == 0)
        #expect(try Program.run("verify", "--data", "50%", "--rebuild-index", "--store", store).status == 0)
        #expect(try Program.run("verify", "--data", "--since", "main@40", "--store", store).status == 0)
    }
}
