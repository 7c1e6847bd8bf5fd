import Foundation
import Testing

/// One recording, asked everything: the answers' shapes in JSON, and that they agree with one another.
@Suite(.serialized) struct StoryTests {
    private static let store: String = {
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

    private func ask(_ words: String..., sourceLocation: SourceLocation = #_sourceLocation) throws -> [[String: Any]] {
        let outcome = try Program.run(words + ["--store", Self.store, "--json"])
        #expect(outcome.status == 0, "\(words): \(outcome.errors)", sourceLocation: sourceLocation)
        return try outcome.objects()
    }

    private func answer(_ words: String...) throws -> [String: Any] {
        let outcome = try Program.run(words + ["--store", Self.store, "--json"])
        return try #require(try outcome.objects().first, "\(words): \(outcome.errors)")
    }

    @Test func log() throws {
        let rows = try ask("log")
        #expect(rows.count > 3)
        for (epoch, row) in rows.enumerated() {
            for key in [
                "epoch", "icount", "virtual_time_ns", "dirty_pages", "tlb_events", "stored_bytes", "stun_us",
            ] { #expect(row[key] is NSNumber, "\(key)") }
            #expect(row["epoch"] as? Int == epoch)
        }
        #expect(rows.dropLast().map { $0["icount"] as? Int } == (0..<rows.count - 1).map { $0 * 1_000_000 })
        #expect(try ask("log", "2..3").compactMap { $0["epoch"] as? Int } == [2, 3])
        #expect(try ask("log", "2").compactMap { $0["epoch"] as? Int } == [2])
        #expect(try ask("log", "--timeline", "main").count == rows.count)
    }

    @Test(arguments: ["0", "2", "2+345", "i2000345", "50%", "HEAD"]) func showAndCheckoutAgree(_ position: String)
        throws
    {
        let shown = try answer("show", position)
        let checkedOut = try answer("checkout", position)
        for key in ["position", "icount", "epoch", "offset", "digest"] {
            #expect("\(shown[key] ?? "none")" == "\(checkedOut[key] ?? "missing")", "\(key)")
        }
        #expect((shown["digest"] as? String)?.count == 64)
        #expect((shown["pc"] as? [String])?.count == 1)
        #expect(checkedOut["ready_us"] is NSNumber)
        let harts = try #require(shown["harts"] as? [[String: Any]])
        #expect((harts.first?["x"] as? [String])?.count == 32)
        #expect((shown["devices"] as? [String: [String: String]])?["uart"] != nil)
        #expect(shown["inputs"] is [Any] && shown["in_epoch"] is [String: Any])
    }

    @Test func samePositionInOtherWords() throws {
        let digests = try ["2+345", "main@2+345", "i2000345", "HEAD~99999"].prefix(3).map {
            try answer("checkout", $0)["digest"] as? String
        }
        #expect(Set(digests).count == 1 && digests[0] != nil)
    }

    @Test func checkoutWritesMemory() throws {
        let file = try Scratch.path("memory")
        let report = try answer("checkout", "2", "--memory", file, "--registers", "--page", "0x80000010")
        let image = try Guests.bytes(file)
        #expect(image.count == 256 << 20)
        let page = try #require(report["page"] as? [String: Any])
        #expect(page["address"] as? String == "0x80000000")
        let digits = image[..<4096].map { String(format: "%02x", $0) }.joined()
        #expect(page["bytes"] as? String == digits)
        #expect((report["harts"] as? [Any])?.count == 1)
    }

    @Test func replay() throws {
        let report = try answer("replay")
        #expect(report["divergence"] is NSNull)
        #expect(report["epochs"] as? Int == (try ask("log").count - 1))
        #expect(report["seconds"] is NSNumber)
        #expect(report["instructions"] as? Int == (try answer("show", "HEAD")["icount"] as? Int))
        #expect(try answer("replay", "1..3", "--jobs", "2")["epochs"] as? Int == 2)
    }

    /// counter.S writes the count to its pages, so their history shows it rising.
    @Test func history() throws {
        let pages = try ask("diff", "1", "2").compactMap { $0["page"] as? String }
        let page = try #require(pages.last)
        let rows = try ask("history", page, "--values")
        #expect(rows.count > 2)
        for row in rows {
            for key in ["epoch", "icount_from", "icount_to", "stored_bytes", "value"] { #expect(row[key] is NSNumber) }
            #expect(row["timeline"] as? String == "main" && (row["hash"] as? String)?.count == 32)
        }
        #expect(try ask("history", page, "--at", "1").compactMap { $0["epoch"] as? Int }.max() == 1)
        // M-mode has no page table: the address stands for itself.
        #expect(try ask("history", page, "--virtual").count == rows.count)
    }

    @Test func stats() throws {
        let report = try #require(try ask("stats").last)
        for key in ["epochs", "page_versions", "stored_bytes", "logical_bytes"] { #expect(report[key] is NSNumber) }
        #expect(report["epochs"] as? Int == (try ask("log").count))
    }

    @Test func verify() throws {
        let report = try #require(try ask("verify").last)
        #expect(report["findings"] as? Int == 0)
        #expect(report["epochs"] as? Int == (try ask("log").count))
    }

    @Test func diff() throws {
        let same = try ask("diff", "2", "main@2")
        #expect(same.isEmpty)
        let rows = try ask("diff", "2", "3")
        #expect(rows.contains { $0["state"] as? String == "icount" })
        let page = try #require(rows.last { $0["page"] != nil })
        let ranges = try #require(page["ranges"] as? [[Int]])
        #expect(page["different_bytes"] as? Int == ranges.reduce(0) { $0 + $1[1] - $1[0] })
    }

    @Test func tags() throws {
        #expect(try Program.run("tag", "middle", "2+345", "--store", Self.store).status == 0)
        #expect(
            try ask("tag").contains { $0["tag"] as? String == "middle" && $0["position"] as? String == "main@2+345" })
        #expect(try answer("show", "middle")["icount"] as? Int == 2_000_345)
        #expect(try Program.run("tag", "--delete", "middle", "--store", Self.store).status == 0)
        #expect(try ask("tag").isEmpty)
        #expect(try Program.run("tag", "--delete", "middle", "--store", Self.store).status == 2)
    }

    /// A restored machine comes to the same end, on a timeline of its own that is named after the old one.
    @Test(arguments: ["2", "i2000345"]) func restore(_ position: String) throws {
        let store = try Scratch.path("store")
        try FileManager.default.copyItem(atPath: Self.store, toPath: store)
        let outcome = try Program.run("restore", position, "--headless", "--store", store)
        #expect(outcome.status == 0, "\(outcome.errors)")
        let timelines = try Program.run("timelines", "--json", "--store", store).objects()
        #expect(timelines.compactMap { $0["timeline"] as? String } == ["main", "main-2"])
        #expect(timelines[1]["parent"] as? String == "main" && timelines[1]["parent_epoch"] as? Int == 2)
        let digests = try ["main@HEAD", "main-2@HEAD"].map {
            try Program.run("checkout", $0, "--json", "--store", store).objects().first?["digest"] as? String
        }
        #expect(digests[0] != nil && digests[0] == digests[1])
        #expect(try Program.run("replay", "main-2@0..main-2@HEAD", "--store", store).status == 0)
        #expect(try Program.run("verify", "--store", store).status == 0)
    }

    /// Neither the epochs' length, nor the TLB's size, nor durability shows in the guest.
    @Test func digestDoesNotDependOnHowItWasRecorded() throws {
        var digests: Set<String> = []
        for words in [
            ["--epoch-instructions", "500000"], ["--epoch-rate", "200", "--tlb-entries", "0"],
            ["--epoch-rate", "10", "--durability", "off", "--tlb-entries", "4096"],
        ] {
            let store = try Scratch.path("store")
            let arguments = ["record", "--headless", "--bare", Guests.counter, "--store", store]
            #expect(try Program.run(arguments + words).status == 0)
            for position in ["i3000123"] {
                let report = try Program.run("checkout", position, "--json", "--store", store).objects().first
                digests.insert(report?["digest"] as? String ?? "none")
            }
        }
        #expect(digests.count == 1 && !digests.contains("none"))
    }

    /// A flipped byte in a data file is damage: status 1, named, and never passed on.
    @Test func damage() throws {
        let store = try Scratch.path("store")
        try FileManager.default.copyItem(atPath: Self.store, toPath: store)
        let folder = URL(fileURLWithPath: store + "/database")
        let files = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: [.fileSizeKey])
        let sizes = try files.filter { ["sst", "blob"].contains($0.pathExtension) }.map {
            ($0, try $0.resourceValues(forKeys: [.fileSizeKey]).fileSize ?? 0)
        }
        let (file, size) = try #require(sizes.max { $0.1 < $1.1 })
        var bytes = try Guests.bytes(file.path)
        for offset in stride(from: size / 4, to: size, by: 256) { bytes[offset] ^= 0x55 }
        try Data(bytes).write(to: file)
        let outcome = try Program.run("verify", "--store", store)
        #expect(outcome.status == 1, "\(outcome.output)")
        #expect(outcome.errorLines.count == 1)
        #expect(outcome.output.isEmpty == outcome.errors.contains("damaged history"))
    }
}
