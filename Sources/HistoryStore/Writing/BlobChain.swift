/// Versions of the machine state that the next may be stored against: the same skip-deltas as pages have
/// (`VersionCache`), so that reading one back takes at most four others.
struct BlobChain {
    /// Versions from one that is whole to the next.
    static let interval = 16
    private var versionIndex = -1
    private var chain: [(epoch: UInt64, bytes: [UInt8])] = []

    /// What the next version is stored against; nil when it is to be whole.
    var base: (epoch: UInt64, bytes: [UInt8])? {
        let next = versionIndex + 1
        guard next > 0, next < Self.interval else { return nil }
        return chain[(next & (next - 1)).nonzeroBitCount]
    }

    /// Notes the version that was stored with or without `base`.
    mutating func add(epoch: UInt64, bytes: [UInt8], isDelta: Bool) {
        if isDelta {
            versionIndex += 1
            chain.removeSubrange(versionIndex.nonzeroBitCount...)
        } else {
            versionIndex = 0
            chain.removeAll()
        }
        chain.append((epoch, bytes))
    }
}
