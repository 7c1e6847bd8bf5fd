import CRocksDB

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

extension RocksEngine {
    /// Turns RocksDB's error text, if there is one, into ours and frees it.
    static func check(_ error: inout UnsafeMutablePointer<CChar>?, path: String) throws {
        guard let text = error else { return }
        let message = String(cString: text)
        rocksdb_free(text)
        error = nil
        throw storeError(message, path: path)
    }

    /// Whether an error says that a file was not there: a writer in another process has deleted it.
    static func isVanishedFile(_ what: String) -> Bool { what.contains("No such file or directory") }

    /// The C interface hands out a status as text only; its first words name the kind.
    private static func storeError(_ message: String, path: String) -> HistoryStoreError {
        if message.contains("While lock file") || message.contains("lock hold by current process") {
            return .lockedByAnotherProcess(path: storePath(path))
        }
        if message.contains("No space left on device") || message.contains("Disk quota exceeded") {
            return .diskFull(path: storePath(path))
        }
        if message.hasPrefix("Corruption") || message.contains("No such file or directory")
            || message.contains("does not exist") || message.contains("Column family not found")
        {
            return .damaged(what: "the database in '\(path)' says: \(message)")
        }
        return .io("the database in '\(path)' says: \(message)")
    }

    /// The store's directory: the database is in a folder of it.
    static func storePath(_ path: String) -> String {
        path.lastIndex(of: "/").map { String(path[..<$0]) } ?? path
    }
}
