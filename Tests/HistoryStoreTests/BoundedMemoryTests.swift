#if os(Linux)
    import Foundation
    import Testing

    /// What goes through a whole history does it in memory that does not grow with it. The figures for 10⁵ epochs:
    /// `tools/bench store`.
    @Suite(.serialized) struct BoundedMemoryTests {
        private static let limit_MiB = 160

        @Test func goingThroughALongHistoryNeedsLittleMemory() throws {
            let folder = TemporaryDirectory()
            try FileManager.default.createDirectory(atPath: folder.path, withIntermediateDirectories: true)
            let store = folder.path + "/store"
            let generated = try run("store-workbench", "generate", store, "--epochs", "1500", "--pages", "4096")
            #expect(generated.status == 0)
            for words in [
                ["verify"], ["verify", "--data"], ["prune", "--keep-every", "50", "--keep-last", "10"], ["gc"],
                ["verify", "--data"],
            ] {
                let outcome = try run("palimpsest", words + ["--store", store])
                #expect(outcome.status == 0, "\(words)")
                #expect(outcome.peak_MiB > 5, "\(words)")
                #expect(outcome.peak_MiB < Self.limit_MiB, "\(words): \(outcome.peak_MiB) MiB")
            }
        }

        private func run(_ program: String, _ words: String...) throws -> (status: Int32, peak_MiB: Int) {
            try run(program, words)
        }

        /// With the most memory that was resident, asked for again and again: what `wait4` says begins with what the
        /// process that starts it has.
        private func run(_ program: String, _ words: [String]) throws -> (status: Int32, peak_MiB: Int) {
            let process = Process()
            process.executableURL = Bundle.main.bundleURL.appendingPathComponent(program)
            process.arguments = words
            process.standardOutput = FileHandle.nullDevice
            try process.run()
            var peak_KiB = 0
            while process.isRunning {
                let status = try? String(contentsOfFile: "/proc/\(process.processIdentifier)/status", encoding: .utf8)
                let line = status?.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
                peak_KiB = line?.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? peak_KiB
                usleep(2000)
            }
            return (process.terminationStatus, peak_KiB / 1024)
        }
    }
#endif
