import GuestMemory
import HistoryStore

/// What changed in a page, as the stun takes it (patents.md, requirements 11 and 16): which of its 512 words of 8 bytes
/// differ, and for each the difference and the new value.
///
///     512 bits │ (old ^ new, new) for every bit set, rising
///
/// It is made in one pass over both states and put into its final form, with byte-exact runs, after the machine goes on.
enum WordDifference {
    private static let bitmapByteCount = 64
    private static let wordByteCount = 16
    static let byteCountMax = bitmapByteCount + (PageDifference.changedWordsLimit - 1) * wordByteCount

    /// Compares a page with the copy of its earlier state, brings the copy up to date, and writes what differs to `slot`.
    /// - Parameter slot: `PageRing.slotByteCount` bytes.
    /// - Returns: how many words differ. nil when they are `PageDifference.changedWordsLimit` or more; the copy is then partly
    ///   up to date and `slot` worthless.
    static func take(
        _ page: UnsafeRawPointer, copy: UnsafeMutableRawPointer, into slot: UnsafeMutableRawPointer
    ) -> Int? {
        let new = page.assumingMemoryBound(to: UInt64.self)
        let old = copy.assumingMemoryBound(to: UInt64.self)
        let bitmap = slot.assumingMemoryBound(to: UInt64.self)
        var output = (slot + bitmapByteCount).assumingMemoryBound(to: UInt64.self)
        var count = 0
        for block in 0..<8 {
            var bits: UInt64 = 0
            for group in 0..<8 {
                let first = block &* 64 &+ group &* 8
                if isEqual(new + first, old + first) { continue }
                for word in first..<first &+ 8 where new[word] != old[word] {
                    if count == PageDifference.changedWordsLimit &- 1 { return nil }
                    bits |= 1 << UInt64(truncatingIfNeeded: word & 63)
                    output[0] = new[word] ^ old[word]
                    output[1] = new[word]
                    output += 2
                    old[word] = new[word]
                    count &+= 1
                }
            }
            bitmap[block] = bits
        }
        return count
    }

    @inline(__always)
    private static func isEqual(_ a: UnsafePointer<UInt64>, _ b: UnsafePointer<UInt64>) -> Bool {
        let low = (a[0] ^ b[0]) | (a[1] ^ b[1]) | (a[2] ^ b[2]) | (a[3] ^ b[3])
        let high = (a[4] ^ b[4]) | (a[5] ^ b[5]) | (a[6] ^ b[6]) | (a[7] ^ b[7])
        return low | high == 0
    }

    /// Puts what `take` wrote into runs of bytes.
    /// - Parameters:
    ///   - scratch: a page of room.
    ///   - output: room for `PagePatch.byteCountMax` bytes.
    ///   - checksum: of the page before; becomes that of the page after.
    /// - Returns: the patch's bytes, and how many words differ.
    static func encode(
        _ slot: UnsafeRawPointer, scratch: UnsafeMutableRawPointer, into output: UnsafeMutableRawPointer,
        checksum: inout UInt64
    ) -> (byteCount: Int, changedWordCount: Int) {
        var writer = PagePatchWriter(page: scratch, output: output, byteCountMax: PagePatch.byteCountMax)
        var count = 0
        for block in 0..<8 {
            var bits = slot.load(fromByteOffset: block * 8, as: UInt64.self)
            while bits != 0 {
                let word = block * 64 + bits.trailingZeroBitCount
                bits &= bits - 1
                let place = slot + bitmapByteCount + count * wordByteCount
                let difference = place.load(as: UInt64.self)
                let new = place.load(fromByteOffset: 8, as: UInt64.self)
                scratch.storeBytes(of: new, toByteOffset: word * 8, as: UInt64.self)
                checksum &+= PageChecksum.term(word, new) &- PageChecksum.term(word, new ^ difference)
                // A run begins with a word that is in scratch already, and ends with one.
                guard writer.add(word: word, difference: difference) else { preconditionFailure("no room for a patch") }
                count += 1
            }
        }
        guard let byteCount = writer.finish() else { preconditionFailure("no room for a patch") }
        return (byteCount, count)
    }
}
