import Foundation

/// Pseudo-random numbers that a seed decides.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64
    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }

    mutating func below(_ bound: Int) -> Int { Int(next() % UInt64(bound)) }
    mutating func chance(percent: Int) -> Bool { below(100) < percent }
    mutating func pick<T>(_ items: [T]) -> T { items[below(items.count)] }
}

/// How many seeds a fuzz test runs: few by default, many in a full run.
enum Effort {
    static let isFull = ProcessInfo.processInfo.environment["PALIMPSEST_FULL_TESTS"] == "1"
    static func seeds(_ usual: UInt64, full: UInt64) -> Range<UInt64> { 0..<(isFull ? full : usual) }
}
