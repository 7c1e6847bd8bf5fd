import GuestMemory
import HistoryStore

/// How a memory image is laid out.
public enum MemoryImageForm: Equatable, Sendable {
    /// RAM and nothing else: byte 0 is its first byte.
    case raw
    /// An ELF core file with the registers of all harts, and with what the page table of one maps; see `ELFCore`.
    case elf(hart: Int)
}

/// A page that an image lacks: zeros stand in its place.
public struct UnreadablePage: Equatable, Sendable {
    public var page: GuestPhysicalPage
    /// The page, epoch and timeline, and what is wrong.
    public var what: String
}

/// What was written.
public struct MemoryImage: Equatable, Sendable {
    /// The file's size.
    public var byteCount: UInt64 = 0
    /// Of those the ones that are no hole.
    public var writtenByteCount: UInt64 = 0
    /// Program headers that describe memory; 0 for a raw image.
    public var segmentCount = 0
    /// False when the page table maps more pieces than an image takes; `GuestMappings` gives the bounds. RAM is complete.
    public var hasAllMappings = true
    /// In the order of pages.
    public var unreadablePages: [UnreadablePage] = []
}

extension Checkout {
    /// Writes the machine's memory to `file` and finishes it. Pages of zeros become holes.
    ///
    /// What the machine has not touched goes from the store to the file on `jobCount` threads; the machine fetches nothing.
    ///
    /// - Parameter skipsUnreadable: a page that cannot be read is left as zeros and named in the result, not thrown. A
    ///   position whose machine needs such a page to get there still cannot be reached.
    /// - Throws: `TimeTravelError.noSuchHart`, `.fileExists`, `.noSpace`, `.file`, `.interrupted`;
    ///   `HistoryStoreError.damaged`, naming the page.
    @discardableResult
    public func writeMemoryImage(
        to file: ImageFile, _ form: MemoryImageForm = .raw, skipsUnreadable: Bool = false, jobCount: Int = 2
    ) throws -> MemoryImage {
        var image = MemoryImage()
        var ramOffset: UInt64 = 0
        if case .elf(let hart) = form {
            let core = try ELFCore(self, hart: hart, skipsUnreadable: skipsUnreadable)
            ramOffset = core.ramOffset
            (image.segmentCount, image.hasAllMappings) = (core.segments.count, core.hasAllMappings)
            image.writtenByteCount = UInt64(core.header.count)
            try core.header.withUnsafeBytes { try file.write($0, at: 0) }
        }
        image.byteCount = ramOffset + machine.memory.byteCount
        try file.setByteCount(image.byteCount)
        let written = try writePages(
            to: file, at: ramOffset, skipsUnreadable: skipsUnreadable, jobCount: jobCount)
        image.writtenByteCount += UInt64(written.count * pageSize)
        image.unreadablePages = written.unreadable
        try file.finish()
        return image
    }

    private func writePages(
        to file: ImageFile, at offset: UInt64, skipsUnreadable: Bool, jobCount: Int
    ) throws -> (count: Int, unreadable: [UnreadablePage]) {
        let tally = PageTally(checkpoint: position.checkpoint)
        let (shouldStop, firstPage) = (shouldStop, machine.memory.firstPage)
        let skip: @Sendable (GuestPhysicalPage, HistoryStoreError) -> Void = { tally.add($0, $1) }
        try forEachPage(jobCount: jobCount, onUnreadable: skipsUnreadable ? skip : nil) { page, content in
            if shouldStop?() == true { throw TimeTravelError.interrupted }
            try file.write(
                UnsafeRawBufferPointer(start: content, count: pageSize),
                at: offset + (page.number - firstPage) << pageShift)
            tally.addWritten()
        }
        return (tally.writtenCount, tally.unreadablePages)
    }
}
