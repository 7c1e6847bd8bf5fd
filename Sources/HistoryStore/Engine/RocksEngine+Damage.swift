import CRocksDB

/// Reading what a damaged blob file still has.
///
/// RocksDB gives no value whose checksum is wrong, and a walk ends there. The store checks every long value by hashes of its
/// own, which tell more exactly what of it is damaged: so it takes the value as it is, and where there is none, an empty one.
/// Damage of the database's own tables, which hold keys, is not gone round.
extension RocksEngine {
    func hasBlobs(_ space: KeySpace) -> Bool { handle.options.hasBlobs(space) }

    /// Whether RocksDB says of a value that it is damaged, not of the table with its key.
    func isOfValue(_ what: String, in space: KeySpace) -> Bool { hasBlobs(space) && what.contains("lob") }

    /// How many keys, from where a walk ended, are tried for the one with the damaged value: maps are up to 256 epochs apart.
    private static let probeCountMax: UInt64 = 4096

    func find(_ handle: RocksHandle, _ space: KeySpace, _ key: [UInt8]) throws -> OpaquePointer? {
        do {
            return try find(handle, space, key, readOptions)
        } catch HistoryStoreError.damaged(let what) where isOfValue(what, in: space) {
            if let value = try? find(handle, space, key, uncheckedRead) { return value }
            throw HistoryStoreError.damaged(what: what)
        }
    }

    private func find(
        _ handle: RocksHandle, _ space: KeySpace, _ key: [UInt8], _ options: OpaquePointer?
    ) throws -> OpaquePointer? {
        var error: UnsafeMutablePointer<CChar>?
        let slice = rocksdb_get_pinned_cf(
            handle.database, options, handle.family(space), Self.chars(key), key.count, &error)
        try Self.check(&error, path: path)
        return slice
    }

    /// Gives a walk's body what can be had of a damaged value.
    func visitDamaged(
        _ space: KeySpace, _ key: [UInt8],
        _ body: (_ key: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) throws -> Bool
    ) throws -> Bool {
        let value = (try? read(space, key: key) { [UInt8]($0) }) ?? []
        return try key.withUnsafeBytes { key in try value.withUnsafeBytes { try body(key, $0) } }
    }

    /// The first key from one on whose value cannot be read. Such spaces have keys that end in a number of 8 bytes.
    func damagedKey(_ space: KeySpace, from key: [UInt8]) -> [UInt8]? {
        let start = Array((key + [UInt8](repeating: 0, count: 16)).prefix(keyByteCount(space)))
        return probe(space, start, first: key.count > start.count ? 1 : 0) { $0 &+ $1 }
    }

    /// The last key before one whose value cannot be read.
    func damagedKey(_ space: KeySpace, below key: [UInt8]) -> [UInt8]? {
        let start = Array((key + [UInt8](repeating: 0, count: 16)).prefix(keyByteCount(space)))
        return probe(space, start, first: 1) { $0 &- $1 }
    }

    private func keyByteCount(_ space: KeySpace) -> Int { space == .segments ? 8 : 12 }

    private func probe(
        _ space: KeySpace, _ start: [UInt8], first: UInt64, _ move: (UInt64, UInt64) -> UInt64
    ) -> [UInt8]? {
        let prefix = start.dropLast(8)
        let number = start.suffix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        for distance in first..<first + Self.probeCountMax {
            let key = prefix + (0..<8).map { UInt8(truncatingIfNeeded: move(number, distance) >> UInt64(56 - 8 * $0)) }
            if hasDamagedValue(space, Array(key)) { return Array(key) }
        }
        return nil
    }

    private func hasDamagedValue(_ space: KeySpace, _ key: [UInt8]) -> Bool {
        let handle = handle
        do {
            guard let slice = try find(handle, space, key, readOptions) else { return false }
            rocksdb_pinnableslice_destroy(slice)
            return false
        } catch { return true }
    }
}
