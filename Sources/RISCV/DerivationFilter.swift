/// A set of keys that forgets no key and may know keys that were never added (a Bloom filter of one hash): from which
/// page-table pages and entries cached translations derive. Most stores to page tables concern nothing that is cached;
/// the filter says so without a look at the cache.
struct DerivationFilter {
    private static let wordCount = 16
    private let words: UnsafeMutablePointer<UInt64>
    private var isEmpty = true

    init() {
        words = .allocate(capacity: Self.wordCount)
        words.initialize(repeating: 0, count: Self.wordCount)
    }

    func deallocate() { words.deallocate() }

    @inline(__always)
    private static func bit(_ key: UInt64) -> Int { Int(truncatingIfNeeded: (key &* 0x9e37_79b9_7f4a_7c15) &>> 54) }

    @inline(__always)
    mutating func insert(_ key: UInt64) {
        isEmpty = false
        let bit = Self.bit(key)
        words[bit >> 6] |= 1 &<< UInt64(bit & 63)
    }

    /// Adds the entries of a walk and the pages they lie in.
    @inline(__always)
    mutating func insert(_ path: WalkPath) {
        for level in 0..<WalkPath.levelCount where path[level] != 0 {
            insert(path[level])
            insert(path[level] &>> 12)
        }
    }

    /// The key of a page of guest-virtual addresses, for a machine whose fences flush.
    static func key(ofPageAt address: UInt64) -> UInt64 { address >> 12 | 1 << 63 }

    /// - Parameter key: the guest-physical address of an entry, or the number of a page.
    @inline(__always)
    func mayContain(_ key: UInt64) -> Bool {
        if isEmpty { return false }
        let bit = Self.bit(key)
        return words[bit >> 6] &>> UInt64(bit & 63) & 1 != 0
    }

    mutating func clear() {
        if isEmpty { return }
        isEmpty = true
        words.update(repeating: 0, count: Self.wordCount)
    }
}

/// The guest-physical addresses of the page-table entries that a walk read, by level; 0 where it read none.
struct WalkPath: Equatable {
    static let levelCount = 4
    var entries: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)

    static func == (a: Self, b: Self) -> Bool { a.entries == b.entries }

    @inline(__always)
    subscript(level: Int) -> UInt64 {
        get {
            switch level {
            case 0: entries.0
            case 1: entries.1
            case 2: entries.2
            default: entries.3
            }
        }
        set {
            switch level {
            case 0: entries.0 = newValue
            case 1: entries.1 = newValue
            case 2: entries.2 = newValue
            default: entries.3 = newValue
            }
        }
    }
}
