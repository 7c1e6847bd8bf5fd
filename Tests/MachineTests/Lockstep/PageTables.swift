/// Where the image's page tables lie. Sv48's root points to Sv39's, so that both modes see the same addresses.
///
///     VA 0x0_8000_0000   the image, for S: 4 KiB pages (U = 0)
///     VA 0x0_4000_0000   the image, for U: 4 KiB pages (U = 1)
///     VA 0x0_c000_0000   playground table (also through other paths, below)
///     VA 0x1_0000_0000   gigapage onto RAM; 0x1_4000_0000 the same, misaligned
///     VA 0x1_8000_0000   pointer to the playground with reserved bits D, A or U set
///     VA 0x2_0000_0000   pointer to the playground, global
///     the last gigabyte  the playground again
enum PageTables {
    static let root39 = ImageLayout.tables
    static let root48 = ImageLayout.tables + 0x1000
    static let image2M = ImageLayout.tables + 0x2000
    static let image4K = ImageLayout.tables + 0x3000
    static let user2M = ImageLayout.tables + 0x4000
    static let user4K = ImageLayout.tables + 0x5000
    static let playground2M = ImageLayout.tables + 0x6000
    static let playground4K = ImageLayout.tables + 0x7000

    /// Entries of `playground4K` that map data pages, then those that map code pages.
    static let dataEntries = 0..<24
    /// Those of them that may map nothing.
    static let emptyEntries = 20..<24
    static let codeEntries = 24..<48

    // Bits of a page-table entry.
    static let v: UInt64 = 1, r: UInt64 = 2, w: UInt64 = 4, x: UInt64 = 8
    static let u: UInt64 = 16, g: UInt64 = 32, a: UInt64 = 64, d: UInt64 = 128

    static func entry(_ physical: UInt64, _ flags: UInt64) -> UInt64 { (physical >> 12) << 10 | flags }
}
