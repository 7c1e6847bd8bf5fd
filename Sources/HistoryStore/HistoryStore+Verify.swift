extension HistoryStore {
    /// Reads and checks the store: every segment, manifest, blob, map and index, and as many page contents as asked for.
    ///
    /// - Parameters:
    ///   - progress: called as it goes on.
    ///   - shouldStop: asked often; true ends it early.
    /// - Returns: what is wrong, and which checkpoints that leaves whole.
    /// - Throws: `HistoryStoreError.closed`, or what keeps the store from being read at all; damage is in the findings.
    public func verify(
        _ options: VerifyOptions = VerifyOptions(), progress: @escaping (VerifyProgress) -> Void = { _ in },
        shouldStop: @escaping () -> Bool = { false }
    ) throws -> VerifyReport {
        try Verifier.run(self, options, progress: progress, shouldStop: shouldStop)
    }
}
