extension HistoryStore {
    /// Rewrites the database's files without what was deleted or replaced in them.
    ///
    /// - Parameter progress: told the key space that is next.
    /// - Throws: `HistoryStoreError.readOnly`, `.diskFull`, `.io`.
    public func compact(progress: (String) -> Void = { _ in }) throws {
        let core = try core
        try core.maintaining {
            for space in KeySpace.allCases {
                progress(space.name)
                try core.engine.reclaim(space, from: nil, to: nil)
            }
        }
    }

    /// What the store's files occupy.
    public func occupiedBytes() throws -> Int { try core.directory.occupiedBytes() }
}
