/// A flat RISC-V Linux kernel with the header of Linux's Documentation/arch/riscv/boot-image-header.rst:
///
///     0x00 code0, code1   0x08 text_offset   0x10 image_size   0x18 flags   0x20 version (minor, major)
///     0x30 "RISCV\0\0\0"  0x38 "RSC\x05"     0x3c offset of the PE header, when code0 starts with "MZ"
///
/// The kernel is entered at its first byte.
public struct KernelImage: Equatable, Sendable {
    /// The whole file, to be placed as it is.
    public let bytes: [UInt8]
    /// Where the kernel wants to lie from the base of memory; 2 MiB on 64 bits.
    public let textOffset: UInt64
    /// Bytes of memory that the kernel occupies, its zeroed data included: at least `bytes.count`.
    public let memorySize: UInt64

    private static let headerByteCount = 64
    /// No kernel asks for more; a damaged header might.
    private static let textOffsetMax: UInt64 = 1 << 30

    public init(bytes: [UInt8]) throws(KernelImageError) {
        guard bytes.littleEndian(UInt32.self, at: 0x38) == 0x0543_5352,  // "RSC\x05"
            bytes.count >= Self.headerByteCount
        else { throw Self.diagnose(bytes) }
        let flags = bytes.littleEndian(UInt64.self, at: 0x18)!
        guard flags & 1 == 0 else { throw .bigEndian }
        self.bytes = bytes
        textOffset = bytes.littleEndian(UInt64.self, at: 0x08)!
        // Zero in kernels before 4.6's common format; then the file is all there is.
        memorySize = max(bytes.littleEndian(UInt64.self, at: 0x10)!, UInt64(bytes.count))
        guard textOffset % 0x20_0000 == 0, textOffset <= Self.textOffsetMax else {
            throw .misplaced(textOffset: textOffset)
        }
        if let expected = try Self.byteCountOfSections(bytes), bytes.count < expected {
            throw .truncated(byteCount: bytes.count, expected: expected)
        }
    }

    /// Where the last section of the EFI (PE) header ends in the file; nil when there is no such header. The kernel's own
    /// header knows the size in memory only, so this alone tells a shortened download from a whole one.
    private static func byteCountOfSections(_ bytes: [UInt8]) throws(KernelImageError) -> Int? {
        guard bytes.littleEndian(UInt16.self, at: 0) == 0x5a4d else { return nil }  // "MZ"
        let header = Int(bytes.littleEndian(UInt32.self, at: 0x3c)!)
        let sectionTable = header + 24
        guard let signature = bytes.littleEndian(UInt32.self, at: header),
            let machine = bytes.littleEndian(UInt16.self, at: header + 4),
            let sectionCount = bytes.littleEndian(UInt16.self, at: header + 6),
            let optionalByteCount = bytes.littleEndian(UInt16.self, at: header + 20)
        else { throw .truncated(byteCount: bytes.count, expected: sectionTable) }
        guard signature == 0x4550 else { return nil }  // "PE\0\0"
        guard machine == 0x5064 else { throw .wrongArchitecture("EFI machine 0x" + String(machine, radix: 16)) }

        let sections = sectionTable + Int(optionalByteCount)
        var end = sections + 40 * Int(sectionCount)
        for index in 0..<Int(sectionCount) {
            let section = sections + 40 * index
            guard let byteCount = bytes.littleEndian(UInt32.self, at: section + 16),
                let offset = bytes.littleEndian(UInt32.self, at: section + 20)
            else { break }
            end = max(end, Int(offset) + Int(byteCount))
        }
        return end
    }

    /// What a file without the RISC-V header is instead.
    private static func diagnose(_ bytes: [UInt8]) -> KernelImageError {
        for (name, tool, magic): (String, String, [UInt8]) in [
            ("gzip", "gunzip", [0x1f, 0x8b]), ("zstd", "unzstd", [0x28, 0xb5, 0x2f, 0xfd]),
            ("xz", "unxz", [0xfd, 0x37, 0x7a, 0x58, 0x5a]), ("bzip2", "bunzip2", [0x42, 0x5a, 0x68]),
            ("lz4", "unlz4", [0x02, 0x21, 0x4c, 0x18]),
        ] where bytes.starts(with: magic) { return .compressed(name, tool: tool) }
        if ELFFile.hasMagic(bytes) { return .elf }
        if bytes.littleEndian(UInt16.self, at: 0) == 0x5a4d, bytes.littleEndian(UInt32.self, at: 4) == 0x676d_697a {
            return .compressed("EFI zboot", tool: "the kernel build's arch/riscv/boot/Image")
        }
        if bytes.littleEndian(UInt32.self, at: 0x38) == 0x644d_5241 { return .wrongArchitecture("arm64") }
        if bytes.littleEndian(UInt32.self, at: 0x202) == 0x5372_6448 { return .wrongArchitecture("x86") }
        if bytes.count < headerByteCount { return .truncated(byteCount: bytes.count, expected: headerByteCount) }
        return .notAKernel
    }
}

/// Why a file is not a kernel that this machine can boot. Reads on after "kernel PATH ...".
public enum KernelImageError: Error, Equatable, CustomStringConvertible {
    case truncated(byteCount: Int, expected: Int)
    /// `tool` unpacks it.
    case compressed(String, tool: String)
    case elf
    case wrongArchitecture(String)
    case bigEndian
    case misplaced(textOffset: UInt64)
    case notAKernel

    public var description: String {
        switch self {
        case .truncated(let byteCount, let expected):
            "is cut short: it has \(byteCount) of \(expected) bytes; fetch it again"
        case .compressed(let format, let tool):
            "is compressed (\(format)); give the unpacked image (\(tool))"
        case .elf:
            "is an ELF file; give the flat Image (Debian's boot/vmlinux-*), or run a bare program with --bare"
        case .wrongArchitecture(let architecture):
            "is a kernel for another architecture (\(architecture)); this machine is riscv64"
        case .bigEndian:
            "is a big-endian kernel; this machine is little-endian"
        case .misplaced(let textOffset):
            "asks to be loaded at 0x\(String(textOffset, radix: 16)), where this machine cannot put it: 2 MiB steps up to 1 GiB; is it a 32-bit kernel?"
        case .notAKernel:
            "is not a RISC-V Linux image: it lacks the RSC\\x05 mark at 0x38"
        }
    }
}
