#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The files of a store:
///
///     DIR/PALIMPSEST      "palimpsest history\nformat 1\n"; written last when a store is made, so that a directory
///                         without it is not (yet) a store
///     DIR/acknowledged    high-water marks
///     DIR/database/       the engine's
struct StoreDirectory: Sendable {
    let path: String

    var formatFile: String { path + "/PALIMPSEST" }
    var marksFile: String { path + "/acknowledged" }
    var database: String { path + "/database" }

    private static let firstLine = "palimpsest history"

    /// - Throws: `HistoryStoreError.notAStore`, `.newerFormat`, `.damaged`.
    func check() throws {
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
        guard access(database, F_OK) == 0 else {
            throw HistoryStoreError.damaged(what: "the database '\(database)' is missing")
        }
    }

    /// Whether `create` may make a store here: nothing is here, or the remains of a creation that was interrupted.
    func isVacant() throws -> Bool {
        guard let directory = opendir(path) else {
            if errno == ENOENT { return true }
            throw errno == ENOTDIR ? HistoryStoreError.notAStore(path: path) : StoreFiles.error("open", path)
        }
        defer { closedir(directory) }
        let ours: Set<String> = [".", "..", "database", "acknowledged", "PALIMPSEST.new"]
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            guard ours.contains(name) else { return false }
        }
        return true
    }

    /// Makes the directory itself, readable by its owner only: a history holds everything the guest knew.
    func make() throws {
        guard mkdir(path, 0o700) == 0 || errno == EEXIST else { throw StoreFiles.error("create", path) }
    }

    /// Makes the directory a store, once its database is there.
    func seal() throws {
        let text = "\(Self.firstLine)\nformat \(StoreFormat.version)\n"
        try StoreFiles.replace(formatFile, with: Array(text.utf8), directory: path)
    }

    /// Whether the file system has so little room that what was freed should be given back at once.
    var isShortOfSpace: Bool {
        var status = statvfs()
        guard statvfs(path, &status) == 0 else { return false }
        return UInt64(status.f_bavail) * UInt64(status.f_frsize) < 1 << 30
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
            if stat("\(folder)/\(name)", &status) == 0, status.st_mode & S_IFMT == S_IFREG {
                total += Int(status.st_blocks) * 512
            }
        }
        return total
    }
}
