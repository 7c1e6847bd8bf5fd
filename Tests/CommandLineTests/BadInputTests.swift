import Foundation
import Testing

/// Bad input ends with one clear line on standard error and status 2.
@Suite(.serialized) struct BadInputTests {
    private func expectRefusal(
        _ arguments: [String], saying text: String, sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let outcome = try Program.run(arguments)
        #expect(outcome.status == 2, "\(arguments): \(outcome.errors)", sourceLocation: sourceLocation)
        #expect(outcome.errorLines.count == 1, "\(arguments): \(outcome.errors)", sourceLocation: sourceLocation)
        #expect(outcome.errors.contains(text), "\(arguments): \(outcome.errors)", sourceLocation: sourceLocation)
        #expect(outcome.output.isEmpty, "\(arguments)", sourceLocation: sourceLocation)
    }

    @Test(arguments: [
        ([], "name one guest"),
        (["--kernel", "a", "--bare", "b"], "name one guest"),
        (["--bare", "b", "--initrd", "c"], "--initrd belongs to --kernel"),
        (["--bare", "b", "--append", "c"], "--append belongs to --kernel"),
        (["--bare", "b", "--firmware", "c"], "--firmware belongs to --kernel"),
        (["--bare", "b", "--harts", "0"], "--harts 0"),
        (["--bare", "b", "--harts", "9"], "--harts 9"),
        (["--bare", "b", "--memory", "12Q"], "12Q"),
        (["--bare", "b", "--memory", "99999999999G"], "99999999999G"),
        (["--bare", "b", "--tlb-entries", "3"], "--tlb-entries 3"),
        (["--bare", "b", "--tlb-entries", "131072"], "--tlb-entries 131072"),
        (["--bare", "b", "--stop-after", "0"], "--stop-after"),
        (["--bare", "b", "--start-time", "noon"], "noon"),
        (["--bare", "b", "--nonsense"], "--nonsense"),
        (["--bare", "/nowhere/at-all"], "/nowhere/at-all does not exist"),
        (["--kernel", "/nowhere/at-all"], "/nowhere/at-all does not exist"),
        (["--bare", "/"], "is not a regular file"),
    ])
    func machine(_ words: [String], _ text: String) throws {
        try expectRefusal(["run", "--headless"] + words, saying: text)
    }

    @Test(arguments: [
        (["--epoch-rate", "0"], "--epoch-rate 0"),
        (["--epoch-rate", "nan"], "--epoch-rate nan"),
        (["--epoch-rate", "5", "--epoch-instructions", "5"], "exclude each other"),
        (["--epoch-instructions", "0"], "--epoch-instructions 0"),
        (["--durability", "sometimes"], "sometimes"),
        (["--epoch-rate", "often"], "often"),
        (["--epoch-rate", "auto", "--overhead", "0%"], "0%"),
        (["--epoch-rate", "auto", "--overhead", "much"], "much"),
        (["--epoch-rate", "25", "--overhead", "5%"], "--epoch-rate auto"),
        (["--epoch-pages", "0"], "--epoch-pages 0"),
        (["--defer", "some"], "some"),
        (["--defer", "cold:0x1ff:1"], "cold:0x1ff:1"),
        (["--defer", "cold:0xff:9"], "cold:0xff:9"),
        (["--differences", "sometimes"], "sometimes"),
        (["--difference-memory", "17G"], "--difference-memory"),
        (["--scan-threads", "0"], "--scan-threads 0"),
        (["--release-output", "never"], "never"),
        (["--release-output", "durable", "--durability", "off"], "--durability epoch"),
        (["--release-output", "durable", "--durability", "5"], "--durability epoch"),
        (["--timeline", "a@b"], "'a@b' is no name"),
    ])
    func recording(_ words: [String], _ text: String) throws {
        let store = try Scratch.path("store")
        try expectRefusal(["record", "--headless", "--bare", Guests.counter, "--store", store] + words, saying: text)
    }

    @Test(arguments: [(["sing"], "sing"), (["show"], "position"), (["tag", "HEAD"], "'HEAD' cannot be a tag")])
    func words(_ words: [String], _ text: String) throws { try expectRefusal(words, saying: text) }

    // MARK: Files

    /// The smallest file that passes for a kernel: 4 KiB with the header's mark.
    private func kernelImage() -> [UInt8] {
        var image = [UInt8](repeating: 0, count: 4096)
        image.replaceSubrange(0x38..<0x3c, with: Array("RSC\u{5}".utf8))
        image[0x0a] = 0x20
        return image
    }

    @Test func kernels() throws {
        let good = kernelImage()
        var cut = good
        cut.replaceSubrange(0..<2, with: Array("MZ".utf8))
        cut[0x3c] = 0x40
        cut.replaceSubrange(0x40..<0x44, with: Array("PE\0\0".utf8))
        cut.replaceSubrange(0x44..<0x46, with: [0x64, 0x50])
        cut.replaceSubrange(0x46..<0x48, with: [1, 0])
        // One section of 64 KiB, of which the file holds 4.
        cut.replaceSubrange(0x58 + 16..<0x58 + 20, with: [0, 0, 1, 0])
        var foreign = [UInt8](repeating: 0, count: 4096)
        foreign.replaceSubrange(0x38..<0x3c, with: Array("ARM\u{64}".utf8))
        let table: [([UInt8], String)] = [
            ([], "is empty"), (Array(good[..<32]), "is cut short"), (cut, "is cut short"), (foreign, "arm64"),
            ([0x1f, 0x8b] + good, "is compressed (gzip)"), (try Guests.bytes(Guests.counter), "is an ELF file"),
            ([UInt8](repeating: 7, count: 4096), "is not a RISC-V Linux image"),
        ]
        for (bytes, text) in table {
            try expectRefusal(["run", "--headless", "--kernel", Scratch.file("kernel", bytes)], saying: text)
        }
    }

    @Test func otherFilesOfAKernel() throws {
        let kernel = try Scratch.file("kernel", kernelImage())
        try expectRefusal(["run", "--headless", "--kernel", kernel, "--initrd", "/nowhere"], saying: "initrd /nowhere")
        try expectRefusal(["run", "--headless", "--kernel", kernel, "--firmware", "/nowhere"], saying: "firmware")
        try expectRefusal(["run", "--headless", "--kernel", kernel, "--memory", "2M"], saying: "too small")
        try expectRefusal(["run", "--headless", "--kernel", kernel, "--memory", "0"], saying: "memory")
        try expectRefusal(["run", "--headless", "--kernel", kernel, "--memory", "5000001"], saying: "4096")
        try expectRefusal(["run", "--headless", "--kernel", kernel, "--memory", "4096G"], saying: "memory")
    }

    @Test func bareFiles() throws {
        let good = try Guests.bytes(Guests.counter)
        var foreign = good
        foreign[18] = 62
        var narrow = good
        narrow[4] = 1
        for (bytes, text) in [
            ([], "is empty"), (Array(good[..<40]), "cut short"), (Array(good[..<4100]), "cut short"),
            (foreign, "another architecture"), (narrow, "32-bit"), (Array("#!/bin/sh\n".utf8), "is not an ELF file"),
        ] {
            try expectRefusal(["run", "--headless", "--bare", Scratch.file("guest", bytes)], saying: text)
        }
    }

    /// A mistake in the guest's files leaves nothing behind that a later recording would stumble over.
    @Test func refusedRecordingLeavesNoStore() throws {
        let store = try Scratch.path("store")
        try expectRefusal(["record", "--headless", "--bare", "/nowhere", "--store", store], saying: "does not exist")
        #expect(!FileManager.default.fileExists(atPath: store))
    }
}
