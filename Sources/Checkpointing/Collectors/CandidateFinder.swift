import GuestMemory

/// Finds the pages that are worth a place on the primary's master list (requirement 13).
///
/// For each page it counts the intervals in a row in which the page was modified and fewer words changed than the
/// difference threshold. Intervals in which it was not modified leave the count alone.
struct CandidateFinder {
    /// A page is named when its count exceeds this.
    private let countThreshold: UInt8
    private var counts: [UInt64: UInt8] = [:]
    private var found: [GuestPhysicalPage] = []

    /// Pages with a count; beyond that no new ones are looked at, so that a guest cannot make the table grow without end.
    private static let pageCountMax = 1 << 20
    /// Pages named at a time, many more than a list has room for. The rest is found again.
    private static let foundCountMax = 1 << 16

    init(countThreshold: UInt8) { self.countThreshold = countThreshold }

    /// A page that is not listed was modified in the interval that just ended.
    mutating func note(_ page: GuestPhysicalPage, changedWords: Int) {
        guard changedWords < PageDifference.changedWordsLimit else {
            counts[page.number] = nil
            return
        }
        let count = (counts[page.number] ?? 0) + 1
        if count > countThreshold {
            guard found.count < Self.foundCountMax else { return }
            counts[page.number] = nil
            found.append(page)
        } else if counts.count < Self.pageCountMax {
            counts[page.number] = count
        }
    }

    /// The pages found since the last call.
    mutating func takeFound() -> [GuestPhysicalPage] {
        defer { found.removeAll() }
        return found
    }
}
