import GuestMemory

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A file that has its name only once it is complete: until then it lies beside it under another, and goes when it is not
/// finished. Mode 0600, as what a guest had in memory is nobody else's business. Any thread may write.
public final class ImageFile: Sendable {
    public let path: String
    private let temporaryPath: String
    private let descriptor: Int32
    private let replaces: Bool

    /// - Parameter replaces: whether a regular file of that name may go.
    /// - Throws: `TimeTravelError.fileExists`, `.noSpace`, `.file`.
    public init(path: String, replaces: Bool = false) throws {
        self.path = path
        self.replaces = replaces
        try Self.checkName(path, replaces: replaces)
        let folder = Self.folder(of: path)
        var name = Array("\(folder)/.palimpsest-image.XXXXXX".utf8CString)
        descriptor = mkstemp(&name)
        guard descriptor >= 0 else { throw Self.failure(path) }
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        temporaryPath = name.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }
    }

    deinit {
        close(descriptor)
        // After `finish` there is nothing under this name.
        unlink(temporaryPath)
    }

    /// Early, so that no work is done in vain; `finish` looks again.
    private static func checkName(_ path: String, replaces: Bool) throws {
        var status = stat()
        guard lstat(path, &status) == 0 else { return }
        switch status.st_mode & S_IFMT {
        case S_IFDIR: throw TimeTravelError.file(path: path, what: "is a directory: name a file")
        case _ where !replaces: throw TimeTravelError.fileExists(path: path)
        case S_IFREG, S_IFLNK: return
        default: throw TimeTravelError.file(path: path, what: "is not a regular file: name another")
        }
    }

    private static func folder(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    /// Gives the file its size; what is not written is a hole and reads as zeros.
    func setByteCount(_ count: UInt64) throws {
        guard ftruncate(descriptor, off_t(count)) == 0 else { throw Self.failure(path) }
    }

    public func write(_ bytes: UnsafeRawBufferPointer, at offset: UInt64) throws {
        var done = 0
        while done < bytes.count {
            let count = pwrite(descriptor, bytes.baseAddress! + done, bytes.count - done, off_t(offset) + off_t(done))
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw Self.failure(path) }
            done += count
        }
    }

    /// Makes it durable and gives it its name. Once.
    /// - Throws: as `init`.
    public func finish() throws {
        guard fsync(descriptor) == 0 else { throw Self.failure(path) }
        try replaces ? rename() : link()
        let folder = open(Self.folder(of: path), O_RDONLY | O_CLOEXEC)
        guard folder >= 0 else { return }
        // Not every file system syncs directories.
        fsync(folder)
        close(folder)
    }

    private func rename() throws {
        try Self.checkName(path, replaces: true)
        #if canImport(Glibc)
            let result = Glibc.rename(temporaryPath, path)
        #else
            let result = Darwin.rename(temporaryPath, path)
        #endif
        guard result == 0 else { throw Self.failure(path) }
    }

    /// A link does not take a name that is taken, as renaming would.
    private func link() throws {
        #if canImport(Glibc)
            let result = Glibc.link(temporaryPath, path)
        #else
            let result = Darwin.link(temporaryPath, path)
        #endif
        if result == 0 {
            unlink(temporaryPath)
        } else if errno == EEXIST {
            throw TimeTravelError.fileExists(path: path)
        } else {
            // A file system without links.
            try Self.checkName(path, replaces: false)
            try rename()
        }
    }

    private static func failure(_ path: String) -> TimeTravelError {
        errno == ENOSPC || errno == EDQUOT
            ? .noSpace(path: path) : .file(path: path, what: String(cString: strerror(errno)))
    }
}
