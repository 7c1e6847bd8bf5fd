import Foundation
import Testing

/// Memory images of positions: what the real gdb sees in them, and what is refused.
@Suite(.serialized) struct ExportTests {
    private static func record(_ words: String...) throws -> String {
        let store = try Scratch.path("store")
        let outcome = try Program.run(["record", "--headless", "--store", store] + words)
        guard outcome.status == 0 else { throw SupportError(outcome.errors) }
        return store
    }

    private static func bare(_ guest: String, _ words: String...) throws -> String {
        let store = try Scratch.path("store")
        let outcome = try Program.run(
            ["record", "--headless", "--store", store, "--bare", guest, "--memory", "16M"] + words)
        guard outcome.status == 0 else { throw SupportError(outcome.errors) }
        return store
    }

    private static let pair = Result { try bare(Guests.pair, "--harts", "2", "--epoch-instructions", "200000") }

    private func answer(_ store: String, _ words: String...) throws -> [String: Any] {
        let outcome = try Program.run(words + ["--store", store, "--json"])
        #expect(outcome.status == 0, "\(words): \(outcome.errors)")
        return try #require(try outcome.objects().first)
    }

    private func core(_ store: String, _ position: String, _ words: String...) throws -> String {
        let file = try Scratch.path("core")
        let outcome = try Program.run(["export", position, file, "--memory", "elf", "--store", store] + words)
        #expect(outcome.status == 0, "\(outcome.errors)")
        return file
    }

    private func gdb(_ core: String, _ commands: String...) throws -> String {
        let words = ["-nx", "-batch"] + (["set pagination off"] + commands).flatMap { ["-ex", $0] } + ["-c", core]
        let outcome = try Tool.run(Tool.gdb, words)
        #expect(outcome.status == 0, "\(outcome.output)")
        #expect(!outcome.output.contains("warning"), "\(outcome.output)")
        return outcome.output
    }

    /// The 8-byte words of a page, as `checkout --page` prints it, from an address on.
    private func words(_ store: String, _ position: String, at address: UInt64, count: Int) throws -> [UInt64] {
        let report = try answer(store, "checkout", position, "--page", "0x" + String(address, radix: 16))
        let digits = Array(try #require((report["page"] as? [String: Any])?["bytes"] as? String))
        return (0..<count).map { index in
            (0..<8).reversed().reduce(0) { value, byte in
                let at = (Int(address & 0xff8) + index * 8 + byte) * 2
                return value << 8 | (UInt64(String(digits[at..<at + 2]), radix: 16) ?? 0)
            }
        }
    }

    private func hex(_ values: [UInt64]) -> String {
        values.map { "0x" + String(repeating: "0", count: 16 - String($0, radix: 16).count) + String($0, radix: 16) }
            .joined(separator: "\t")
    }

    // MARK: gdb

    /// gdb's `name value…` lines.
    private func registers(_ output: String) -> [String: UInt64] {
        output.split(separator: "\n").reduce(into: [:]) { registers, line in
            let words = line.split(whereSeparator: \.isWhitespace)
            guard words.count > 1, words[1].hasPrefix("0x") else { return }
            registers[String(words[0])] = UInt64(words[1].dropFirst(2), radix: 16)
        }
    }

    @Test(.enabled(if: Tool.hasGDB, "needs gdb-multiarch"), arguments: ["0", "2", "2+12345", "HEAD"])
    func gdbSeesEveryHart(position: String) throws {
        let store = try Self.pair.get()
        let core = try core(store, position)
        let threads = try gdb(core, "info threads")
        #expect(threads.contains("1    ") && threads.contains("2    ") && !threads.contains("  3    "), "\(threads)")
        let report = try answer(store, "checkout", position, "--registers")
        let harts = try #require(report["harts"] as? [[String: Any]])
        let names =
            ["zero", "ra", "sp", "gp", "tp", "t0", "t1", "t2", "fp", "s1"] + (0..<8).map { "a\($0)" }
            + (2..<12).map { "s\($0)" } + (3..<7).map { "t\($0)" }
        for (index, hart) in harts.enumerated() {
            let thread = "thread \(index + 1)"
            let found = registers(
                try gdb(core, thread, "info registers", "info registers mhartid mstatus mtvec pmpcfg0 priv fcsr"))
            let x = try #require(hart["x"] as? [String])
            for (name, value) in zip(names, x).dropFirst() {
                #expect(found[name] == UInt64(value.dropFirst(2), radix: 16), "\(name) of hart \(index)")
            }
            #expect(found["pc"].map { hex([$0]) } == hart["pc"] as? String)
            let controls = try #require(hart["csr"] as? [String: String])
            #expect(found["mstatus"].map { hex([$0]) } == controls["mstatus"])
            #expect(found["mhartid"] == UInt64(index) && found["priv"] == 3)
            let pc = try #require(found["pc"]) & ~7
            let expected = try hex(words(store, position, at: pc, count: 2))
            #expect(try gdb(core, "x/2gx \(pc)").contains(":\t\(expected)"))
        }
    }

    @Test(.enabled(if: Tool.hasGDB, "needs gdb-multiarch"))
    func gdbReadsByGuestVirtualAddress() throws {
        let store = try Self.bare(Guests.remap, "--epoch-instructions", "700")
        let core = try core(store, "4")
        let leaf = try #require(
            try answer(store, "history", "0x40000000", "--virtual", "--at", "4")["address"] as? String)
        let physical = try #require(UInt64(leaf.dropFirst(2), radix: 16))
        let expected = try hex(words(store, "4", at: physical, count: 2))
        // Through the window, and through the superpage that maps RAM to itself.
        let output = try gdb(core, "x/2gx 0x40000000", "x/2gx \(leaf)")
        #expect(
            output.contains("0x40000000:\t\(expected)\n") && output.contains("\(leaf):\t\(expected)\n"), "\(output)")
    }

    @Test(.enabled(if: Tool.hasGDB, "needs gdb-multiarch"))
    func aHostilePageTableIsCutShort() throws {
        let store = try Self.bare(Guests.mirrors)
        let file = try Scratch.path("core")
        let outcome = try Program.run("export", "HEAD", file, "--memory", "elf", "--store", store)
        #expect(outcome.status == 0 && outcome.errorLines.count == 1)
        #expect(outcome.errors.contains("some are left out"), "\(outcome.errors)")
        let expected = try hex(words(store, "HEAD", at: 0x8000_0000, count: 2))
        let output = try gdb(file, "x/2gx 0x40001000", "x/2gx 0x80000000")
        #expect(output.contains("0x40001000:\t\(expected)\n") && output.contains("0x80000000:\t\(expected)\n"))
    }

    @Test(
        .enabled(if: Tool.hasGDB && Debian.isThere, "needs gdb-multiarch and the files of tools/fetch-debian"),
        .timeLimit(.minutes(5)))
    func gdbOpensDebian() throws {
        let store = try Self.record(
            "--kernel", Debian.kernel, "--initrd", Debian.interactive, "--append", "console=ttyS0", "--harts", "2",
            "--epoch-instructions", "20000000", "--stop-at-icount", "900000000")
        for position in ["i250000000", "HEAD"] {
            let core = try core(store, position)
            let report = try answer(store, "checkout", position, "--registers")
            let harts = try #require(report["harts"] as? [[String: Any]])
            #expect(harts.count == 2)
            for (index, hart) in harts.enumerated() {
                let pc = try #require(hart["pc"] as? String)
                #expect(try gdb(core, "thread \(index + 1)", "p/x $pc").contains(String(pc.drop { $0 == "0" })))
                // Kernel text and the stack lie in kernel-virtual addresses.
                for address in [pc, try #require(hart["x"] as? [String])[2]] {
                    let place = try answer(store, "history", address, "--virtual", "--at", position)
                    let physical = try #require(place["address"] as? String)
                    let aligned = try #require(UInt64(physical.dropFirst(2), radix: 16)) & ~15
                    let expected = try hex(words(store, position, at: aligned, count: 2))
                    let virtual = try #require(UInt64(address.dropFirst(2), radix: 16)) & ~15
                    #expect(try gdb(core, "x/2gx \(virtual)").contains(":\t\(expected)\n"), "\(address) at \(position)")
                }
            }
        }
    }

    @Test(.enabled(if: Tool.readelf != nil, "needs readelf"))
    func readelfAcceptsIt() throws {
        let core = try core(Self.pair.get(), "2")
        let outcome = try Tool.run(try #require(Tool.readelf), ["-h", "-l", "-n", core])
        #expect(outcome.status == 0 && !outcome.output.lowercased().contains("warning"), "\(outcome.output)")
        for text in ["RISC-V", "NT_PRSTATUS", "NT_FPREGSET", "NT_PRPSINFO", "PALIMPSEST", "0x0000000080000000"] {
            #expect(outcome.output.contains(text), "\(text): \(outcome.output)")
        }
    }

    // MARK: Raw

    @Test(arguments: ["0", "3", "3+777"]) func aRawImageIsWhatCheckoutWrites(position: String) throws {
        let store = try Self.pair.get()
        let (raw, checkedOut) = (try Scratch.path("raw"), try Scratch.path("memory"))
        let report = try answer(store, "export", position, raw, "--memory", "raw")
        #expect(report["file_bytes"] as? Int == 16 << 20 && report["segments"] as? Int == 0)
        #expect(report["position"] as? String == "main@\(position)" && report["missing_pages"] as? Int == 0)
        _ = try answer(store, "checkout", position, "--memory", checkedOut)
        #expect(try Guests.bytes(raw) == Guests.bytes(checkedOut))
        let core = try core(store, position)
        #expect(try Guests.bytes(core).suffix(16 << 20) == Guests.bytes(raw)[...])
    }

    // MARK: Damage

    @Test func damagedPagesAreSkippedOnlyWhenAsked() throws {
        let store = try Self.bare(Guests.noise, "--epoch-instructions", "500000", "--stop-at-icount", "4000000")
        let folder = URL(fileURLWithPath: store + "/database")
        let blobs = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
            .filter { $0.pathExtension == "blob" }
        for blob in blobs {
            var bytes = try Guests.bytes(blob.path)
            for offset in stride(from: bytes.count / 2, to: bytes.count, by: 64) { bytes[offset] ^= 0x55 }
            try Data(bytes).write(to: blob)
        }
        let file = try Scratch.path("image")
        let refused = try Program.run("export", "HEAD", file, "--memory", "raw", "--store", store)
        try #require(refused.status == 1, "the damage does not matter: \(refused.output)")
        #expect(refused.errorLines.count == 1 && refused.errors.contains("damaged history: page 0x"))
        #expect(!FileManager.default.fileExists(atPath: file))

        for words in [["export", "HEAD", file, "--memory", "raw"], ["checkout", "HEAD", "--memory", file]] {
            let outcome = try Program.run(words + ["--skip-damaged", "--store", store])
            #expect(outcome.status == 1 && !outcome.output.isEmpty, "\(outcome.errors)")
            let lines = outcome.errorLines
            #expect(lines.count > 1 && lines.last?.contains("missing from '\(file)'") == true, "\(outcome.errors)")
            for line in lines.dropLast() {
                #expect(line.hasPrefix("palimpsest: page 0x") && line.contains("timeline 'main'"))
            }
            #expect(lines.last?.contains("\(lines.count - 1) page") == true)
            #expect(try Guests.bytes(file).count == 16 << 20)
            #expect(!outcome.output.contains("digest"))
            if words[0] == "export" { try FileManager.default.removeItem(atPath: file) }
        }
    }

    // MARK: Refusals

    private func expectRefusal(_ words: [String], saying text: String) throws {
        let outcome = try Program.run(words + ["--store", try Self.pair.get()])
        #expect(outcome.status == 2 && outcome.errorLines.count == 1, "\(words): \(outcome.errors)")
        #expect(outcome.errors.contains(text), "\(words): \(outcome.errors)")
        #expect(outcome.output.isEmpty)
    }

    @Test(arguments: [
        (["export", "2", "/nowhere/x"], "/nowhere/x: No such file"),
        (["export", "2", "-", "--memory", "raw"], "standard output"),
        (["export", "2", "", "--memory", "raw"], "name a file"), (["export", "2"], "file"),
        (["export", "2", "/tmp/x", "--memory", "a.out"], "a.out"),
        (["export", "2", "/nowhere/x", "--memory", "raw"], "/nowhere/x: No such file or directory"),
        (["export", "2", "/", "--memory", "raw"], "is a directory"),
        (["export", "2", "/dev/null", "--memory", "elf", "--force"], "is not a regular file"),
        (["export", "2", "/proc/x", "--memory", "elf"], "/proc/x: "),
        (["export", "99999", "/nowhere/x", "--memory", "raw"], "99999"),
        (["export", "never", "/nowhere/x", "--memory", "raw"], "never"),
        (["export", "2", "/tmp/x", "--memory", "raw", "--hart", "0"], "--hart"),
        (["checkout", "2", "--skip-damaged"], "--skip-damaged goes with --memory"),
    ])
    func badInput(_ words: [String], _ text: String) throws { try expectRefusal(words, saying: text) }

    @Test func nothingIsOverwrittenUnasked() throws {
        let file = try Scratch.file("image", [1, 2, 3])
        let folder = URL(fileURLWithPath: file).deletingLastPathComponent().path
        try expectRefusal(["export", "2", file, "--memory", "raw"], saying: "exists already")
        try expectRefusal(
            ["export", "2", file, "--memory", "elf", "--hart", "2", "--force"], saying: "there is no hart 2")
        try expectRefusal(["export", "2", file + "/x", "--memory", "raw"], saying: "Not a directory")
        #expect(try Guests.bytes(file) == [1, 2, 3])
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["image"])
        #expect(
            try Program.run("export", "2", file, "--memory", "raw", "--force", "--store", Self.pair.get()).status == 0)
        #expect(try Guests.bytes(file).count == 16 << 20)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["image"])
    }

    @Test(.enabled(if: Namespace.canMount, "needs unshare(1) and permission to mount a tmpfs in a namespace"))
    func aFullDisk() throws {
        let store = try Self.bare(Guests.noise, "--epoch-instructions", "500000", "--stop-at-icount", "2000000")
        let folder = try Scratch.folder().path
        let outcome = try Namespace.run(
            """
            mount -t tmpfs -o size=64k none \(folder) || exit 99
            '\(Program.path)' export HEAD \(folder)/image --memory elf --store \(store); echo "export $?"; ls -A \(folder)
            """)
        let lines = outcome.output.split(separator: "\n")
        #expect(lines.first?.hasPrefix("palimpsest: no space left for '\(folder)/image'") == true, "\(outcome.output)")
        #expect(lines.dropFirst() == ["export 2"], "\(outcome.output)")
    }
}
