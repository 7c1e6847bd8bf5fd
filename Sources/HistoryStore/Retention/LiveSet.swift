/// Which page versions, and which segments of blobs, something still needs: a bit for each entry of each segment. Memory is
/// bounded by the number of segments. Filled by one thread; read by any once it is complete.
final class LiveSet: @unchecked Sendable {
    /// Segments from here on are younger than the collection and not its business.
    let end: UInt64
    private var words: [[UInt64]]

    init(below end: UInt64) {
        self.end = end
        words = Array(repeating: [], count: Int(end))
    }

    func insert(_ location: PageLocation) {
        guard location.isStored, location.segment < end else { return }
        let (segment, word) = (Int(location.segment), location.entry >> 6)
        if words[segment].count <= word {
            words[segment] += Array(repeating: 0, count: word + 1 - words[segment].count)
        }
        words[segment][word] |= 1 << UInt64(location.entry & 63)
    }

    /// Every entry of a segment. A segment with a blob has one, the first.
    func insert(segment: UInt64, entryCount: Int) {
        guard segment > 0, segment < end, entryCount > 0 else { return }
        let full = entryCount >> 6
        var bits = Array(repeating: UInt64.max, count: full)
        if entryCount & 63 != 0 { bits.append(1 << UInt64(entryCount & 63) - 1) }
        let known = words[Int(segment)]
        for index in known.indices {
            if index < bits.count { bits[index] |= known[index] } else { bits.append(known[index]) }
        }
        words[Int(segment)] = bits
    }

    func contains(_ location: PageLocation) -> Bool {
        guard location.isStored, location.segment < end else { return true }
        let bits = words[Int(location.segment)]
        let word = location.entry >> 6
        return word < bits.count && bits[word] & 1 << UInt64(location.entry & 63) != 0
    }

    /// Whether anything of a segment is needed.
    func contains(segment: UInt64) -> Bool { segment >= end || !words[Int(segment)].isEmpty }
}
