#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// What a page holds, whoever's it is.
public enum PageContent {
    /// Whether the 4096 bytes at `page`, aligned to 8, are all zeros.
    public static func isZero(_ page: UnsafeRawPointer) -> Bool {
        // Nearly every page shows its content at once; the rest is compared with itself, shifted.
        if page.load(as: UInt64.self) != 0 || page.load(fromByteOffset: 2048, as: UInt64.self) != 0 { return false }
        return memcmp(page, page + 8, pageSize - 8) == 0
    }
}
