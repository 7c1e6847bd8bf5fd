#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Address space of the host for tables and frames that are sparse or large.
public enum HostMemory {
    /// Reads as zeros, and takes memory only where it is touched. To be given back with `munmap`.
    /// - Throws: `GuestMemoryError.hostMemoryExhausted`.
    public static func reserve(byteCount: Int) throws -> UnsafeMutableRawPointer {
        let flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE
        let address = mmap(nil, byteCount, PROT_READ | PROT_WRITE, flags, -1, 0)
        guard let address, address != MAP_FAILED else {
            throw GuestMemoryError.hostMemoryExhausted(bytes: UInt64(byteCount))
        }
        return address
    }

    /// Makes the memory of a small table appear, so that no stun pays for the host's page faults. A larger one, of a machine
    /// with over 16 GiB, would take longer than it saves.
    public static func touch(_ address: UnsafeMutableRawPointer, byteCount: Int) {
        guard byteCount <= 32 << 20 else { return }
        for offset in stride(from: 0, to: byteCount, by: pageSize) {
            address.storeBytes(of: 0, toByteOffset: offset, as: UInt8.self)
        }
    }
}
