import Foundation

/// Reading the files that a machine is started from.
public enum BootFile {
    /// What a file is for; the first word of an error.
    public enum Role: String, Sendable {
        case kernel
        case initrd
        case firmware
        case bareProgram = "bare program"
    }

    /// Far above any real kernel, initrd or debug build; keeps a wrong path from filling the host's memory.
    public static let byteCountMax = 4 << 30

    /// The bytes of a regular file that is neither empty nor larger than `byteCountMax`.
    public static func read(path: String, role: Role) throws(BootFileError) -> [UInt8] {
        func failure(_ reason: BootFileError.Reason) -> BootFileError {
            BootFileError(role: role, path: path, reason: reason)
        }
        let url = URL(fileURLWithPath: path).resolvingSymlinksInPath()
        var isDirectory: ObjCBool = false
        guard FileManager.default.fileExists(atPath: url.path, isDirectory: &isDirectory) else {
            throw failure(.missing)
        }
        let bytes: [UInt8]
        do {
            let attributes = try FileManager.default.attributesOfItem(atPath: url.path)
            guard attributes[.type] as? FileAttributeType == .typeRegular else { throw BootFileError.Reason.notAFile }
            guard (attributes[.size] as? Int ?? 0) <= byteCountMax else { throw BootFileError.Reason.tooLarge }
            bytes = [UInt8](try Data(contentsOf: url))
        } catch let reason as BootFileError.Reason {
            throw failure(reason)
        } catch {
            throw failure(.unreadable)
        }
        guard !bytes.isEmpty else { throw failure(.empty) }
        return bytes
    }

    /// A kernel for `--kernel`.
    public static func readKernel(path: String) throws(BootFileError) -> KernelImage {
        let bytes = try read(path: path, role: .kernel)
        do {
            return try KernelImage(bytes: bytes)
        } catch {
            throw BootFileError(role: .kernel, path: path, reason: .kernel(error))
        }
    }

    /// A program for `--bare`.
    public static func readBareProgram(path: String) throws(BootFileError) -> ELFFile {
        let bytes = try read(path: path, role: .bareProgram)
        do {
            return try ELFFile(bytes: bytes)
        } catch {
            throw BootFileError(role: .bareProgram, path: path, reason: .elf(error))
        }
    }

    /// Firmware for `--firmware`: an ELF file, or a flat image that runs at the base of memory.
    public static func readFirmware(path: String) throws(BootFileError) -> FirmwareImage {
        let bytes = try read(path: path, role: .firmware)
        guard ELFFile.hasMagic(bytes) else { return .flat(bytes) }
        do {
            return .elf(try ELFFile(bytes: bytes))
        } catch {
            throw BootFileError(role: .firmware, path: path, reason: .elf(error))
        }
    }
}

/// M-mode firmware, such as OpenSBI's `fw_dynamic` or `fw_jump`.
public enum FirmwareImage: Sendable {
    case flat([UInt8])
    case elf(ELFFile)
}

/// Why a file cannot start a machine.
public struct BootFileError: Error, Equatable, CustomStringConvertible {
    public enum Reason: Error, Equatable {
        case missing, notAFile, unreadable, empty, tooLarge
        case kernel(KernelImageError)
        case elf(ELFError)
    }

    public let role: BootFile.Role
    public let path: String
    public let reason: Reason

    public var description: String {
        let problem =
            switch reason {
            case .missing: "does not exist"
            case .notAFile: "is not a regular file"
            case .unreadable: "cannot be read; check its permissions"
            case .empty: "is empty"
            case .tooLarge: "is larger than \(BootFile.byteCountMax >> 30) GiB"
            case .kernel(let error): error.description
            case .elf(let error): error.description
            }
        return "\(role.rawValue) \(path) \(problem)"
    }
}
