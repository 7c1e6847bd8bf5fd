import Foundation

/// Readable instructions for failure reports, from the Swift toolchain's clang and objdump where they are installed.
enum Disassembly {
    static func text(of word: UInt32) -> String? {
        guard let clang = Tools.clang, let objdump = Tools.objdump, let folder = try? Tools.scratchDirectory() else {
            return nil
        }
        defer { try? FileManager.default.removeItem(at: folder) }
        let source = folder.appendingPathComponent("word.s")
        let object = folder.appendingPathComponent("word.o")
        let directive =
            word & 3 == 3 ? ".insn 4, 0x\(String(word, radix: 16))" : ".insn 2, 0x\(String(word & 0xffff, radix: 16))"
        try? "\(directive)\n".write(to: source, atomically: true, encoding: .utf8)
        let target = ["-target", "riscv64-unknown-elf", "-march=rv64gc"]
        _ = try? Tools.run(clang, target + ["-c", source.path, "-o", object.path])
        let listing = try? Tools.run(objdump, ["-d", "-M", "no-aliases,numeric", "--no-show-raw-insn", object.path])
        let line = listing?.output.split(separator: "\n").last { $0.contains(" 0:") }
        return line.map {
            $0.drop { $0 != ":" }.dropFirst().trimmingCharacters(in: .whitespaces).replacingOccurrences(
                of: "\t", with: " ")
        }
    }
}
