import RISCV

/// The pages with T and what makes them tables, by page number: what a checkpoint keeps of the TLB's side of the machine.
public struct TablePageList: Equatable, Sendable {
    public var pages: [UInt64: TablePage]

    public init(_ pages: [UInt64: TablePage]) { self.pages = pages }

    /// The numbers of the pages with T.
    public var withT: Set<UInt64> { Set(pages.lazy.filter { $0.value.levels != 0 }.map(\.key)) }

    /// Ascending pages: varints of the gap to the page before << 5 | detailed << 4 | levels. A page without details has one
    /// link at each of its levels and is no root; else the levels at which it is a root and four counts of links follow.
    func encoded() -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(pages.count * 2 + 8)
        var next: UInt64 = 0
        for (page, record) in pages.sorted(by: { $0.key < $1.key }) {
            let isDetailed = record != Self.plain(levels: record.levels)
            bytes.appendVarint((page - next) << 5 | (isDetailed ? 16 : 0) | UInt64(record.levels))
            if isDetailed {
                bytes.append(record.rootLevels)
                for level in 0..<4 { bytes.appendVarint(UInt64(record.linkCounts[level])) }
            }
            next = page + 1
        }
        return bytes
    }

    private static func plain(levels: UInt8) -> TablePage {
        var record = TablePage()
        record.levels = levels
        for level in 0..<4 where levels >> UInt8(level) & 1 != 0 { record.linkCounts[level] = 1 }
        return record
    }

    /// - Throws: `MachineStateError.malformed`.
    init(encoded bytes: [UInt8]) throws {
        pages = [:]
        var reader = VarintReader(bytes)
        var next: UInt64 = 0
        while !reader.isAtEnd {
            guard let value = reader.read(), next < 1 << 53, let record = Self.record(value, &reader) else {
                throw MachineStateError.malformed("the list of page tables")
            }
            pages[next + value >> 5] = record
            next += value >> 5 + 1
        }
    }

    private static func record(_ value: UInt64, _ reader: inout VarintReader) -> TablePage? {
        guard value >> 5 < 1 << 52 else { return nil }
        var record = plain(levels: UInt8(value & 15))
        guard value & 16 != 0 else { return record }
        guard let roots = reader.readByte(), roots < 16 else { return nil }
        record.rootLevels = roots
        for level in 0..<4 {
            guard let count = reader.read().flatMap(UInt32.init(exactly:)) else { return nil }
            record.linkCounts[level] = count
        }
        return record
    }
}
