import GuestMemory

/// A sum over the words of a page that can be carried on by the words that changed, so that a difference can say what must
/// come of it without looking at the whole page (requirement 15). It finds mistakes, not forgery: the store hashes content.
public enum PageChecksum {
    /// Of a page's 4096 bytes, aligned to 8.
    public static func of(_ page: UnsafeRawPointer) -> UInt64 {
        var sum: UInt64 = 0
        for word in 0..<pageSize / 8 { sum &+= term(word, page.load(fromByteOffset: word &* 8, as: UInt64.self)) }
        return sum
    }

    /// What a word adds to the sum. Each place has a key of its own, so that words that change places are noticed.
    @inline(__always)
    static func term(_ word: Int, _ value: UInt64) -> UInt64 {
        let key = UInt64(truncatingIfNeeded: word &+ 1) &* 0x9e37_79b9_7f4a_7c15
        let product = (value ^ key).multipliedFullWidth(by: 0xd6e8_feb8_6659_fd93)
        return product.high ^ product.low
    }
}
