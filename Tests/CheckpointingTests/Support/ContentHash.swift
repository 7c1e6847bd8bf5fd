import GuestMemory

/// A hash of a page's content of the tests' own, so that what they find does not rest on the program's checksum.
enum ContentHash {
    private static let factor: UInt64 = 0x9e37_79b9_7f4a_7c15

    /// Of a page that nobody has written.
    static let ofZeros = withUnsafeTemporaryAllocation(byteCount: pageSize, alignment: 8) { page in
        page.initializeMemory(as: UInt8.self, repeating: 0)
        return of(UnsafeRawPointer(page.baseAddress!))
    }

    /// - Parameter page: 4096 bytes, aligned to 8. Four sums side by side: every page of memory is hashed in every stun.
    static func of(_ page: UnsafeRawPointer) -> UInt64 {
        let words = page.assumingMemoryBound(to: UInt64.self)
        var (a, b, c, d): (UInt64, UInt64, UInt64, UInt64) = (1, 2, 3, 4)
        var word = 0
        while word < pageSize / 8 {
            a = mix(a, words[word])
            b = mix(b, words[word &+ 1])
            c = mix(c, words[word &+ 2])
            d = mix(d, words[word &+ 3])
            word &+= 4
        }
        return mix(mix(a, b), mix(c, d))
    }

    @inline(__always)
    private static func mix(_ hash: UInt64, _ value: UInt64) -> UInt64 {
        let product = (hash ^ value) &* factor
        return product ^ product >> 29
    }
}
