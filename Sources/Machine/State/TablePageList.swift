import GuestMemory

/// The pages with T, in any order: what a checkpoint keeps of the TLB's side of the machine.
public struct TablePageList: Equatable, Sendable {
    public var pages: [TablePage]

    public init(_ pages: [TablePage]) { self.pages = pages }

    public static func == (a: Self, b: Self) -> Bool {
        a.pages.count == b.pages.count && a.pages.sorted() == b.pages.sorted()
    }

    /// Ascending pages: varints of the gap to the page before << 4 | levels.
    func encoded() -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(pages.count * 2 + 8)
        var next: UInt64 = 0
        for page in pages.sorted() {
            bytes.appendVarint((page.page - next) << 4 | page.levels)
            next = page.page + 1
        }
        return bytes
    }

    /// - Throws: `MachineStateError.malformed`.
    init(encoded bytes: [UInt8]) throws {
        var pages: [TablePage] = []
        var reader = VarintReader(bytes)
        var next: UInt64 = 0
        while !reader.isAtEnd {
            guard let value = reader.read(), value & 0xf != 0, value >> 4 < 1 << 52, next < 1 << 53 else {
                throw MachineStateError.malformed("the list of page tables")
            }
            let page = next + value >> 4
            pages.append(TablePage(page: page, levels: value & 0xf))
            next = page + 1
        }
        self.pages = pages
    }
}
