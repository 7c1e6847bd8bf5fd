extension GuestMemory {
    /// Copies bytes out without any mark. Pages never touched read as zeros.
    /// - Throws: `GuestMemoryError.outsideMemory`.
    public func read(_ address: GuestPhysicalAddress, count: Int) throws -> [UInt8] {
        guard contains(address, count: count) else { throw GuestMemoryError.outsideMemory(address, count: count) }
        var bytes = [UInt8](repeating: 0, count: count)
        bytes.withUnsafeMutableBytes { target in
            forEachPiece(address, count: count) { page, offsetInPage, position, length in
                guard let frame = peek(page) else { return }
                (target.baseAddress! + position).copyMemory(from: frame + offsetInPage, byteCount: length)
            }
        }
        return bytes
    }

    /// Places bytes in memory before the machine runs (image loading). The pages become dirty.
    /// - Throws: `GuestMemoryError.outsideMemory`.
    public func load(_ address: GuestPhysicalAddress, _ bytes: UnsafeRawBufferPointer) throws {
        guard contains(address, count: bytes.count) else {
            throw GuestMemoryError.outsideMemory(address, count: bytes.count)
        }
        forEachPiece(address, count: bytes.count) { page, offsetInPage, position, length in
            let leaf = leaf(page.number)!
            markDirty(leaf)
            (Self.hostAddress(leaf.pointee) + offsetInPage).copyMemory(
                from: bytes.baseAddress! + position, byteCount: length)
        }
    }

    /// Makes all of memory zeros, and forgets where unfetched pages came from. Pages that were there become dirty.
    public func clear() {
        source = nil
        for page in presentPages() {
            let leaf = leaf(page.number)!
            markDirty(leaf)
            Self.hostAddress(leaf.pointee).initializeMemory(as: UInt8.self, repeating: 0, count: pageSize)
        }
    }

    /// Makes every page of RAM present and dirty.
    public func markAllDirty() {
        for page in firstPage..<firstPage + pageCount { markDirty(leaf(page)!) }
    }

    /// Splits a range into pieces that lie in one page each.
    public func forEachPiece(
        _ address: GuestPhysicalAddress, count: Int,
        _ body: (_ page: GuestPhysicalPage, _ offsetInPage: Int, _ position: Int, _ length: Int) -> Void
    ) {
        var position = 0
        while position < count {
            let at = address + UInt64(position)
            let length = min(pageSize - at.offsetInPage, count - position)
            body(at.page, at.offsetInPage, position, length)
            position += length
        }
    }
}
