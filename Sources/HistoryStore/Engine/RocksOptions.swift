import CRocksDB

/// RocksDB's settings, and why they are what they are.
final class RocksOptions: @unchecked Sendable {
    let base: OpaquePointer
    let perFamily: [OpaquePointer?]
    private let blockCache: OpaquePointer

    /// - Parameters:
    ///   - cacheByteCount: for blocks of tables, their indexes and filters, which count too, so that memory does not grow
    ///     with the history.
    ///   - keepsLogInMemory: opening writes nothing of what only the log has, however much: for a disk that is full.
    init(create: Bool, cacheByteCount: Int, keepsLogInMemory: Bool) {
        blockCache = rocksdb_cache_create_lru(cacheByteCount)
        // What only the log has stays in memory at an opening, if a write buffer holds it; and nothing is allocated ahead
        // (RocksDB would take 4 MiB for its list of files and 35 MiB for the log). So an opening needs next to no room.
        base = Self.with("avoid_flush_during_recovery=true;allow_fallocate=false", rocksdb_options_create())!
        rocksdb_options_set_create_if_missing(base, create ? 1 : 0)
        rocksdb_options_set_create_missing_column_families(base, create ? 1 : 0)
        rocksdb_options_set_wal_recovery_mode(base, Int32(rocksdb_point_in_time_recovery))
        // Not all files are opened at once, so that an opening does not take longer the longer the history is. A reader finds
        // that one has gone and opens the database anew (`RocksEngine.reading`).
        rocksdb_options_set_max_open_files(base, 256)
        rocksdb_options_set_skip_stats_update_on_db_open(base, 1)
        // Bounds what an opening after a kill has to replay.
        rocksdb_options_set_max_total_wal_size(base, 96 << 20)
        rocksdb_options_set_max_background_jobs(base, 2)
        rocksdb_options_set_bytes_per_sync(base, 1 << 20)
        rocksdb_options_set_keep_log_file_num(base, 2)
        // Nothing goes to RocksDB's own log: on a full disk, a build of it with assertions (Debian's) ends the process
        // when it logs again after a line that could not be written. What matters comes as an error.
        rocksdb_options_set_info_log_level(base, 5)
        rocksdb_options_set_stats_dump_period_sec(base, 0)
        let cache = blockCache
        let factor = keepsLogInMemory ? 4 : 1
        perFamily = KeySpace.allCases.map { Self.familyOptions($0, cache: cache, writeBufferFactor: factor) }
    }

    /// `BottommostLevelCompaction::kForceOptimized`: each file once.
    static let forceBottommostLevel: UInt8 = 3

    /// Collection compacts whole tables, one after the other, and what is live of each is twice on disk meanwhile. One of
    /// this size names 700 segments, 32 MiB: as much as a write buffer makes.
    static let segmentTableByteCount = 16 << 10

    /// For the same reason. Most manifests are in the tables themselves.
    private static let manifestTableByteCount = 4 << 20

    /// Whether a space's long values are in blob files.
    func hasBlobs(_ space: KeySpace) -> Bool {
        switch space {
        case .segments, .manifests, .maps: true
        case .history, .hashes, .records: false
        }
    }

    deinit {
        for options in perFamily { rocksdb_options_destroy(options) }
        rocksdb_options_destroy(base)
        rocksdb_cache_destroy(blockCache)
    }

    private static func familyOptions(
        _ space: KeySpace, cache: OpaquePointer, writeBufferFactor: Int
    ) -> OpaquePointer? {
        let options = rocksdb_options_create()
        let table = rocksdb_block_based_options_create()
        rocksdb_block_based_options_set_block_cache(table, cache)
        rocksdb_block_based_options_set_cache_index_and_filter_blocks(table, 1)
        rocksdb_block_based_options_set_pin_top_level_index_and_filter(table, 1)
        // In pieces of a block's size: a whole index does not have to be in the cache for one answer.
        rocksdb_block_based_options_set_index_type(
            table, Int32(rocksdb_block_based_table_index_type_two_level_index_search))
        rocksdb_block_based_options_set_partition_filters(table, 1)
        rocksdb_block_based_options_set_format_version(table, 5)
        rocksdb_options_set_compression(options, Int32(rocksdb_no_compression))
        rocksdb_options_set_write_buffer_size(options, writeBufferByteCount(space) * writeBufferFactor)
        switch space {
        case .segments:
            // All of them, so that a table's size tells how many it names.
            useBlobs(options, from: 0)
            rocksdb_options_set_target_file_size_base(options, UInt64(segmentTableByteCount))
            rocksdb_options_set_max_compaction_bytes(options, UInt64(segmentTableByteCount))
        case .manifests:
            useBlobs(options)
            rocksdb_options_set_target_file_size_base(options, UInt64(manifestTableByteCount))
            rocksdb_options_set_max_compaction_bytes(options, UInt64(manifestTableByteCount))
        case .maps:
            useBlobs(options)
        case .history:
            rocksdb_options_set_compression(options, Int32(rocksdb_zstd_compression))
        case .hashes:
            // Nearly every lookup is for content never seen: a filter answers it from memory.
            rocksdb_block_based_options_set_filter_policy(table, rocksdb_filterpolicy_create_ribbon_hybrid(10, 1))
            rocksdb_options_set_compression(options, Int32(rocksdb_zstd_compression))
        case .records: break
        }
        rocksdb_options_set_block_based_table_factory(options, table)
        rocksdb_block_based_options_destroy(table)
        // A filter for the newest keys too, which are not in a file yet.
        return space == .hashes
            ? with("memtable_prefix_bloom_size_ratio=0.1;memtable_whole_key_filtering=true", options) : options
    }

    private static func writeBufferByteCount(_ space: KeySpace) -> Int {
        switch space {
        case .segments: 32 << 20
        case .manifests, .maps, .history, .hashes: 16 << 20
        case .records: 4 << 20
        }
    }

    /// Adds options that have no setter in the C interface.
    private static func with(_ settings: String, _ options: OpaquePointer?) -> OpaquePointer? {
        let changed = rocksdb_options_create()
        var error: UnsafeMutablePointer<CChar>?
        rocksdb_get_options_from_string(options, settings, changed, &error)
        precondition(error == nil, "RocksDB has known these options by these names since version 5.18")
        rocksdb_options_destroy(options)
        return changed
    }

    /// Values of this length and more go to files that compaction leaves alone: each byte is written to the log and once
    /// more.
    private static func useBlobs(_ options: OpaquePointer?, from byteCount: UInt64 = 4096) {
        rocksdb_options_set_enable_blob_files(options, 1)
        rocksdb_options_set_min_blob_size(options, byteCount)
        rocksdb_options_set_blob_file_size(options, 256 << 20)
    }
}
