import HistoryStore
import StoreTraffic

/// What a seed chooses for a store, and for one child that writes to it.
struct TorturePlan {
    let seed: UInt64
    let shape: ReproducibleGuest.Shape

    init(seed: UInt64) {
        self.seed = seed
        var generator = SeededGenerator(seed: seed)
        var shape = ReproducibleGuest.Shape()
        shape.seed = generator.next()
        shape.pageCount = [5, 12, 24, 40, 80].randomElement(using: &generator)!
        shape.stateByteCount = [60, 600, 600, 50_000].randomElement(using: &generator)!
        // Now and then a base image whose segments are put ahead of their manifest.
        if Int.random(in: 0..<24, using: &generator) == 0 { shape.pageCount = 20_000 }
        self.shape = shape
    }

    /// The random walk of one child.
    func generator(round: UInt64) -> SeededGenerator { SeededGenerator(seed: seed &* 0x1_0001 &+ round &* 77) }

    static func writerOptions(_ generator: inout SeededGenerator) -> WriterOptions {
        WriterOptions(
            durability: durability(&generator),
            versionCacheBytes: [0, 16 << 10, 1 << 30].randomElement(using: &generator)!,
            keyframeInterval: [2, 4, 8, 32, 64].randomElement(using: &generator)!)
    }

    private static func durability(_ generator: inout SeededGenerator) -> Durability {
        switch Int.random(in: 0..<6, using: &generator) {
        case 0: .off
        case 1: .interval(seconds: 0.02)
        default: .epoch
        }
    }
}
