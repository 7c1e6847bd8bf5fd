/// The kinds of key a store has. Each is a sorted map from bytes to bytes.
enum KeySpace: Int, CaseIterable, Sendable {
    /// Timelines, heads, tags, how far the indexes reach.
    case records
    /// Segment number → segment. Immutable.
    case segments
    /// Timeline, epoch → manifest.
    case manifests
    /// Timeline, epoch → page map. Derived.
    case maps
    /// Timeline, page, newest epoch first → postings. Derived.
    case history
    /// Hash prefix → location. Derived.
    case hashes

    var name: String {
        switch self {
        case .records: "default"
        case .segments: "segments"
        case .manifests: "manifests"
        case .maps: "maps"
        case .history: "history"
        case .hashes: "hashes"
        }
    }
}

/// Puts and deletions that take effect together or not at all.
struct StoreChange {
    enum Operation {
        case put(KeySpace, key: [UInt8], value: [UInt8])
        case delete(KeySpace, key: [UInt8])
        /// Keys in `from ..< to`. Dear to readers afterwards: for few and wide ranges.
        case deleteRange(KeySpace, from: [UInt8], to: [UInt8])
    }
    private(set) var operations: [Operation] = []

    mutating func put(_ space: KeySpace, key: [UInt8], value: [UInt8]) {
        operations.append(.put(space, key: key, value: value))
    }

    mutating func delete(_ space: KeySpace, key: [UInt8]) {
        operations.append(.delete(space, key: key))
    }

    mutating func deleteRange(_ space: KeySpace, from: [UInt8], to: [UInt8]) {
        operations.append(.deleteRange(space, from: from, to: to))
    }
}

/// What HistoryStore asks of the database below it, so that another (a distributed object store: immutable segment
/// objects, then one compare-and-write on a timeline's head) can take RocksDB's place.
///
/// Every call may be made from any thread. All throw `HistoryStoreError.damaged`, `.diskFull`, `.readOnly` and `.io`.
protocol StoreEngine: AnyObject, Sendable {
    /// Stores an immutable segment that nothing refers to yet; durable no later than the next durable `commit`.
    func putSegment(key: [UInt8], bytes: [UInt8]) throws

    /// Applies a change atomically. When `durable`, it and everything before it is on stable storage on return.
    func commit(_ change: StoreChange, durable: Bool) throws

    /// The number of the last change; every later one has a greater one.
    var position: UInt64 { get }

    /// Calls `body` with the value of `key`, or returns nil when there is none. The bytes are valid during the call.
    func read<Result>(
        _ space: KeySpace, key: [UInt8], _ body: (UnsafeRawBufferPointer) throws -> Result
    ) throws -> Result?

    /// Visits keys in `from ..< to` in rising order until `body` returns false. `to` nil means to the end.
    func scan(
        _ space: KeySpace, from: [UInt8], to: [UInt8]?,
        _ body: (_ key: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) throws -> Bool
    ) throws

    /// As `scan`, for keys below `to` in falling order.
    func scanDown(
        _ space: KeySpace, below to: [UInt8],
        _ body: (_ key: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) throws -> Bool
    ) throws

    /// Whether it was opened for reading only.
    var isReadOnly: Bool { get }

    /// Gives the space of what was deleted or replaced from key `from` to key `to` back to the file system; nil is the
    /// space's start or end.
    func reclaim(_ space: KeySpace, from: [UInt8]?, to: [UInt8]?) throws

    /// Where the stretches of a space begin that can be reclaimed one by one, each in little room: rising keys.
    func divide(_ space: KeySpace) throws -> [[UInt8]]

    /// Bytes of the files that hold a space; of what is only in the log, nothing.
    func fileByteCount(_ space: KeySpace) throws -> Int

    /// Moves what is only in the log into its final form, so that the next opening is quick: all of it that the disk has
    /// room for.
    func settle() throws

    /// Whether the disk has room for all of it.
    var hasRoomToSettle: Bool { get }
}

extension StoreEngine {
    func value(_ space: KeySpace, key: [UInt8]) throws -> [UInt8]? {
        try read(space, key: key) { [UInt8]($0) }
    }
}
