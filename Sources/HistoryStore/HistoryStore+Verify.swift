extension HistoryStore {
    /// Reads and checks the whole store: every manifest, segment, page, blob, map and index.
    ///
    /// - Parameter progress: called after each epoch.
    /// - Returns: what is wrong; empty when nothing is.
    /// - Throws: only `HistoryStoreError.closed`; damage is in the findings.
    public func verify(progress: @escaping (VerifyProgress) -> Void = { _ in }) throws -> [Finding] {
        try Verifier.run(self, progress: progress)
    }
}
