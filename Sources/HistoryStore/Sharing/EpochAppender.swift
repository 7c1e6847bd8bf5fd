/// Whatever takes a timeline's epochs: a writer of this process's, or one in the process that has the history open.
///
/// Calls come from one thread at a time.
public protocol EpochAppender: AnyObject, Sendable {
    /// See `TimelineWriter.append`.
    func append(_ epoch: EpochInput) throws -> EpochReceipt
    /// Makes every appended epoch durable.
    func flush() throws
    /// Makes every appended epoch durable and lets go of the timeline. Harmless when closed already.
    func close() throws
}

extension TimelineWriter: EpochAppender {}

/// A timeline that is to be recorded.
public struct TimelineRequest: Codable, Equatable, Sendable {
    public var name: String
    /// The timeline and the last of its epochs that the new one shares; nil for a new machine.
    public var parent: String?
    public var parentEpoch: UInt64
    public var metadata: [UInt8]
    public var options: WriterOptions
    /// Its last acknowledged epoch; nil for a new timeline.
    var resumesAfter: UInt64?
    /// The epoch after that, when it may or may not have been stored by whoever wrote so far.
    var pending: PendingEpoch?

    public init(
        name: String, parent: (timeline: String, epoch: UInt64)? = nil, metadata: [UInt8] = [],
        options: WriterOptions = WriterOptions()
    ) {
        self.name = name
        self.parent = parent?.timeline
        parentEpoch = parent?.epoch ?? 0
        self.metadata = metadata
        self.options = options
    }
}

extension HistoryStore {
    /// - Throws: see `createTimeline(name:parent:metadata:options:)`.
    public func createTimeline(_ request: TimelineRequest) throws -> TimelineWriter {
        try createTimeline(
            name: request.name, parent: request.parent.map { ($0, request.parentEpoch) }, metadata: request.metadata,
            options: request.options)
    }

    /// A writer for a request, with what became of the timeline's last epoch where it goes on from one.
    func takeUp(_ request: TimelineRequest) throws -> (writer: TimelineWriter, head: EpochReceipt?) {
        let head: UInt64
        do {
            head = try headEpoch(timeline: request.name)
        } catch HistoryStoreError.noSuchTimeline {
            guard let epoch = request.resumesAfter else { return (try createTimeline(request), nil) }
            throw HistoryStoreError.damaged(
                what: "timeline '\(request.name)' is gone, but epoch \(epoch) was acknowledged")
        }
        let manifest = try manifest(timeline: request.name, epoch: head)
        let isPending = request.pending.map { $0.epoch == head && $0.wallTime_ns == manifest.wallTime_ns } ?? false
        guard isPending || request.resumesAfter != nil else { throw HistoryStoreError.timelineExists(request.name) }
        guard isPending || request.resumesAfter == head else {
            throw HistoryStoreError.damaged(
                what: "timeline '\(request.name)' ends at epoch \(head), but epoch \(request.resumesAfter ?? 0) was "
                    + "acknowledged last")
        }
        return (
            try resumeTimeline(name: request.name, options: request.options),
            EpochReceipt(epoch: head, storedBytes: manifest.storedBytes, pages: manifest.pages, durable: false)
        )
    }
}

/// By which an epoch is known again that may have been stored.
struct PendingEpoch: Codable, Equatable {
    var epoch: UInt64
    var wallTime_ns: UInt64
}
