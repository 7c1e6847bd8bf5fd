import CRocksDB

/// One of the database's sorted files. What its keys' long values are is in blob files.
struct RocksTable {
    let firstKey: [UInt8]
    let lastKey: [UInt8]
    let byteCount: Int

    /// A space's, by their first keys.
    static func all(of space: KeySpace, in handle: RocksHandle) -> [RocksTable] {
        let files = rocksdb_livefiles(handle.database)
        defer { rocksdb_livefiles_destroy(files) }
        return (0..<rocksdb_livefiles_count(files)).filter {
            rocksdb_livefiles_column_family_name(files, $0).map { String(cString: $0) } == space.name
        }.map { file in
            var (firstCount, lastCount) = (0, 0)
            let first = rocksdb_livefiles_smallestkey(files, file, &firstCount)
            let last = rocksdb_livefiles_largestkey(files, file, &lastCount)
            return RocksTable(
                firstKey: [UInt8](UnsafeRawBufferPointer(start: first, count: firstCount)),
                lastKey: [UInt8](UnsafeRawBufferPointer(start: last, count: lastCount)),
                byteCount: rocksdb_livefiles_size(files, file))
        }.sorted { $0.firstKey.lexicographicallyPrecedes($1.firstKey) }
    }
}

extension [RocksTable] {
    /// Whether each can be compacted without the others, and names about as many long values as one blob file has.
    var areDisjointAndSmall: Bool {
        zip(self, dropFirst()).allSatisfy { $0.lastKey.lexicographicallyPrecedes($1.firstKey) }
            && allSatisfy { $0.byteCount <= 2 * RocksOptions.segmentTableByteCount }
    }
}
