/// When what the guest prints is shown (patents.md, requirement 18). Input is never held.
public enum OutputRelease: String, Equatable, Sendable {
    /// At once.
    case immediate
    /// Once the epoch that it was printed in is durable: what was seen is never lost.
    case durable
}

/// Holds the output of epochs until they are durable.
struct OutputBarrier {
    private var held: [(epoch: UInt64, output: [UInt8])] = []

    mutating func hold(_ output: [UInt8], of epoch: UInt64) {
        if !output.isEmpty { held.append((epoch, output)) }
    }

    /// Every epoch up to this one is durable.
    /// - Returns: what may be shown now.
    mutating func release(through epoch: UInt64) -> [UInt8] {
        let count = held.prefix { $0.epoch <= epoch }.count
        defer { held.removeFirst(count) }
        return held.prefix(count).flatMap(\.output)
    }
}
