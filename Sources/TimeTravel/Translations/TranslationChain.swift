import GuestMemory
import RISCV

/// The page-table entries that a walk for one address reads, from the root down.
struct TranslationChain {
    struct Link {
        var entry: GuestPhysicalAddress
        var level: Int
        var value: UInt64
        /// False where the page has no T: nothing tells about its stores, and no walk has gone through it.
        var isFollowed: Bool
    }

    let address: UInt64
    private(set) var satp: UInt64
    private(set) var links: [Link] = []

    init(_ address: GuestVirtualAddress, satp: UInt64) {
        self.address = address.rawValue
        self.satp = satp
    }

    /// How a link is read at the moment that is meant.
    typealias Reader = (GuestPhysicalAddress) throws -> (value: UInt64, isFollowed: Bool)

    /// Walks anew below a root.
    mutating func walk(satp: UInt64, _ read: Reader) throws {
        self.satp = satp
        links.removeAll()
        let top: Int
        switch satp >> 60 {
        case 8: top = 2
        case 9: top = 3
        default: return
        }
        let unusedBits = Int64(64 - (12 + 9 * (top + 1)))
        guard (Int64(bitPattern: address) << unusedBits) >> unusedBits == Int64(bitPattern: address) else { return }
        try descend(from: (satp & 0xfff_ffff_ffff) << pageShift, level: top, read)
    }

    /// The entry of a link became another: walks anew below it.
    mutating func change(_ index: Int, to value: UInt64, _ read: Reader) throws {
        links.removeSubrange((index + 1)...)
        links[index].value = value
        try descend(below: links[index], read)
    }

    /// What a walk before found there, with the A and D that walks have set since.
    mutating func refresh(_ index: Int, with value: UInt64) { links[index].value = value }

    private mutating func descend(from table: UInt64, level: Int, _ read: Reader) throws {
        let entry = GuestPhysicalAddress(table + (address >> UInt64(12 + 9 * level) & 511) * 8)
        let (value, isFollowed) = try read(entry)
        let link = Link(entry: entry, level: level, value: value, isFollowed: isFollowed)
        links.append(link)
        // Below a root that is not in use there is nothing to be told.
        if isFollowed { try descend(below: link, read) }
    }

    private mutating func descend(below link: Link, _ read: Reader) throws {
        guard link.level > 0, PTE.isPointer(link.value) else { return }
        try descend(from: PTE.pageNumber(link.value) << pageShift, level: link.level - 1, read)
    }

    /// What the walk comes to; nil where it comes to nothing.
    var translation: GuestTranslation? {
        guard let last = links.last, links.allSatisfy(\.isFollowed) else { return nil }
        return GuestTranslation(leaf: last.value, level: last.level)
    }

    /// The first link at an address.
    func index(of entry: GuestPhysicalAddress) -> Int? { links.firstIndex { $0.entry == entry } }

    func contains(_ page: GuestPhysicalPage) -> Bool { links.contains { $0.entry.page == page } }
}
