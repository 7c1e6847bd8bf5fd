import CRocksDB
import Synchronization

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The store's engine on RocksDB: one column family a key space, one write-ahead log.
///
/// The log is recovered up to its first record that is not whole. A loss of power may leave any sectors of what was not
/// synced, so damage there says nothing; a mode that refuses it would refuse the synced part, too. Whether everything
/// acknowledged as durable is in what was recovered is for the high-water marks to tell.
///
/// Segments and manifests go to blob files, so compaction does not copy them.
final class RocksEngine: StoreEngine, @unchecked Sendable {
    let path: String
    let isReadOnly: Bool
    private let cacheByteCount: Int
    private let current: Mutex<RocksHandle>
    let readOptions: OpaquePointer
    /// For values that checksums of our own protect.
    let uncheckedRead: OpaquePointer
    private let syncedWrite: OpaquePointer
    private let plainWrite: OpaquePointer

    /// A reader opens the database anew so often when a file has gone from under it.
    private static let reopeningCountMax = 5

    /// - Parameters:
    ///   - cacheByteCount: for blocks of tables, their indexes and filters.
    ///   - keepsLogInMemory: see `RocksOptions`.
    /// - Throws: `HistoryStoreError.lockedByAnotherProcess`, `.damaged`, `.io`.
    init(
        path: String, readOnly: Bool, create: Bool, cacheByteCount: Int, keepsLogInMemory: Bool = false
    ) throws {
        self.path = path
        isReadOnly = readOnly
        self.cacheByteCount = cacheByteCount
        current = Mutex(
            readOnly
                ? try RocksHandle.openedForReading(path: path, cacheByteCount: cacheByteCount)
                : try RocksHandle(
                    path: path, readOnly: false, create: create, cacheByteCount: cacheByteCount,
                    keepsLogInMemory: keepsLogInMemory))
        readOptions = rocksdb_readoptions_create()
        uncheckedRead = rocksdb_readoptions_create()
        rocksdb_readoptions_set_verify_checksums(uncheckedRead, 0)
        syncedWrite = rocksdb_writeoptions_create()
        rocksdb_writeoptions_set_sync(syncedWrite, 1)
        plainWrite = rocksdb_writeoptions_create()
    }

    deinit {
        rocksdb_readoptions_destroy(readOptions)
        rocksdb_readoptions_destroy(uncheckedRead)
        rocksdb_writeoptions_destroy(syncedWrite)
        rocksdb_writeoptions_destroy(plainWrite)
    }

    var handle: RocksHandle { current.withLock { $0 } }

    /// Runs `body` on the database. A reader beside a process that writes finds that a file it wants has been replaced and
    /// deleted; it then opens the database as it is now and asks again.
    private func reading<Result>(_ body: (RocksHandle) throws -> Result) throws -> Result {
        var attemptsLeft = Self.reopeningCountMax
        while true {
            let handle = handle
            do {
                return try body(handle)
            } catch HistoryStoreError.damaged(let what)
                where isReadOnly && attemptsLeft > 0 && Self.isVanishedFile(what)
            {
                attemptsLeft -= 1
                try renew(handle)
            }
        }
    }

    private func renew(_ old: RocksHandle) throws {
        let fresh = try RocksHandle.openedForReading(path: path, cacheByteCount: cacheByteCount)
        current.withLock { if $0 === old { $0 = fresh } }
    }

    func putSegment(key: [UInt8], bytes: [UInt8]) throws {
        guard !isReadOnly else { throw HistoryStoreError.readOnly(path: path) }
        let handle = handle
        var error: UnsafeMutablePointer<CChar>?
        bytes.withUnsafeBytes { value in
            rocksdb_put_cf(
                handle.database, plainWrite, handle.family(.segments), Self.chars(key), key.count,
                value.baseAddress?.assumingMemoryBound(to: CChar.self), value.count, &error)
        }
        try Self.check(&error, path: path)
    }

    var position: UInt64 { rocksdb_get_latest_sequence_number(handle.database) }

    func commit(_ change: StoreChange, durable: Bool) throws {
        guard !isReadOnly else { throw HistoryStoreError.readOnly(path: path) }
        let handle = handle
        let batch = rocksdb_writebatch_create()
        defer { rocksdb_writebatch_destroy(batch) }
        for operation in change.operations {
            switch operation {
            case .put(let space, let key, let value):
                value.withUnsafeBytes {
                    rocksdb_writebatch_put_cf(
                        batch, handle.family(space), Self.chars(key), key.count,
                        $0.baseAddress?.assumingMemoryBound(to: CChar.self), $0.count)
                }
            case .delete(let space, let key):
                rocksdb_writebatch_delete_cf(batch, handle.family(space), Self.chars(key), key.count)
            case .deleteRange(let space, let from, let to):
                rocksdb_writebatch_delete_range_cf(
                    batch, handle.family(space), Self.chars(from), from.count, Self.chars(to), to.count)
            }
        }
        var error: UnsafeMutablePointer<CChar>?
        rocksdb_write(handle.database, durable ? syncedWrite : plainWrite, batch, &error)
        try Self.check(&error, path: path)
    }

    func read<Result>(
        _ space: KeySpace, key: [UInt8], _ body: (UnsafeRawBufferPointer) throws -> Result
    ) throws -> Result? {
        let slice = try reading { handle in
            let slice = try find(handle, space, key)
            // The slice may point into the database's memory, so that this has to live as long.
            return slice.map { (slice: $0, handle: handle) }
        }
        guard let slice else { return nil }
        defer { rocksdb_pinnableslice_destroy(slice.slice) }
        var count = 0
        let start = rocksdb_pinnableslice_value(slice.slice, &count)
        return try withExtendedLifetime(slice.handle) {
            try body(UnsafeRawBufferPointer(start: start, count: count))
        }
    }

    func scan(
        _ space: KeySpace, from: [UInt8], to: [UInt8]?,
        _ body: (_ key: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) throws -> Bool
    ) throws {
        // Where the scan goes on if the database has to be opened anew, or a value cannot be read.
        var next = from
        var isOfBody = false
        while true {
            do {
                return try reading { handle in
                    try walk(
                        handle, space, below: to, seek: { rocksdb_iter_seek($0, Self.chars(next), next.count) },
                        rocksdb_iter_next
                    ) { key, value in
                        isOfBody = true
                        let goesOn = try body(key, value)
                        isOfBody = false
                        if isReadOnly || hasBlobs(space) { next = [UInt8](key) + [0] }
                        return goesOn
                    }
                }
            } catch HistoryStoreError.damaged(let what) where !isOfBody && isOfValue(what, in: space) {
                guard let key = damagedKey(space, from: next) else { throw HistoryStoreError.damaged(what: what) }
                if let to, !key.lexicographicallyPrecedes(to) { return }
                next = key + [0]
                guard try visitDamaged(space, key, body) else { return }
            }
        }
    }

    func scanDown(
        _ space: KeySpace, below to: [UInt8],
        _ body: (_ key: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) throws -> Bool
    ) throws {
        var end = to
        var isOfBody = false
        while true {
            do {
                return try reading { handle in
                    try walk(
                        handle, space, below: nil,
                        seek: { rocksdb_iter_seek_for_prev($0, Self.chars(end), end.count) }, rocksdb_iter_prev
                    ) { key, value in
                        if key.elementsEqual(end) { return true }
                        isOfBody = true
                        let goesOn = try body(key, value)
                        isOfBody = false
                        if isReadOnly || hasBlobs(space) { end = [UInt8](key) }
                        return goesOn
                    }
                }
            } catch HistoryStoreError.damaged(let what) where !isOfBody && isOfValue(what, in: space) {
                guard let key = damagedKey(space, below: end) else { throw HistoryStoreError.damaged(what: what) }
                end = key
                guard try visitDamaged(space, key, body) else { return }
            }
        }
    }

    private func walk(
        _ handle: RocksHandle, _ space: KeySpace, below to: [UInt8]?, seek: (OpaquePointer) -> Void,
        _ step: (OpaquePointer) -> Void,
        _ body: (_ key: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) throws -> Bool
    ) throws {
        let bounds = rocksdb_readoptions_create()
        defer { rocksdb_readoptions_destroy(bounds) }
        // What is read once is not worth the place of what is read again.
        rocksdb_readoptions_set_fill_cache(bounds, space == .history || space == .maps ? 1 : 0)
        // RocksDB keeps a pointer to the bound, so it lives in memory of our own until the iterator is gone.
        let bound = UnsafeMutablePointer<CChar>.allocate(capacity: max(to?.count ?? 0, 1))
        defer { bound.deallocate() }
        if let to {
            for (index, byte) in to.enumerated() { bound[index] = CChar(bitPattern: byte) }
            rocksdb_readoptions_set_iterate_upper_bound(bounds, bound, to.count)
        }
        let iterator = rocksdb_create_iterator_cf(handle.database, bounds, handle.family(space))!
        defer { rocksdb_iter_destroy(iterator) }
        seek(iterator)
        while rocksdb_iter_valid(iterator) != 0 {
            var keyCount = 0
            var valueCount = 0
            let key = rocksdb_iter_key(iterator, &keyCount)
            let value = rocksdb_iter_value(iterator, &valueCount)
            let goesOn = try body(
                UnsafeRawBufferPointer(start: key, count: keyCount),
                UnsafeRawBufferPointer(start: value, count: valueCount))
            guard goesOn else { return }
            step(iterator)
        }
        var error: UnsafeMutablePointer<CChar>?
        rocksdb_iter_get_error(iterator, &error)
        try Self.check(&error, path: path)
    }

    func fileByteCount(_ space: KeySpace) throws -> Int {
        let handle = handle
        let properties = ["rocksdb.live-sst-files-size", "rocksdb.live-blob-file-size"]
        return properties.reduce(0) { $0 + Self.property($1, handle, space) }
    }

    func settle() throws {
        guard !isReadOnly else { return }
        for space in Self.settlingOrder where hasRoom(toSettle: space) { try flush(space) }
    }

    var hasRoomToSettle: Bool { Self.settlingOrder.allSatisfy(hasRoom(toSettle:)) }

    /// Segments last. A file of the log goes when no space needs it any longer, and mostly it is the small ones that still
    /// do: on a full disk they make the room that the segments need.
    private static let settlingOrder: [KeySpace] = [.records, .maps, .manifests, .history, .hashes, .segments]

    /// A flush that fails for want of room would be the last thing that this engine does.
    private func hasRoom(toSettle space: KeySpace) -> Bool {
        let needed = Self.property("rocksdb.cur-size-all-mem-tables", handle, space)
        return needed + Self.tableOverheadByteCount <= StoreFiles.freeByteCount(path)
    }

    private static let tableOverheadByteCount = 64 << 10

    private func flush(_ space: KeySpace) throws {
        let handle = handle
        let flushOptions = rocksdb_flushoptions_create()
        defer { rocksdb_flushoptions_destroy(flushOptions) }
        rocksdb_flushoptions_set_wait(flushOptions, 1)
        var error: UnsafeMutablePointer<CChar>?
        rocksdb_flush_cf(handle.database, flushOptions, handle.family(space), &error)
        try Self.check(&error, path: path)
    }

    private static func property(_ name: String, _ handle: RocksHandle, _ space: KeySpace) -> Int {
        var value: UInt64 = 0
        let isKnown = rocksdb_property_int_cf(handle.database, handle.family(space), name, &value) == 0
        return isKnown ? Int(clamping: value) : 0
    }

    func reclaim(_ space: KeySpace, from: [UInt8]?, to: [UInt8]?) throws {
        guard !isReadOnly else { throw HistoryStoreError.readOnly(path: path) }
        // Whether or not there seems to be room: what was deleted again is not written, and that may be nearly all.
        for space in Self.settlingOrder { try flush(space) }
        let handle = handle
        if handle.options.hasBlobs(space) { try setBlobCollection(true, handle, space) }
        try compact(handle, space, from: from, to: to)
        if handle.options.hasBlobs(space) { try setBlobCollection(false, handle, space) }
    }

    func divide(_ space: KeySpace) throws -> [[UInt8]] {
        guard !isReadOnly else { throw HistoryStoreError.readOnly(path: path) }
        let handle = handle
        var tables = RocksTable.all(of: space, in: handle)
        if !tables.areDisjointAndSmall, hasRoomToSettle {
            // Only keys are moved, as the collection of blobs is off.
            try compact(handle, space, from: nil, to: nil)
            tables = RocksTable.all(of: space, in: handle)
        }
        return tables.map(\.firstKey)
    }

    private func compact(_ handle: RocksHandle, _ space: KeySpace, from: [UInt8]?, to: [UInt8]?) throws {
        let how = rocksdb_compactoptions_create()
        defer { rocksdb_compactoptions_destroy(how) }
        rocksdb_compactoptions_set_bottommost_level_compaction(how, RocksOptions.forceBottommostLevel)
        // The C interface does not say whether it succeeded.
        let failuresBefore = Self.property("rocksdb.background-errors", handle, .records)
        (from ?? []).withUnsafeBytes { start in
            (to ?? []).withUnsafeBytes { end in
                rocksdb_compact_range_cf_opt(
                    handle.database, handle.family(space), how,
                    from == nil ? nil : start.baseAddress?.assumingMemoryBound(to: CChar.self),
                    start.count, to == nil ? nil : end.baseAddress?.assumingMemoryBound(to: CChar.self), end.count)
            }
        }
        guard Self.property("rocksdb.background-errors", handle, .records) > failuresBefore else { return }
        let store = Self.storePath(path)
        throw StoreDirectory(path: store).isShortOfSpace
            ? HistoryStoreError.diskFull(path: store)
            : .damaged(
                what: "space of '\(path)' cannot be given back, as something that has to be copied cannot be read")
    }

    /// Whether compaction moves values out of files of which parts are garbage. Off in recording: nothing is garbage then.
    private func setBlobCollection(_ isOn: Bool, _ handle: RocksHandle, _ space: KeySpace) throws {
        let settings = [
            ("enable_blob_garbage_collection", isOn ? "true" : "false"), ("blob_garbage_collection_age_cutoff", "1.0"),
        ]
        let keys = settings.map { strdup($0.0)! }
        let values = settings.map { strdup($0.1)! }
        defer { for text in keys + values { free(text) } }
        var error: UnsafeMutablePointer<CChar>?
        let keyPointers = keys.map { UnsafePointer<CChar>?(UnsafePointer($0)) }
        let valuePointers = values.map { UnsafePointer<CChar>?(UnsafePointer($0)) }
        rocksdb_set_options_cf(
            handle.database, handle.family(space), Int32(settings.count), keyPointers, valuePointers, &error)
        try Self.check(&error, path: path)
    }

    /// A key as the C interface wants it; valid for the duration of the call it is an argument of.
    static func chars(_ bytes: [UInt8]) -> [CChar] {
        bytes.map { CChar(bitPattern: $0) }
    }
}
