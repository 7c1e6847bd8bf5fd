import CRocksDB

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The store's engine on RocksDB: one column family a key space, one write-ahead log.
///
/// The log is recovered in mode 0 (a torn tail is tolerated, damage elsewhere refused): the default silently drops
/// every record after damaged ones. Segments and manifests go to blob files, so compaction does not copy them.
final class RocksEngine: StoreEngine, @unchecked Sendable {
    let path: String
    let isReadOnly: Bool
    private let database: OpaquePointer
    private let families: [OpaquePointer]
    private let options: RocksOptions
    private let readOptions: OpaquePointer
    private let syncedWrite: OpaquePointer
    private let plainWrite: OpaquePointer

    /// - Throws: `HistoryStoreError.lockedByAnotherProcess`, `.damaged`, `.io`.
    init(path: String, readOnly: Bool, create: Bool) throws {
        self.path = path
        isReadOnly = readOnly
        let options = RocksOptions(create: create)
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
        try Self.check(&error, path: path)
        guard let opened else { throw HistoryStoreError.io("cannot open '\(path)'") }
        database = opened
        families = handles.map { $0! }
        readOptions = rocksdb_readoptions_create()
        syncedWrite = rocksdb_writeoptions_create()
        rocksdb_writeoptions_set_sync(syncedWrite, 1)
        plainWrite = rocksdb_writeoptions_create()
    }

    deinit {
        for family in families { rocksdb_column_family_handle_destroy(family) }
        rocksdb_close(database)
        rocksdb_readoptions_destroy(readOptions)
        rocksdb_writeoptions_destroy(syncedWrite)
        rocksdb_writeoptions_destroy(plainWrite)
    }

    func putSegment(key: [UInt8], bytes: [UInt8]) throws {
        guard !isReadOnly else { throw HistoryStoreError.readOnly(path: path) }
        var error: UnsafeMutablePointer<CChar>?
        bytes.withUnsafeBytes { value in
            rocksdb_put_cf(
                database, plainWrite, families[KeySpace.segments.rawValue], Self.chars(key), key.count,
                value.baseAddress?.assumingMemoryBound(to: CChar.self), value.count, &error)
        }
        try Self.check(&error, path: path)
    }

    func commit(_ change: StoreChange, durable: Bool) throws {
        guard !isReadOnly else { throw HistoryStoreError.readOnly(path: path) }
        let batch = rocksdb_writebatch_create()
        defer { rocksdb_writebatch_destroy(batch) }
        for operation in change.operations {
            switch operation {
            case .put(let space, let key, let value):
                value.withUnsafeBytes {
                    rocksdb_writebatch_put_cf(
                        batch, families[space.rawValue], Self.chars(key), key.count,
                        $0.baseAddress?.assumingMemoryBound(to: CChar.self), $0.count)
                }
            case .delete(let space, let key):
                rocksdb_writebatch_delete_cf(batch, families[space.rawValue], Self.chars(key), key.count)
            case .deleteRange(let space, let from, let to):
                rocksdb_writebatch_delete_range_cf(
                    batch, families[space.rawValue], Self.chars(from), from.count, Self.chars(to), to.count)
            }
        }
        var error: UnsafeMutablePointer<CChar>?
        rocksdb_write(database, durable ? syncedWrite : plainWrite, batch, &error)
        try Self.check(&error, path: path)
    }

    func read<Result>(
        _ space: KeySpace, key: [UInt8], _ body: (UnsafeRawBufferPointer) throws -> Result
    ) throws -> Result? {
        var error: UnsafeMutablePointer<CChar>?
        let slice = key.withUnsafeBytes {
            rocksdb_get_pinned_cf(
                database, readOptions, families[space.rawValue], $0.baseAddress?.assumingMemoryBound(to: CChar.self),
                $0.count, &error)
        }
        try Self.check(&error, path: path)
        guard let slice else { return nil }
        defer { rocksdb_pinnableslice_destroy(slice) }
        var count = 0
        let start = rocksdb_pinnableslice_value(slice, &count)
        return try body(UnsafeRawBufferPointer(start: start, count: count))
    }

    func scan(
        _ space: KeySpace, from: [UInt8], to: [UInt8]?,
        _ body: (_ key: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) throws -> Bool
    ) throws {
        let bounds = rocksdb_readoptions_create()
        defer { rocksdb_readoptions_destroy(bounds) }
        // RocksDB keeps a pointer to the bound, so it lives in memory of our own until the iterator is gone.
        let bound = UnsafeMutablePointer<CChar>.allocate(capacity: max(to?.count ?? 0, 1))
        defer { bound.deallocate() }
        if let to {
            for (index, byte) in to.enumerated() { bound[index] = CChar(bitPattern: byte) }
            rocksdb_readoptions_set_iterate_upper_bound(bounds, bound, to.count)
        }
        let iterator = rocksdb_create_iterator_cf(database, bounds, families[space.rawValue])
        defer { rocksdb_iter_destroy(iterator) }
        rocksdb_iter_seek(iterator, Self.chars(from), from.count)
        while rocksdb_iter_valid(iterator) != 0 {
            var keyCount = 0
            var valueCount = 0
            let key = rocksdb_iter_key(iterator, &keyCount)
            let value = rocksdb_iter_value(iterator, &valueCount)
            let goOn = try body(
                UnsafeRawBufferPointer(start: key, count: keyCount),
                UnsafeRawBufferPointer(start: value, count: valueCount))
            guard goOn else { return }
            rocksdb_iter_next(iterator)
        }
        var error: UnsafeMutablePointer<CChar>?
        rocksdb_iter_get_error(iterator, &error)
        try Self.check(&error, path: path)
    }

    func scanDown(
        _ space: KeySpace, below to: [UInt8],
        _ body: (_ key: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) throws -> Bool
    ) throws {
        let iterator = rocksdb_create_iterator_cf(database, readOptions, families[space.rawValue])
        defer { rocksdb_iter_destroy(iterator) }
        rocksdb_iter_seek_for_prev(iterator, Self.chars(to), to.count)
        while rocksdb_iter_valid(iterator) != 0 {
            var keyCount = 0
            var valueCount = 0
            let key = rocksdb_iter_key(iterator, &keyCount)
            let value = rocksdb_iter_value(iterator, &valueCount)
            let keyBytes = UnsafeRawBufferPointer(start: key, count: keyCount)
            let isBound = keyBytes.elementsEqual(to)
            guard try isBound || body(keyBytes, UnsafeRawBufferPointer(start: value, count: valueCount)) else { return }
            rocksdb_iter_prev(iterator)
        }
        var error: UnsafeMutablePointer<CChar>?
        rocksdb_iter_get_error(iterator, &error)
        try Self.check(&error, path: path)
    }

    func settle() throws {
        guard !isReadOnly else { return }
        let flushOptions = rocksdb_flushoptions_create()
        defer { rocksdb_flushoptions_destroy(flushOptions) }
        rocksdb_flushoptions_set_wait(flushOptions, 1)
        for family in families {
            var error: UnsafeMutablePointer<CChar>?
            rocksdb_flush_cf(database, flushOptions, family, &error)
            try Self.check(&error, path: path)
        }
    }

    func reclaim(_ space: KeySpace, from: [UInt8]?, to: [UInt8]?) throws {
        guard !isReadOnly else { throw HistoryStoreError.readOnly(path: path) }
        try settle()
        let family = families[space.rawValue]
        if options.hasBlobs(space) { try setBlobCollection(true, family) }
        let how = rocksdb_compactoptions_create()
        defer { rocksdb_compactoptions_destroy(how) }
        rocksdb_compactoptions_set_bottommost_level_compaction(how, RocksOptions.forceBottommostLevel)
        (from ?? []).withUnsafeBytes { start in
            (to ?? []).withUnsafeBytes { end in
                rocksdb_compact_range_cf_opt(
                    database, family, how, from == nil ? nil : start.baseAddress?.assumingMemoryBound(to: CChar.self),
                    start.count, to == nil ? nil : end.baseAddress?.assumingMemoryBound(to: CChar.self), end.count)
            }
        }
        if options.hasBlobs(space) { try setBlobCollection(false, family) }
    }

    /// Whether compaction moves values out of files of which parts are garbage. Off in recording: nothing is garbage then.
    private func setBlobCollection(_ isOn: Bool, _ family: OpaquePointer) throws {
        let settings = [
            ("enable_blob_garbage_collection", isOn ? "true" : "false"), ("blob_garbage_collection_age_cutoff", "1.0"),
        ]
        let keys = settings.map { strdup($0.0)! }
        let values = settings.map { strdup($0.1)! }
        defer { for text in keys + values { free(text) } }
        var error: UnsafeMutablePointer<CChar>?
        let keyPointers = keys.map { UnsafePointer<CChar>?(UnsafePointer($0)) }
        let valuePointers = values.map { UnsafePointer<CChar>?(UnsafePointer($0)) }
        rocksdb_set_options_cf(database, family, Int32(settings.count), keyPointers, valuePointers, &error)
        try Self.check(&error, path: path)
    }

    /// A key as the C interface wants it; valid for the duration of the call it is an argument of.
    private static func chars(_ bytes: [UInt8]) -> [CChar] {
        bytes.map { CChar(bitPattern: $0) }
    }

    private static func withFamilyNames<Result>(
        _ body: (UnsafePointer<UnsafePointer<CChar>?>?) -> Result
    ) -> Result {
        let copies = KeySpace.allCases.map { strdup($0.name)! }
        defer { for copy in copies { free(copy) } }
        return copies.map { UnsafePointer<CChar>?(UnsafePointer($0)) }.withUnsafeBufferPointer { body($0.baseAddress) }
    }
}
