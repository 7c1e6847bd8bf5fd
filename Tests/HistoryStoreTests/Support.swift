import Foundation
import GuestMemory

@testable import HistoryStore

/// SplitMix64: the same numbers from the same seed, everywhere.
struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64
    init(seed: UInt64) { state = seed }
    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }
}

/// A directory of its own for a test, removed at the end.
final class TemporaryDirectory {
    let path: String
    init() {
        path = NSTemporaryDirectory() + "palimpsest-store-" + UUID().uuidString
    }
    deinit { try? FileManager.default.removeItem(atPath: path) }
}

/// A guest's memory under synthetic load, like a kernel's boot in kind: most dirty pages change in a few counters and
/// pointers, some are filled anew, a few become zero, a few are written with what they held.
final class SyntheticGuest {
    let firstPage: UInt64 = 0x80000
    let pageCount: Int
    let memory: UnsafeMutableRawPointer
    private var generator: SeededGenerator
    private(set) var epoch: UInt64 = 0
    /// Page indexes written since the last `takeEpoch`.
    private var dirty: Set<Int> = []

    init(pageCount: Int, seed: UInt64) {
        self.pageCount = pageCount
        generator = SeededGenerator(seed: seed)
        memory = .allocate(byteCount: pageCount * pageSize, alignment: pageSize)
        memory.initializeMemory(as: UInt8.self, repeating: 0, count: pageCount * pageSize)
        for index in 0..<pageCount where index % 4 != 3 { fill(index) }
    }

    deinit { memory.deallocate() }

    func page(_ index: Int) -> UnsafeMutableRawPointer { memory + index * pageSize }
    func content(_ index: Int) -> [UInt8] { [UInt8](UnsafeRawBufferPointer(start: page(index), count: pageSize)) }

    /// Dirties about `count` pages; low pages much more often than high ones.
    func run(dirtyPages count: Int) {
        for _ in 0..<count {
            let square = Double.random(in: 0..<1, using: &generator)
            let index = min(Int(square * square * Double(pageCount)), pageCount - 1)
            dirty.insert(index)
            switch Int.random(in: 0..<100, using: &generator) {
            case 0..<62: touch(index, words: Int.random(in: 1...16, using: &generator))
            case 62..<88: touch(index, words: Int.random(in: 16...96, using: &generator))
            case 88..<93: fill(index)
            case 93..<96: page(index).initializeMemory(as: UInt8.self, repeating: 0, count: pageSize)
            default: break
            }
        }
    }

    /// Checkpoint 0 (every page that is not zero), then the dirty set since the last call.
    func takeEpoch() -> EpochInput {
        defer {
            epoch += 1
            dirty = []
        }
        let indexes = epoch == 0 ? (0..<pageCount).filter { $0 % 4 != 3 } : dirty.sorted()
        let state = (0..<256).flatMap { register in
            StoreKey.bigEndian(UInt64(register) &* 0x1234_5678_9abc &+ (register % 16 == 0 ? epoch : 0))
        }
        return EpochInput(
            epoch: epoch, icountFrom: epoch * 1_000_000, icountTo: (epoch + 1) * 1_000_000,
            virtualTime_ns: epoch * 40_000_000, stun_us: 200,
            pages: indexes.map {
                DirtyPage(page: GuestPhysicalPage(firstPage + UInt64($0)), content: UnsafeRawPointer(page($0)))
            }, machineState: state, inputs: [], inputCount: 0,
            tlbEvents: Array("tlb events of epoch \(epoch)".utf8), tlbEventCount: 3,
            consoleOutput: Array("[    \(epoch).000000] a line of console output\n".utf8))
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

/// What a store must give back: every page of every epoch.
struct RecordedMemory {
    var pages: [[GuestPhysicalPage: PageHash]] = []
    var dirtySets: [[DirtyPageHash]] = []

    mutating func note(_ input: EpochInput) {
        var memory = pages.last ?? [:]
        var dirty: [DirtyPageHash] = []
        for page in input.pages {
            let hash = PageHash(page: page.content)
            memory[page.page] = hash
            dirty.append(DirtyPageHash(page: page.page, hash: hash))
        }
        pages.append(memory)
        dirtySets.append(dirty)
    }

    /// Pages of `epoch` for which the store does not give back what was recorded.
    func mismatches(
        in store: HistoryStore, timeline: String, epoch: Int, offset: Int = 0
    ) throws -> [GuestPhysicalPage] {
        let map = try store.pageMap(timeline: timeline, epoch: UInt64(epoch + offset))
        let buffer = UnsafeMutableRawPointer.allocate(byteCount: pageSize, alignment: pageSize)
        defer { buffer.deallocate() }
        return try pages[epoch].filter { page, hash in
            try store.readPage(at: map.location(of: page), into: buffer)
            return PageHash(page: buffer) != hash
        }.map(\.key)
    }
}
