#if os(Linux)
    import Foundation
    import Testing

    /// The README's promise under faults, by `store-workbench torture` (what each kind does is in its sources): after
    /// a kill at any instant every acknowledged epoch is there, bit-exact; after a loss of power every one acknowledged as
    /// durable; what is damaged is named.
    ///
    /// Each prints its seed; `PALIMPSEST_TEST_SEED` repeats it.
    @Suite(.serialized) struct TortureTests {
        private static let isFull = ProcessInfo.processInfo.environment["PALIMPSEST_FULL_TESTS"] == "1"

        @Test func killedAtAnyInstantKeepsEveryAcknowledgedEpoch() throws {
            try torture("kill", "--faults", Self.isFull ? "1000" : "50")
        }

        @Test func afterALossOfPowerEveryDurableEpochIsThere() throws {
            try torture("power", "--faults", Self.isFull ? "2000" : "40")
        }

        @Test func aFlippedBitGivesRightDataOrANamedError() throws {
            try torture("flip", "--faults", Self.isFull ? "3000" : "60")
        }

        @Test(arguments: ["io", "full", "short"])
        func aFailingCallIsReportedOrWithoutEffect(kind: String) throws {
            try torture(kind, "--sweep", Self.isFull ? "1" : "17")
            try torture(kind, "--faults", Self.isFull ? "500" : "6")
        }

        private func torture(_ kind: String, _ arguments: String...) throws {
            let seed = ProcessInfo.processInfo.environment["PALIMPSEST_TEST_SEED"] ?? "\(UInt32.random(in: 1...(.max)))"
            let folder = TemporaryDirectory()
            let process = Process()
            process.executableURL = Bundle.main.bundleURL.appendingPathComponent("store-workbench")
            process.arguments =
                ["torture", "--library", try compileShim(into: folder), "--kind", kind, "--seed", seed]
                + ["--seconds", "86400"] + arguments
            let output = Pipe()
            process.standardOutput = output
            try process.run()
            let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
            process.waitUntilExit()
            print(text)
            #expect(process.terminationStatus == 0, "\(text)")
        }

        private func compileShim(into folder: TemporaryDirectory) throws -> String {
            try FileManager.default.createDirectory(atPath: folder.path, withIntermediateDirectories: true)
            let source = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
                .deletingLastPathComponent().appendingPathComponent("tools/torture.d/faults.c")
            let compiled = folder.path + "/faults.so"
            let process = Process()
            process.executableURL = URL(fileURLWithPath: "/bin/sh")
            process.arguments = [
                "-c", #"$(command -v clang || command -v cc) -O2 -shared -fPIC -o "$0" "$1""#, compiled, source.path,
            ]
            try process.run()
            process.waitUntilExit()
            try #require(process.terminationStatus == 0, "the shim does not compile")
            return compiled
        }
    }
#endif
