extension GuestMemory {
    /// Takes W from a page that has a frame, so that the next write to it, by whomever, calls `onProtectedWrite` first
    /// (patents.md, requirement 8). D must be clear, and no TLB may hold a translation that permits stores to the page: as
    /// after a scan and the flush that belongs to it.
    ///
    /// This protection is the checkpointer's. What the guest protects is in its own page tables and PMP.
    public func writeProtect(page: UInt64) {
        let leaf = table.leafIfPresent(page).unsafelyUnwrapped
        assert(leaf.pointee & NestedFlags.dirty == 0 && leaf.pointee & NestedFlags.addressMask != 0)
        leaf.pointee &= ~NestedFlags.write
    }

    public func isWriteProtected(_ page: GuestPhysicalPage) -> Bool {
        guard let leaf = inspectLeaf(page) else { return false }
        return leaf & NestedFlags.write == 0
    }

    /// A write comes to a page without W: says so and gives W back.
    @usableFromInline @inline(never)
    func permitWrite(_ leaf: UnsafeMutablePointer<UInt64>) {
        let frame = Self.hostAddress(leaf.pointee)
        let page = firstPage &+ UInt64(frame - ram) >> pageShift
        onProtectedWrite?(GuestPhysicalPage(page), UnsafeRawPointer(frame))
        leaf.pointee |= NestedFlags.write
    }
}
