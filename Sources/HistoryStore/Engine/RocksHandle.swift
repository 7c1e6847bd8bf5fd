import CRocksDB

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// An open RocksDB database and its column families; closed with its last user.
final class RocksHandle: @unchecked Sendable {
    let database: OpaquePointer
    let families: [OpaquePointer]
    let options: RocksOptions

    /// - Throws: `HistoryStoreError.lockedByAnotherProcess`, `.damaged`, `.io`.
    init(
        path: String, readOnly: Bool, create: Bool, cacheByteCount: Int, keepsLogInMemory: Bool = false
    ) throws {
        if !readOnly { try Self.syncLogs(in: path) }
        let options = RocksOptions(
            create: create, cacheByteCount: cacheByteCount, keepsLogInMemory: keepsLogInMemory)
        self.options = options
        var handles = [OpaquePointer?](repeating: nil, count: KeySpace.allCases.count)
        var error: UnsafeMutablePointer<CChar>?
        let opened = Self.withFamilyNames { names in
            options.perFamily.withUnsafeBufferPointer { familyOptions in
                let count = Int32(familyOptions.count)
                return readOnly
                    ? rocksdb_open_for_read_only_column_families(
                        options.base, path, count, names, familyOptions.baseAddress, &handles, 0, &error)
                    : rocksdb_open_column_families(
                        options.base, path, count, names, familyOptions.baseAddress, &handles, &error)
            }
        }
        try RocksEngine.check(&error, path: path)
        guard let opened else { throw HistoryStoreError.io("cannot open '\(path)'") }
        database = opened
        families = handles.map { $0! }
    }

    /// What a killed process left in the logs may be in the host's memory only. RocksDB keeps it in its own and never syncs
    /// those files; but what comes after it must not outlive it.
    private static func syncLogs(in path: String) throws {
        guard let directory = opendir(path) else { return }
        defer { closedir(directory) }
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name.hasSuffix(".log") { try StoreFiles.syncFile("\(path)/\(name)") }
        }
        try StoreFiles.syncDirectory(path)
    }

    /// Opens a database that another process may be writing, as it was at one moment.
    ///
    /// Opening reads the list of files and then the logs it names. A writer that makes files of what is in a log in
    /// between deletes the log, and what had not been in a file yet would be missing: that shows in the list.
    static func openedForReading(path: String, cacheByteCount: Int) throws -> RocksHandle {
        var attemptsLeft = openingCountMax
        while true {
            let listBefore = try ListOfFiles(path: path)
            do {
                let handle = try RocksHandle(path: path, readOnly: true, create: false, cacheByteCount: cacheByteCount)
                attemptsLeft -= 1
                if try listBefore == ListOfFiles(path: path) || attemptsLeft == 0 { return handle }
            } catch HistoryStoreError.damaged(let what)
                where attemptsLeft > 0 && RocksEngine.isVanishedFile(what)
            {
                attemptsLeft -= 1
            }
        }
    }

    /// Who writes makes new files a few times a second at most, and opening takes milliseconds.
    private static let openingCountMax = 50

    /// The name and length of RocksDB's list of its files, which only grows.
    private struct ListOfFiles: Equatable {
        let name: [UInt8]?
        let byteCount: Int?

        init(path: String) throws {
            name = try StoreFiles.contents(of: path + "/CURRENT")
            let file = name.map { String(decoding: $0, as: UTF8.self).filter { !$0.isNewline } }
            var status = stat()
            byteCount = file.flatMap { lstat("\(path)/\($0)", &status) == 0 ? Int(status.st_size) : nil }
        }
    }

    deinit {
        for family in families { rocksdb_column_family_handle_destroy(family) }
        rocksdb_close(database)
    }

    func family(_ space: KeySpace) -> OpaquePointer { families[space.rawValue] }

    private static func withFamilyNames<Result>(
        _ body: (UnsafePointer<UnsafePointer<CChar>?>?) -> Result
    ) -> Result {
        let copies = KeySpace.allCases.map { strdup($0.name)! }
        defer { for copy in copies { free(copy) } }
        return copies.map { UnsafePointer<CChar>?(UnsafePointer($0)) }.withUnsafeBufferPointer { body($0.baseAddress) }
    }
}
