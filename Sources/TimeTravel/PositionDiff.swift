import GuestMemory
import HistoryStore
import Machine

/// A page that differs between two positions.
public struct PageDifference: Equatable, Sendable {
    public var page: GuestPhysicalPage
    /// Byte offsets in the page, ascending; stretches of equal bytes lie between.
    public var ranges: [Range<Int>]

    public var differentByteCount: Int { ranges.reduce(0) { $0 + $1.count } }
}

/// Finds what differs between two positions, of one timeline or of two.
///
/// Pages whose content lies at one place in the store, or has one hash, are not read. For a position between checkpoints
/// the machine is executed up to there, and only the pages written on the way are looked at beside.
public struct PositionDiff {
    private let store: HistoryStore
    private let first: Side
    private let second: Side

    /// - Throws: the store's errors, `TimeTravelError`.
    public init(
        _ store: HistoryStore, _ first: ResolvedPosition, _ second: ResolvedPosition,
        options: CheckoutOptions = CheckoutOptions()
    ) throws {
        self.store = store
        self.first = try Side(store, first, options)
        self.second = try Side(store, second, options)
    }

    /// Registers and device fields that differ.
    public func stateDifferences() -> [StateDifference] { first.state.differences(from: second.state) }

    /// Visits the pages that differ, in rising order, until `body` returns false.
    /// - Throws: `HistoryStoreError.damaged`.
    public func forEachPage(_ body: (PageDifference) throws -> Bool) throws {
        let buffers = UnsafeMutableRawPointer.allocate(byteCount: 2 * pageSize, alignment: pageSize)
        defer { buffers.deallocate() }
        for page in candidates() {
            let one = try first.content(of: page, buffers)
            let two = try second.content(of: page, buffers + pageSize)
            let ranges = Self.differentRanges(one, two)
            if ranges.isEmpty { continue }
            guard try body(PageDifference(page: page, ranges: ranges)) else { return }
        }
    }

    /// Every page that differs, in rising order.
    /// - Throws: `HistoryStoreError.damaged`.
    public func pages() throws -> [PageDifference] {
        var pages: [PageDifference] = []
        try forEachPage {
            pages.append($0)
            return true
        }
        return pages
    }

    /// Pages that may differ, ascending.
    private func candidates() -> [GuestPhysicalPage] {
        var pages = first.writtenPages.union(second.writtenPages)
        let (one, two) = (first.map, second.map)
        func note(_ page: GuestPhysicalPage, _ location: PageLocation, _ other: PageLocation) {
            guard location != other, !(Self.isZero(location) && Self.isZero(other)) else { return }
            // An entry that cannot be read is a candidate too: reading it names the damage.
            if let hash = try? store.pageHash(at: location), hash == (try? store.pageHash(at: other)) { return }
            pages.insert(page)
        }
        one.forEach { page, location in note(page, location, two.location(of: page)) }
        two.forEach { page, location in
            if one.location(of: page) == .absent { note(page, .absent, location) }
        }
        return pages.sorted()
    }

    private static func isZero(_ location: PageLocation) -> Bool { location == .absent || location == .zero }

    /// Offsets at which two pages differ, as ranges. Words first: most are equal.
    private static func differentRanges(_ one: UnsafeRawPointer, _ two: UnsafeRawPointer) -> [Range<Int>] {
        var ranges: [Range<Int>] = []
        for word in stride(from: 0, to: pageSize, by: 8)
        where one.load(fromByteOffset: word, as: UInt64.self) != two.load(fromByteOffset: word, as: UInt64.self) {
            for offset in word..<word + 8
            where one.load(fromByteOffset: offset, as: UInt8.self) != two.load(fromByteOffset: offset, as: UInt8.self) {
                if ranges.last?.upperBound == offset {
                    ranges[ranges.count - 1] = ranges.last!.lowerBound..<offset + 1
                } else {
                    ranges.append(offset..<offset + 1)
                }
            }
        }
        return ranges
    }
}

/// One of the two positions.
private struct Side {
    let state: MachineState
    let map: PageMap
    /// Written between the checkpoint and the position; `machine` holds their content.
    let writtenPages: Set<GuestPhysicalPage>
    private let machine: Machine?
    private let store: HistoryStore

    init(_ store: HistoryStore, _ position: ResolvedPosition, _ options: CheckoutOptions) throws {
        self.store = store
        if position.isCheckpoint {
            let manifest = try store.manifest(timeline: position.timeline, epoch: position.epoch)
            state = try MachineState(encoded: manifest.machineState())
            map = try store.pageMap(timeline: position.timeline, epoch: position.epoch)
            writtenPages = []
            machine = nil
        } else {
            let checkout = try Checkout(store, at: position, options: options)
            state = checkout.state
            map = checkout.baseMap
            writtenPages = Set(checkout.machine.memory.scanAndClear().map { GuestPhysicalPage($0) })
            machine = checkout.machine
        }
    }

    /// The 4096 bytes of a page: where the machine holds them, or read into `buffer`.
    func content(
        of page: GuestPhysicalPage, _ buffer: UnsafeMutableRawPointer
    ) throws -> UnsafeRawPointer {
        if writtenPages.contains(page), let frame = machine?.memory.peek(page) { return frame }
        try store.readPage(at: map.location(of: page), into: buffer)
        return UnsafeRawPointer(buffer)
    }
}
