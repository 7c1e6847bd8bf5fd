/// When a page map is written. Maps then cost at most some ten bytes a dirty page, and reading one back applies at most
/// `epochsMax` manifests.
struct MapSchedule {
    static let epochsMin = 64
    static let epochsMax = 256

    private(set) var epochs = 0
    private(set) var dirtyPages = 0

    init(epochs: Int = 0, dirtyPages: Int = 0) {
        self.epochs = epochs
        self.dirtyPages = dirtyPages
    }

    /// Counts an epoch in that cannot have a map.
    mutating func skip(dirtyPages count: Int) {
        epochs += 1
        dirtyPages += count
    }

    /// Counts an epoch in. True when a map is due with it, and counting begins anew.
    mutating func isDue(dirtyPages count: Int, presentPages: Int) -> Bool {
        epochs += 1
        dirtyPages += count
        guard epochs >= Self.epochsMax || epochs >= Self.epochsMin && dirtyPages >= presentPages / 2 else {
            return false
        }
        self = MapSchedule()
        return true
    }
}
