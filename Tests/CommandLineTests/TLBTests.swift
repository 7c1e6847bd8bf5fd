import Testing

/// `palimpsest tlb`, and what happens without the mechanism behind it.
@Suite struct TLBTests {
    private static let window = "0x40000000"

    private static let store: String = {
        do {
            let store = try Scratch.path("store")
            let outcome = try Program.run(
                "record", "--headless", "--bare", Guests.remap, "--epoch-instructions", "1000", "--store", store)
            guard outcome.status == 0 else { throw SupportError(outcome.errors) }
            return store
        } catch {
            fatalError("\(error)")
        }
    }()

    private func changes(_ words: String...) throws -> [[String: Any]] {
        let outcome = try Program.run(["tlb", Self.window] + words + ["--store", Self.store, "--json"])
        #expect(outcome.status == 0, "\(outcome.errors)")
        return try outcome.objects()
    }

    private func text(_ translation: Any?) -> String {
        guard let translation = translation as? [String: Any] else { return "not mapped" }
        return ["frame", "size", "permissions"].map { translation[$0] as? String ?? "?" }.joined(separator: " ")
    }

    @Test func everyEditIsListed() throws {
        let rows = try changes()
        #expect(rows.count == 24)
        #expect(rows.map { $0["cause"] as? String } == ["use"] + Array(repeating: "store", count: 23))
        #expect(rows.dropFirst().map { $0["level"] as? Int } == Array(repeating: 0, count: 20) + [1, 1, 0])
        let (a, b) = ("0x80005000 4K RW--AD", "0x80006000 4K R---A-")
        let toggled = (0..<20).map { $0 % 2 == 0 ? b : a }
        #expect(rows.map { text($0["new"]) } == [a] + toggled + ["0x80200000 2M R-X-A-", a, "not mapped"])
        #expect(rows.dropFirst().map { text($0["old"]) } == rows.dropLast().map { text($0["new"]) })
        #expect(Set(rows[1...20].map { $0["pc"] as? String }).count == 1)
        for row in rows { #expect(row["hart"] as? Int == 0 && row["satp"] as? String == "0x8000500000080002") }
    }

    /// Each position stands before the store, which the next step executes.
    @Test func positionsAreThoseOfTheStores() throws {
        for row in try changes().dropFirst() {
            let position = try #require(row["position"] as? String)
            let entry = try #require(row["entry"] as? String)
            let values = try [position, position.next].map { position -> String in
                let outcome = try Program.run(["checkout", position, "--page", entry, "--store", Self.store, "--json"])
                let page = try #require(try outcome.objects().first?["page"] as? [String: Any])
                return String(try #require(page["bytes"] as? String).prefix(16))
            }
            #expect(values[0] != values[1], "\(position)")
        }
    }

    @Test func spacesAndRanges() throws {
        let all = try changes().map { $0["icount"] as? Int }
        for space in ["5", "kernel", "hart0", "0x8000500000080002"] {
            #expect(try changes("--space", space).map { $0["icount"] as? Int } == all, "\(space)")
        }
        #expect(try changes("--space", "6").isEmpty)
        let inner = try changes("3..7").map { $0["icount"] as? Int }
        #expect(inner == all.filter { (3000..<7000).contains($0!) } && inner.count > 4)
        let exact = try changes("i\(all[4]!)..i\(all[5]! + 1)").map { $0["icount"] as? Int }
        #expect(exact == Array(all[4...5]))
    }

    @Test func textIsReadable() throws {
        let outcome = try Program.run("tlb", Self.window, "--store", Self.store)
        let lines = outcome.output.split(separator: "\n")
        #expect(lines.first == "0x40000000 as satp 0x8000500000080002 translates it, main@0..main@15")
        #expect(lines.count == 26)
        #expect(lines.last?.hasSuffix("0x80005000 4K RW--AD       not mapped") == true)
        let nothing = try Program.run("tlb", "0x123000", "--store", Self.store)
        #expect(nothing.output.hasSuffix("no change\n"))
    }

    @Test(arguments: [["--space", "hart9"], ["--space", "satp"], ["--space", "0x7"]])
    func badSpacesAreRefused(_ words: [String]) throws {
        let outcome = try Program.run(["tlb", Self.window] + words + ["--store", Self.store])
        #expect(outcome.status == 2 && outcome.errorLines.count == 1, "\(outcome.errors)")
    }

    // MARK: The mechanism

    @Test(arguments: ["everything", "page", "precise"])
    func noEngineOptionIsNoticed(_ response: String) throws {
        for entries in ["0", "1", "4096"] {
            let outcome = try Program.run(
                "replay", "--tlb-sync", response, "--tlb-entries", entries, "--tlb-evict", "7", "--store", Self.store)
            #expect(outcome.status == 0 && outcome.output.contains("all as recorded"), "\(outcome.errors)")
        }
    }

    /// Requirement 28: without T, a guest that omits its fences sees what its TLB happens to hold, and a replay with another
    /// one diverges.
    @Test func withoutTReplaysDiverge() throws {
        let store = try Scratch.path("store")
        let blind = ["PALIMPSEST_TEST_NO_T": "1"]
        let recorded = try Program.run(
            ["record", "--headless", "--bare", Guests.remap, "--epoch-instructions", "1000", "--store", store],
            environment: blind)
        #expect(recorded.status == 0)
        #expect(try Program.run(["replay", "--store", store], environment: blind).status == 0)
        let other = try Program.run(["replay", "--tlb-entries", "0", "--store", store], environment: blind)
        #expect(other.status == 1)
        #expect(
            other.errors.contains("diverged in epoch 1 of timeline 'main': page 0x80007 has hash"), "\(other.errors)")
    }

    @Test func statisticsAreTold() throws {
        let outcome = try Program.run("run", "--headless", "--bare", Guests.remap, "--tlb-statistics")
        #expect(outcome.status == 0)
        for name in ["tlb_events 23", "tlb_dropped_translations", "tlb_avoided_flushes 0", "tlb_root_changes 1"] {
            #expect(outcome.errors.contains(name), "\(outcome.errors)")
        }
    }
}

extension String {
    /// `main@3+12` becomes `main@3+13`.
    fileprivate var next: String {
        guard let plus = lastIndex(of: "+"), let count = Int(self[index(after: plus)...]) else { return self + "+1" }
        return self[...plus] + "\(count + 1)"
    }
}
