import HistoryStore
import Machine

/// What the guest printed on its console.
public struct ConsoleText {
    private let store: HistoryStore
    private let options: CheckoutOptions

    public init(_ store: HistoryStore, options: CheckoutOptions = CheckoutOptions()) {
        self.store = store
        self.options = options
    }

    /// Hands the bytes printed from `range.start` to `range.end` to `body`, piece by piece, until it returns false.
    ///
    /// Whole epochs come from their manifests; where the range starts or ends between checkpoints the guest is executed.
    /// - Throws: the store's errors, `TimeTravelError`.
    public func forEachPiece(in range: ResolvedRange, _ body: ([UInt8]) throws -> Bool) throws {
        // What the start's epoch had printed before the start.
        var skip = try byteCountPrinted(before: range.start)
        if range.start.epoch < range.end.epoch {
            var goOn = true
            try store.forEachManifest(timeline: range.timeline, in: range.start.epoch + 1...range.end.epoch) {
                let text = try $0.consoleOutput()
                goOn = text.count <= skip ? true : try body(Array(text[skip...]))
                skip = 0
                return goOn
            }
            guard goOn else { return }
        }
        let rest = try printedSinceCheckpoint(range.end)
        if rest.count > skip { _ = try body(Array(rest[skip...])) }
    }

    /// Everything printed in `range`.
    /// - Throws: as `forEachPiece`.
    public func bytes(in range: ResolvedRange) throws -> [UInt8] {
        var bytes: [UInt8] = []
        try forEachPiece(in: range) {
            bytes += $0
            return true
        }
        return bytes
    }

    private func byteCountPrinted(before position: ResolvedPosition) throws -> Int {
        try printedSinceCheckpoint(position).count
    }

    private func printedSinceCheckpoint(_ position: ResolvedPosition) throws -> [UInt8] {
        if position.isCheckpoint { return [] }
        return try Checkout(store, at: position, options: options).machine.takeConsoleOutput()
    }
}
