import Foundation
import Testing

/// What a person sees of how pages are captured: `--status`, and columns of `log` and `stats`.
@Suite(.serialized) struct RecordingStatusTests {
    private static let columns = [
        "hot_pages", "deferred_pages", "diff_pages", "protect_faults", "copied_before_write", "scan_us", "copy_us",
        "stun_us",
    ]

    private func record(_ options: String..., guest: String = Guests.endless) throws -> (store: String, errors: String)
    {
        let store = try Scratch.path("store")
        let outcome = try Program.run(
            ["record", "--headless", "--bare", guest, "--memory", "2M", "--store", store] + options)
        #expect(outcome.status == 0, "\(outcome.errors)")
        return (store, outcome.errors)
    }

    @Test(arguments: [
        ["--defer", "none", "--differences", "none"], ["--defer", "all", "--differences", "none"],
        ["--defer", "cold:0x0f:2", "--differences", "stun"], ["--defer", "all", "--differences", "later"],
        ["--defer", "none", "--differences", "stun"],
    ])
    func columnsAddUp(_ options: [String]) throws {
        let store = try Scratch.path("store")
        let machine = ["--headless", "--bare", Guests.endless, "--memory", "2M", "--stop-at-icount", "100000000"]
        let recorded = try Program.run(
            ["record", "--store", store, "--epoch-instructions", "2000000"] + machine + options)
        #expect(recorded.status == 0, "\(recorded.errors)")
        let epochs = try Program.run("log", "--json", "--store", store).objects()
        var sums: [String: Int] = [:]
        for epoch in epochs {
            let values = try Dictionary(
                uniqueKeysWithValues: (Self.columns + ["dirty_pages"]).map {
                    ($0, try #require(epoch[$0] as? Int, "log has no \($0)"))
                })
            #expect(values["dirty_pages"] == values["hot_pages"]! + values["deferred_pages"]! + values["diff_pages"]!)
            #expect(values["protect_faults"]! >= values["copied_before_write"]!)
            #expect(values["protect_faults"]! <= values["dirty_pages"]!)
            guard epoch["epoch"] as? Int != 0 else { continue }
            for (name, value) in values { sums[name, default: 0] += value }
        }
        // The guest writes the same 16 pages in every epoch, a word or so of each.
        let (mayDefer, differs) = (options[1] != "none", options[3] != "none")
        #expect((sums["deferred_pages"]! > 0) == mayDefer)
        #expect((sums["diff_pages"]! > 0) == differs)
        if options == ["--defer", "none", "--differences", "none"] {
            #expect(sums["hot_pages"] == sums["dirty_pages"])
        }
        let stats = try #require(try Program.run("stats", "--json", "--store", store).objects().last)
        for name in Self.columns { #expect(stats[name] is Int, "stats has no \(name)") }
        #expect(stats["diff_pages"] as? Int == sums["diff_pages"])
        #expect(try Program.run("replay", "--store", store).status == 0)
        let table = try Program.run("log", "--capture", "--store", store).output.split(separator: "\n")
        for name in Self.columns { #expect(table[0].contains(name)) }
        #expect(table.count == epochs.count + 1)
    }

    @Test func linesWhereThereIsNoTerminal() throws {
        let (_, errors) = try record("--status", "--stop-after", "3.5")
        let lines = errors.split(separator: "\n").filter { $0.contains("epochs/s") }
        #expect(lines.count >= 2)
        for line in lines {
            for word in ["stun p50", "p99", "dirty pages", "deferred", "differences", "queue", "B/s"] {
                #expect(line.contains(word), "\(line)")
            }
        }
    }

    @Test func silentUnlessAsked() throws {
        #expect(try record("--stop-after", "1.2").errors.isEmpty)
    }

    /// As often as it costs little: between the rates that `auto` may choose.
    @Test func automaticRate() throws {
        let (store, _) = try record("--epoch-rate", "auto", "--overhead", "5%", "--stop-after", "3")
        let epochs = try Program.run("log", "--json", "--store", store).objects().count
        #expect((3...310).contains(epochs), "\(epochs) epochs in 3 s")
    }
}
