import Foundation
import Testing

@testable import Machine

/// A kernel file made by hand: the 64-byte header, a PE header with one section, and zeros.
func makeKernel(
    byteCount: Int = 8192, textOffset: UInt64 = 0x20_0000, imageSize: UInt64 = 0x10_0000, flags: UInt64 = 0,
    peMachine: UInt16 = 0x5064, sectionEnd: UInt32 = 8192
) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: max(byteCount, 512))
    func put<Value: FixedWidthInteger>(_ value: Value, at offset: Int) {
        withUnsafeBytes(of: value.littleEndian) { bytes.replaceSubrange(offset..<offset + $0.count, with: $0) }
    }
    put(0x5a4d as UInt16, at: 0)
    put(textOffset, at: 0x08)
    put(imageSize, at: 0x10)
    put(flags, at: 0x18)
    put(2 as UInt32, at: 0x20)
    bytes.replaceSubrange(0x30..<0x35, with: "RISCV".utf8)
    bytes.replaceSubrange(0x38..<0x3c, with: Array("RSC".utf8) + [5])
    put(0x40 as UInt32, at: 0x3c)
    put(0x4550 as UInt32, at: 0x40)
    put(peMachine, at: 0x44)
    put(1 as UInt16, at: 0x46)
    put(0xa0 as UInt16, at: 0x54)
    put(sectionEnd - 0x1000, at: 0xf8 + 16)
    put(0x1000 as UInt32, at: 0xf8 + 20)
    return Array(bytes.prefix(byteCount))
}

@Suite struct KernelImageTests {
    @Test func header() throws {
        let image = try KernelImage(bytes: makeKernel())
        #expect(image.textOffset == 0x20_0000)
        #expect(image.memorySize == 0x10_0000)
        #expect(try KernelImage(bytes: makeKernel(imageSize: 0)).memorySize == 8192)
    }

    @Test func truncatedFiles() {
        #expect(throws: KernelImageError.truncated(byteCount: 8191, expected: 8192)) {
            try KernelImage(bytes: makeKernel(byteCount: 8191))
        }
        for byteCount in 0..<512 {
            #expect(throws: KernelImageError.self) { try KernelImage(bytes: makeKernel(byteCount: byteCount)) }
        }
        #expect(throws: KernelImageError.truncated(byteCount: 63, expected: 64)) {
            try KernelImage(bytes: makeKernel(byteCount: 63))
        }
    }

    @Test func otherThingsAreNamed() {
        func error(_ bytes: [UInt8]) -> KernelImageError? {
            #expect(throws: KernelImageError.self) { try KernelImage(bytes: bytes) }
        }
        func file(_ start: [UInt8], at offset: Int = 0) -> [UInt8] {
            var bytes = [UInt8](repeating: 0, count: 1024)
            bytes.replaceSubrange(offset..<offset + start.count, with: start)
            return bytes
        }
        #expect(error(file([0x1f, 0x8b, 8])) == .compressed("gzip", tool: "gunzip"))
        #expect(error(file([0x28, 0xb5, 0x2f, 0xfd])) == .compressed("zstd", tool: "unzstd"))
        #expect(error(file(Array("MZ\0\0zimg".utf8)))?.description.contains("EFI zboot") == true)
        #expect(error(file([0x7f, 0x45, 0x4c, 0x46])) == .elf)
        #expect(error(file(Array("ARMd".utf8), at: 0x38)) == .wrongArchitecture("arm64"))
        #expect(error(file(Array("HdrS".utf8), at: 0x202)) == .wrongArchitecture("x86"))
        #expect(error(file(Array("hello".utf8))) == .notAKernel)
        #expect(error(makeKernel(flags: 1)) == .bigEndian)
        #expect(error(makeKernel(peMachine: 0xaa64)) == .wrongArchitecture("EFI machine 0xaa64"))
        #expect(error(makeKernel(textOffset: 0x40_0000 + 4096)) == .misplaced(textOffset: 0x40_1000))
        #expect(error(makeKernel(textOffset: 0xffff_ffff_ffe0_0000)) == .misplaced(textOffset: 0xffff_ffff_ffe0_0000))
    }

    @Test func filesThatAreNotThere() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "palimpsest-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        func reason(_ path: String) -> BootFileError.Reason? {
            #expect(throws: BootFileError.self) { try BootFile.readKernel(path: path) }?.reason
        }
        #expect(reason(folder.appending(path: "none").path) == .missing)
        #expect(reason(folder.path) == .notAFile)
        #expect(reason("/dev/zero") == .notAFile)
        let file = folder.appending(path: "vmlinux")
        try Data().write(to: file)
        #expect(reason(file.path) == .empty)
        try Data(makeKernel(byteCount: 5000)).write(to: file)
        #expect(reason(file.path) == .kernel(.truncated(byteCount: 5000, expected: 8192)))
        try Data(makeKernel()).write(to: file)
        let link = folder.appending(path: "link")
        try FileManager.default.createSymbolicLink(at: link, withDestinationURL: file)
        #expect(try BootFile.readKernel(path: link.path).bytes == makeKernel())
        #expect(
            BootFileError(role: .bareProgram, path: "a.elf", reason: .elf(.notELF)).description
                == "bare program a.elf is not an ELF file")
    }
}
