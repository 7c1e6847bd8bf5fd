import Dispatch
import GuestMemory
import Synchronization

extension HistoryStore {
    /// Reads every page of a map, hashed and compared, on several threads; each calls `body` with a page and its 4096
    /// bytes, which are valid during the call. Pages of zeros are passed over.
    ///
    /// - Throws: the first of what reading or `body` threw; the rest is then not read.
    public func forEachPage(
        of map: PageMap, jobCount: Int = 2,
        _ body: @escaping @Sendable (GuestPhysicalPage, UnsafeRawPointer) throws -> Void
    ) throws {
        let reader = try core.reader
        var pages: [(page: GuestPhysicalPage, location: PageLocation)] = []
        pages.reserveCapacity(map.pageCount)
        map.forEach { page, location in
            if location.isStored { pages.append((page, location)) }
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
                        try reader.read(location, into: buffer)
                        try body(page, buffer)
                    }
                } catch {
                    failure.withLock { $0 = $0 ?? error }
                }
            }
        }
        if let error = failure.withLock({ $0 }) { throw error }
    }

    /// Runs of up to 1,024 pages.
    private static func shares(_ count: Int, among jobCount: Int) -> [Range<Int>] {
        let size = max(min(1024, count / max(jobCount, 1)), 1)
        return stride(from: 0, to: count, by: size).map { $0..<min($0 + size, count) }
    }
}
