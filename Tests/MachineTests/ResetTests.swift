import Foundation
import Machine
import Testing

/// A guest that asks the power controller for a reset (Tests/Guests/reset.S judges what it finds afterwards).
@Suite struct ResetTests {
    private static func machine() throws -> Machine {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let folder = try Tools.scratchDirectory()
        defer { try? FileManager.default.removeItem(at: folder) }
        let program = folder.appendingPathComponent("reset.elf").path
        let built = try Tools.run(
            root.appendingPathComponent("tools/build-guest"),
            [root.appendingPathComponent("Tests/Guests/reset.S").path, "-o", program])
        try #require(built.status == 0, "\(built.output)")
        return try Machine.boot(
            .bare(BootFile.readBareProgram(path: program)),
            configuration: MachineConfiguration(memoryByteCount: 8 << 20))
    }

    @Test func resetBringsBackMemoryAndRegistersButNotTime() throws {
        let machine = try Self.machine()
        _ = try machine.run(until: 1_000_000)
        #expect(machine.power == .testPassed)
        #expect(machine.icount > 200_000)
    }

    @Test func aResetIsTheSameHoweverTheRunIsCut() throws {
        let whole = try Self.machine()
        _ = try whole.run(until: 1_000_000)
        let pieces = try Self.machine()
        while pieces.power != .testPassed, pieces.icount < 1_000_000 {
            _ = try pieces.run(until: pieces.icount + 777)
            _ = pieces.memory.scanAndClear()
            pieces.cluster.flushTranslations()
        }
        #expect(pieces.icount == whole.icount)
        #expect(try pieces.digest() == whole.digest())
    }

    @Test func withoutAnImageAResetEndsTheGuest() throws {
        let machine = try Self.machine()
        machine.resetImage = nil
        #expect(try machine.run(until: 1_000_000) == .ended)
        #expect(machine.power == .resetRequested)
    }
}
