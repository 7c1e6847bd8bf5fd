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
            let count = read(descriptor, &chunk, chunk.count)
            guard count >= 0 else { throw error("read", path) }
            if count == 0 { return bytes }
            bytes += chunk[..<count]
        }
    }

    /// Writes a file so that after a crash it is there whole or not at all.
    static func replace(_ path: String, with bytes: [UInt8], directory: String) throws {
        let temporary = path + ".new"
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw error("create", temporary) }
        let written = write(descriptor, bytes, bytes.count)
        let synced = fsync(descriptor)
        close(descriptor)
        guard written == bytes.count, synced == 0 else { throw error("write", temporary) }
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

    static func syncDirectory(_ path: String) throws {
        let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw error("open", path) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw error("sync", path) }
    }
}
