import GuestMemory
import HistoryStore

/// The content of memory without the machine's fetching it.
extension Checkout {
    /// Calls `body` with every page that is not all zeros: the machine's own on the calling thread, then on `jobCount`
    /// threads those of the store that the machine has not touched.
    ///
    /// - Parameter onUnreadable: as for `HistoryStore.forEachPage`.
    func forEachPage(
        jobCount: Int, onUnreadable: (@Sendable (GuestPhysicalPage, HistoryStoreError) throws -> Void)?,
        _ body: @escaping @Sendable (GuestPhysicalPage, UnsafeRawPointer) throws -> Void
    ) throws {
        let memory = machine.memory
        if let failure = memory.fetchFailure { throw failure }
        for page in memory.presentPages() {
            guard let frame = memory.peek(page), !PageContent.isZero(frame) else { continue }
            try body(page, frame)
        }
        // A guest that has reset itself has nothing to do any longer with the checkpoint it came from.
        guard memory.source != nil else { return }
        try store.forEachPage(
            of: baseMap, jobCount: jobCount, where: { !memory.isPresent($0) }, onUnreadable: onUnreadable, body)
    }

    /// Copies a page of RAM to the 4096 bytes at `destination`.
    /// - Throws: `HistoryStoreError.damaged`, `.io`.
    func readPage(_ page: GuestPhysicalPage, into destination: UnsafeMutableRawPointer) throws {
        let memory = machine.memory
        if memory.isPresent(page), let frame = memory.peek(page) {
            destination.copyMemory(from: frame, byteCount: pageSize)
        } else {
            try store.readPage(at: memory.source == nil ? .absent : baseMap.location(of: page), into: destination)
        }
    }
}
