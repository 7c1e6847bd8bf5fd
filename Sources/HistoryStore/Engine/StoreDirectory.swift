#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The files of a store:
///
///     DIR/PALIMPSEST      "palimpsest history\nformat 2\n"; written last when a store is made, so that a directory
///                         without it is not (yet) a store
///     DIR/acknowledged    high-water marks
///     DIR/database/       the engine's
///     DIR/reserve         when the disk is short of space: what pruning and collecting then have to work with
struct StoreDirectory: Sendable {
    let path: String

    var formatFile: String { path + "/PALIMPSEST" }
    var marksFile: String { path + "/acknowledged" }
    var database: String { path + "/database" }

    private static let firstLine = "palimpsest history"

    var reserve: String { path + "/reserve" }

    /// Returns the store's format.
    ///
    /// - Throws: `HistoryStoreError.notAStore`, `.newerFormat`, `.damaged`, `.io` when something is a link.
    func check() throws -> Int {
        guard let bytes = try StoreFiles.contents(of: formatFile) else {
            throw HistoryStoreError.notAStore(path: path)
        }
        let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n")
        guard lines.first == Self.firstLine[...] else { throw HistoryStoreError.notAStore(path: path) }
        guard lines.count >= 2, let version = Int(lines[1].dropFirst("format ".count)), version > 0 else {
            throw HistoryStoreError.damaged(what: "'\(formatFile)' names no format")
        }
        guard version <= StoreFormat.version else {
            throw HistoryStoreError.newerFormat(path: path, found: version, supported: StoreFormat.version)
        }
        guard try StoreFiles.isDirectory(database) else {
            throw HistoryStoreError.damaged(what: "the database '\(database)' is missing")
        }
        return version
    }

    /// Whether `create` may make a store here: nothing is here, or the remains of a creation that was interrupted.
    func isVacant() throws -> Bool {
        guard let directory = opendir(path) else {
            if errno == ENOENT { return true }
            throw errno == ENOTDIR ? HistoryStoreError.notAStore(path: path) : StoreFiles.error("open", path)
        }
        defer { closedir(directory) }
        let ours: Set<String> = [".", "..", "database", "acknowledged", "PALIMPSEST.new", "reserve", "control"]
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            guard ours.contains(name) else { return false }
        }
        return true
    }

    /// Makes the directory itself, readable by its owner only: a history holds everything the guest knew. On return its
    /// name survives a loss of power.
    func make() throws {
        guard mkdir(path, 0o700) == 0 || errno == EEXIST, chmod(path, 0o700) == 0 else {
            throw StoreFiles.error("create", path)
        }
        try StoreFiles.syncDirectory(path + "/..")
    }

    /// Makes the directory a store, once its database is there.
    func seal() throws {
        let text = "\(Self.firstLine)\nformat \(StoreFormat.version)\n"
        try StoreFiles.replace(formatFile, with: Array(text.utf8), directory: path)
    }

    // MARK: A full disk

    private static let shortByteCount = 1 << 30
    private static let reserveByteCountMax = 128 << 20

    /// Whether the file system has so little room that what was freed should be given back at once.
    var isShortOfSpace: Bool { StoreFiles.freeByteCount(path) < Self.shortByteCount }

    /// Once the disk gets short, keeps a part of what is left for pruning and collecting: a database cannot even be opened
    /// without any room. Failing is no error: there is then no reserve.
    func keepReserve() {
        let free = StoreFiles.freeByteCount(path)
        guard free < Self.shortByteCount, access(reserve, F_OK) != 0 else { return }
        let descriptor = open(reserve, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        if posix_fallocate(descriptor, 0, off_t(min(Self.reserveByteCountMax, free / 4))) != 0 { unlink(reserve) }
    }

    func giveUpReserve() { unlink(reserve) }

    var reserveByteCount: Int {
        var status = stat()
        return lstat(reserve, &status) == 0 ? Int(status.st_blocks) * 512 : 0
    }

    /// Bytes that all files together occupy.
    func occupiedBytes() -> Int {
        [path, database].reduce(0) { $0 + Self.occupiedBytes(in: $1) }
    }

    private static func occupiedBytes(in folder: String) -> Int {
        guard let directory = opendir(folder) else { return 0 }
        defer { closedir(directory) }
        var total = 0
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            var status = stat()
            if lstat("\(folder)/\(name)", &status) == 0, status.st_mode & S_IFMT == S_IFREG {
                total += Int(status.st_blocks) * 512
            }
        }
        return total
    }
}
