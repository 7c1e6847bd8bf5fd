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
    init(path: String, readOnly: Bool, create: Bool, cacheByteCount: Int) throws {
        let options = RocksOptions(create: create, cacheByteCount: cacheByteCount)
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
