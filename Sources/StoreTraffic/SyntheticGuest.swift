import GuestMemory
import HistoryStore

/// What a synthetic guest does to its memory.
public struct TrafficOptions: Equatable, Sendable {
    /// Pages of memory; three in four hold something at checkpoint 0.
    public var pageCount = 16384
    /// Writes in an epoch; a page that is written twice is dirty once.
    public var writesPerEpoch = 100
    /// Words of 8 bytes that most writes change.
    public var changedWords = 1...16
    /// 1 writes to all pages alike; 2, 3, … more and more often to the first ones.
    public var locality = 2.0
    /// Of 100 writes: those that change several times as many words; fill the page anew; zero it; change nothing.
    public var largeShare = 26
    public var fillShare = 5
    public var zeroShare = 3
    public var unchangedShare = 4
    public var seed: UInt64 = 1

    public init() {}
}

/// A guest's memory under synthetic load, like a kernel's boot in kind: most dirty pages change in a few counters and
/// pointers, some are filled anew, a few become zero, a few are written with what they held. The same options give the
/// same history.
public final class SyntheticGuest {
    public let firstPage: UInt64
    public let pageCount: Int
    public let memory: UnsafeMutableRawPointer
    public private(set) var epoch: UInt64 = 0
    private let options: TrafficOptions
    private var generator: SeededGenerator
    /// Page indexes written since the last `takeEpoch`.
    private var dirty: Set<Int> = []

    public init(_ options: TrafficOptions, firstPage: UInt64 = 0x80000) {
        self.options = options
        self.firstPage = firstPage
        pageCount = options.pageCount
        generator = SeededGenerator(seed: options.seed)
        memory = .allocate(byteCount: pageCount * pageSize, alignment: pageSize)
        memory.initializeMemory(as: UInt8.self, repeating: 0, count: pageCount * pageSize)
        for index in 0..<pageCount where index % 4 != 3 { fill(index) }
    }

    public convenience init(pageCount: Int, seed: UInt64) {
        var options = TrafficOptions()
        options.pageCount = pageCount
        options.seed = seed
        self.init(options)
    }

    deinit { memory.deallocate() }

    public func page(_ index: Int) -> UnsafeMutableRawPointer { memory + index * pageSize }

    /// One epoch's writes.
    public func run() { run(dirtyPages: options.writesPerEpoch) }

    /// Dirties about `count` pages.
    public func run(dirtyPages count: Int) {
        let large = 100 - options.largeShare - options.fillShare - options.zeroShare - options.unchangedShare
        let (fills, zeros) = (large + options.largeShare, large + options.largeShare + options.fillShare)
        let (few, many) = (options.changedWords, options.changedWords.upperBound)
        for _ in 0..<count {
            let index = nextIndex()
            dirty.insert(index)
            switch Int.random(in: 0..<100, using: &generator) {
            case 0..<large: touch(index, words: Int.random(in: few, using: &generator))
            case large..<fills: touch(index, words: Int.random(in: many...6 * many, using: &generator))
            case fills..<zeros: fill(index)
            case zeros..<zeros + options.zeroShare:
                page(index).initializeMemory(as: UInt8.self, repeating: 0, count: pageSize)
            default: break
            }
        }
    }

    private func nextIndex() -> Int {
        let place = Double.random(in: 0..<1, using: &generator)
        let skewed = options.locality == 2 ? place * place : Self.power(place, options.locality)
        return min(Int(skewed * Double(pageCount)), pageCount - 1)
    }

    /// `base` raised to a whole power; fractions of `exponent` do not count.
    private static func power(_ base: Double, _ exponent: Double) -> Double {
        (1..<max(Int(exponent), 1)).reduce(base) { product, _ in product * base }
    }

    /// Checkpoint 0 (every page that is not zero), then the dirty set since the last call.
    public func takeEpoch() -> EpochInput {
        defer {
            epoch += 1
            dirty = []
        }
        let indexes = epoch == 0 ? (0..<pageCount).filter { $0 % 4 != 3 } : dirty.sorted()
        return EpochInput(
            epoch: epoch, icountFrom: epoch == 0 ? 0 : (epoch - 1) * 1_000_000, icountTo: epoch * 1_000_000,
            virtualTime_ns: epoch * 40_000_000, stun_us: 200,
            pages: indexes.map {
                DirtyPage(page: GuestPhysicalPage(firstPage + UInt64($0)), content: UnsafeRawPointer(page($0)))
            }, machineState: machineState, inputs: [], inputCount: 0,
            tlbEvents: Array("tlb events of epoch \(epoch)".utf8), tlbEventCount: 3,
            consoleOutput: Array("[    \(epoch).000000] a line of console output\n".utf8))
    }

    /// 2 KiB of which a few registers change from epoch to epoch.
    private var machineState: [UInt8] {
        (0..<256).flatMap { register in
            let value = UInt64(register) &* 0x1234_5678_9abc &+ (register % 16 == 0 ? epoch : 0)
            return withUnsafeBytes(of: value.bigEndian) { [UInt8]($0) }
        }
    }

    /// Changes words the way programs do: small numbers and addresses, near each other.
    private func touch(_ index: Int, words: Int) {
        var offset = Int.random(in: 0..<512, using: &generator)
        for _ in 0..<words {
            let pointer = page(index) + offset * 8
            let old = pointer.load(as: UInt64.self)
            switch Int.random(in: 0..<4, using: &generator) {
            case 0: pointer.storeBytes(of: old &+ 1, as: UInt64.self)
            case 1: pointer.storeBytes(of: address(), as: UInt64.self)
            case 2: pointer.storeBytes(of: UInt64.random(in: 0..<256, using: &generator), as: UInt64.self)
            default: pointer.storeBytes(of: old ^ UInt64.random(in: 0..<65536, using: &generator), as: UInt64.self)
            }
            offset = (offset + Int.random(in: 1...4, using: &generator)) % 512
        }
    }

    private func fill(_ index: Int) {
        for word in 0..<512 {
            let value: UInt64 =
                switch Int.random(in: 0..<8, using: &generator) {
                case 0: address()
                case 1: UInt64.random(in: 0..<(1 << 32), using: &generator)
                case 2: UInt64.random(in: 0..<256, using: &generator)
                default: 0
                }
            (page(index) + word * 8).storeBytes(of: value, as: UInt64.self)
        }
    }

    private func address() -> UInt64 {
        0xffff_ffd8_0000_0000 | UInt64.random(in: 0..<(1 << 27), using: &generator) << 3
    }
}
