#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// System calls on files, with errors as sentences.
enum StoreFiles {
    /// The error that `errno` names.
    static func error(_ action: String, _ path: String) -> HistoryStoreError {
        let code = errno
        if code == ENOSPC || code == EDQUOT { return .diskFull(path: path) }
        if code == ELOOP { return .io("'\(path)' is a link: a history's own files are never followed elsewhere") }
        return .io("cannot \(action) '\(path)': \(String(cString: strerror(code)))")
    }

    /// Opens a file that somebody names, by its name or a link.
    static func openForReading(_ path: String) throws -> Int32 {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw error("open", path) }
        return descriptor
    }

    private static func systemRead(_ descriptor: Int32, _ buffer: UnsafeMutableRawPointer?, _ count: Int) -> Int {
        #if canImport(Glibc)
            Glibc.read(descriptor, buffer, count)
        #else
            Darwin.read(descriptor, buffer, count)
        #endif
    }

    static func closeFile(_ descriptor: Int32) { close(descriptor) }

    /// Up to `count` bytes; fewer at the end of the file only.
    static func read(_ descriptor: Int32, upTo count: Int, _ path: String) throws -> [UInt8] {
        // A damaged length must not become an allocation: room is made as bytes come.
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: min(count, 1 << 20))
        while bytes.count < count {
            let got = chunk.withUnsafeMutableBytes {
                Self.systemRead(descriptor, $0.baseAddress!, min($0.count, count - bytes.count))
            }
            if got < 0, errno == EINTR { continue }
            guard got >= 0 else { throw error("read", path) }
            if got == 0 { break }
            bytes += chunk[..<got]
        }
        return bytes
    }

    /// A whole file, or nil when it is not there.
    static func contents(of path: String) throws -> [UInt8]? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else {
            if errno == ENOENT || errno == ENOTDIR { return nil }
            throw error("open", path)
        }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = chunk.withUnsafeMutableBytes { Self.systemRead(descriptor, $0.baseAddress, $0.count) }
            guard count >= 0 else { throw error("read", path) }
            if count == 0 { return bytes }
            bytes += chunk[..<count]
        }
    }

    /// Writes all of `bytes`: one call may write less than it was given.
    static func write(_ bytes: [UInt8], to descriptor: Int32, at offset: Int, path: String) throws {
        var done = 0
        while done < bytes.count {
            let count = bytes[done...].withUnsafeBytes {
                pwrite(descriptor, $0.baseAddress, $0.count, off_t(offset + done))
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw error("write", path) }
            done += count
        }
    }

    /// Writes a file so that after a crash it is there whole or not at all.
    static func replace(_ path: String, with bytes: [UInt8], directory: String) throws {
        let temporary = path + ".new"
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw error("create", temporary) }
        do {
            defer { close(descriptor) }
            try write(bytes, to: descriptor, at: 0, path: temporary)
            guard fsync(descriptor) == 0 else { throw error("sync", temporary) }
        }
        guard rename(temporary, path) == 0 else { throw error("rename", temporary) }
        try syncDirectory(directory)
    }

    /// Whether there is a directory of this name, itself and no link to one.
    static func isDirectory(_ path: String) throws -> Bool {
        var status = stat()
        guard lstat(path, &status) == 0 else { return false }
        if status.st_mode & S_IFMT == S_IFLNK {
            errno = ELOOP
            throw error("open", path)
        }
        return status.st_mode & S_IFMT == S_IFDIR
    }

    /// Bytes that can still be written to the file system that something is on; a great number where it does not say.
    static func freeByteCount(_ path: String) -> Int {
        var status = statvfs()
        guard statvfs(path, &status) == 0 else { return .max }
        return Int(clamping: UInt64(status.f_bavail) * UInt64(status.f_frsize))
    }

    static func syncFile(_ path: String) throws {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else { throw error("open", path) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw error("sync", path) }
    }

    static func syncDirectory(_ path: String) throws {
        let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw error("open", path) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw error("sync", path) }
    }
}
