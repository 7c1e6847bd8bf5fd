import GuestMemory
import HistoryStore

/// A collector's copies of the listed pages: what their next differences are against.
struct PageCopies: ~Copyable {
    private struct Copy {
        var content: UnsafeMutableRawPointer
        var epoch: UInt64
    }

    private var copies: [UInt64: Copy] = [:]
    /// Contents of removed pages, for the next.
    private var unused: [UnsafeMutableRawPointer] = []

    deinit {
        for copy in copies.values { copy.content.deallocate() }
        for content in unused { content.deallocate() }
    }

    func contains(_ page: GuestPhysicalPage) -> Bool { copies[page.number] != nil }

    mutating func put(_ page: GuestPhysicalPage, epoch: UInt64, content: UnsafeRawPointer) {
        let room =
            copies[page.number]?.content ?? unused.popLast()
            ?? .allocate(byteCount: pageSize, alignment: 64)
        room.copyMemory(from: content, byteCount: pageSize)
        copies[page.number] = Copy(content: room, epoch: epoch)
    }

    mutating func remove(_ page: GuestPhysicalPage) {
        if let copy = copies.removeValue(forKey: page.number) { unused.append(copy.content) }
    }

    /// Makes a copy what the difference says.
    /// - Returns: the new content, valid until the page's next change.
    /// - Throws: `CollectorError`.
    mutating func apply(_ difference: PageDifference, epoch: UInt64) throws -> UnsafeRawPointer {
        let page = difference.page
        guard let copy = copies[page.number], copy.epoch == difference.baseEpoch else {
            throw CollectorError.noBase(page: page, epoch: epoch)
        }
        guard PagePatch.apply(difference.patch, to: copy.content),
            PageChecksum.of(copy.content) == difference.checksum
        else { throw CollectorError.wrongResult(page: page, epoch: epoch) }
        copies[page.number]?.epoch = epoch
        return UnsafeRawPointer(copy.content)
    }
}
