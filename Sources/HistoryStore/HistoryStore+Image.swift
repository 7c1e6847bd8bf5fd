import Dispatch
import GuestMemory
import Synchronization

extension HistoryStore {
    /// Reads every page of a map, hashed and compared, on several threads; each calls `body` with a page and its 4096
    /// bytes, which are valid during the call. Pages of zeros are passed over.
    ///
    /// - Parameter isWanted: asked once for each page before the reading begins; the others are passed over.
    /// - Parameter onUnreadable: called, on any of the threads, with a page that is damaged or that the disk does not give
    ///   back, in place of `body`; it may throw to end the reading. Without it such a page ends the reading.
    /// - Throws: the first of what reading or the closures threw; the rest is then not read. Damage names its page.
    public func forEachPage(
        of map: PageMap, jobCount: Int = 2, where isWanted: (GuestPhysicalPage) -> Bool = { _ in true },
        onUnreadable: (@Sendable (GuestPhysicalPage, HistoryStoreError) throws -> Void)? = nil,
        _ body: @escaping @Sendable (GuestPhysicalPage, UnsafeRawPointer) throws -> Void
    ) throws {
        let reader = try core.reader
        var pages: [(page: GuestPhysicalPage, location: PageLocation)] = []
        pages.reserveCapacity(map.pageCount)
        map.forEach { page, location in
            if location.isStored, isWanted(page) { pages.append((page, location)) }
        }
        // Neighbours in a segment are read together, and a base is decoded soon after what is against it.
        pages.sort { $0.location < $1.location }
        let shares = Self.shares(pages.count, among: jobCount)
        let failure = Mutex<(any Error)?>(nil)
        let next = Atomic(0)
        let sorted = pages
        DispatchQueue.concurrentPerform(iterations: min(jobCount, max(shares.count, 1))) { _ in
            let buffer = UnsafeMutableRawPointer.allocate(byteCount: pageSize, alignment: pageSize)
            defer { buffer.deallocate() }
            while failure.withLock({ $0 == nil }) {
                let share = next.add(1, ordering: .relaxed).oldValue
                guard share < shares.count else { return }
                do {
                    for (page, location) in sorted[shares[share]] {
                        if let error = try Self.read(page, at: location, reader, into: buffer) {
                            guard let onUnreadable else { throw error }
                            try onUnreadable(page, error)
                        } else {
                            try body(page, buffer)
                        }
                    }
                } catch {
                    failure.withLock { $0 = $0 ?? error }
                }
            }
        }
        if let error = failure.withLock({ $0 }) { throw error }
    }

    /// - Returns: why the page cannot be read, its name included.
    private static func read(
        _ page: GuestPhysicalPage, at location: PageLocation, _ reader: PageReader, into buffer: UnsafeMutableRawPointer
    ) throws -> HistoryStoreError? {
        do {
            try reader.read(location, into: buffer)
            return nil
        } catch HistoryStoreError.damaged(let what) {
            return .damaged(what: what.hasPrefix("\(page) ") ? what : "\(page) cannot be read: \(what)")
        } catch HistoryStoreError.io(let what) {
            return .io("\(page) cannot be read: \(what)")
        }
    }

    /// Runs of up to 1,024 pages.
    private static func shares(_ count: Int, among jobCount: Int) -> [Range<Int>] {
        let size = max(min(1024, count / max(jobCount, 1)), 1)
        return stride(from: 0, to: count, by: size).map { $0..<min($0 + size, count) }
    }
}
