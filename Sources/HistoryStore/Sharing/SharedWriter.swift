import Foundation

/// A way to a history that may be open in another process.
public enum WriterWay: Sendable {
    /// This process has it open now.
    case own(HistoryStore)
    /// A connected socket to the process that has it open, at whose other end a `WriterHost` waits for a greeting.
    case through(descriptor: Int32)
}

/// Writes a timeline through the process that has the history open; when that one ends, however it ends, through the next, or
/// as the one that has it open. No acknowledged epoch is lost thereby, and none is stored twice.
public final class SharedWriter: EpochAppender, @unchecked Sendable {
    private enum Link {
        case own(TimelineWriter)
        case channel(WriterChannel)
        case closed
    }

    private let findWay: @Sendable () throws -> WriterWay
    private let lock = NSLock()
    // The rest is touched under the lock only.
    private var link: Link
    private var request: TimelineRequest

    /// Begins a timeline.
    /// - Parameters:
    ///   - way: how the history is reached now.
    ///   - findWay: finds another when the process at its end has gone. Called on the thread that appends.
    /// - Throws: what `HistoryStore.createTimeline` throws, wherever it is called; what `findWay` throws.
    public init(
        _ request: TimelineRequest, by way: WriterWay, findWay: @escaping @Sendable () throws -> WriterWay
    ) throws {
        self.request = request
        self.findWay = findWay
        link = .closed
        do {
            _ = try take(way)
        } catch is ChannelEnded {
            _ = try reconnect()
        }
    }

    public func append(_ epoch: EpochInput) throws -> EpochReceipt {
        try lock.withLock {
            request.pending = PendingEpoch(epoch: epoch.epoch, wallTime_ns: epoch.wallTime_ns)
            let receipt = try onLink(
                own: { try $0.append(epoch) },
                channel: { channel in
                    try channel.send(WriterMessage.Request.append(WriterMessage.EpochHead(epoch)))
                    try channel.sendParts(of: epoch)
                    guard case .stored(let receipt, let changeCount) = try Self.reply(channel) else {
                        throw ChannelEnded()
                    }
                    return try channel.receiveChanges(changeCount, of: receipt)
                },
                // It was stored, and the answer lost.
                unlessStored: { $0.epoch == epoch.epoch ? $0 : nil })
            request.resumesAfter = receipt.epoch
            request.pending = nil
            return receipt
        }
    }

    public func flush() throws {
        try lock.withLock {
            try onLink(own: { try $0.flush() }, channel: { try Self.ask($0, .flush) })
        }
    }

    /// Names a position of the timeline, in one of its stored epochs. Also after `close`.
    public func setTag(name: String, epoch: UInt64, instructions: UInt64) throws {
        try lock.withLock {
            let timeline = request.name
            let wasClosed = isClosed
            if wasClosed { _ = try reconnect() }
            defer { if wasClosed { try? closeLink() } }
            try onLink(
                own: { try $0.store.setTag(name: name, timeline: timeline, epoch: epoch, instructions: instructions) },
                channel: { try Self.ask($0, .tag(name: name, epoch: epoch, instructions: instructions)) })
        }
    }

    public func close() throws {
        try lock.withLock {
            guard !isClosed else { return }
            guard request.resumesAfter != nil else { return end() }
            try closeLink()
        }
    }

    private var isClosed: Bool {
        if case .closed = link { return true }
        return false
    }

    private func closeLink() throws {
        try onLink(own: { try $0.close() }, channel: { try Self.ask($0, .close) })
        link = .closed
    }

    /// Lets go of a timeline that has no epoch yet.
    private func end() {
        if case .own(let writer) = link { try? writer.close() }
        link = .closed
    }

    // MARK: Links

    /// Does something by the link there is; when the other end goes away meanwhile, by the next.
    private func onLink<Result>(
        own: (TimelineWriter) throws -> Result, channel: (WriterChannel) throws -> Result,
        unlessStored: (EpochReceipt) -> Result? = { _ in nil }
    ) throws -> Result {
        while true {
            switch link {
            case .own(let writer): return try own(writer)
            case .closed: throw HistoryStoreError.misuse("the writer of timeline '\(request.name)' is closed")
            case .channel(let open):
                do { return try channel(open) } catch is ChannelEnded {
                    if let head = try reconnect(), let result = unlessStored(head) { return result }
                }
            }
        }
    }

    /// - Returns: the timeline's last epoch, if it has one.
    private func reconnect() throws -> EpochReceipt? {
        while true {
            do { return try take(try findWay()) } catch is ChannelEnded { continue }
        }
    }

    private func take(_ way: WriterWay) throws -> EpochReceipt? {
        switch way {
        case .own(let store):
            let (writer, head) = try store.takeUp(request)
            link = .own(writer)
            return head
        case .through(let descriptor):
            let channel = WriterChannel(descriptor: descriptor)
            try channel.send(WriterMessage.Greeting(timeline: request))
            guard case .ready(let head) = try Self.reply(channel) else { throw ChannelEnded() }
            link = .channel(channel)
            return head
        }
    }

    private static func ask(_ channel: WriterChannel, _ request: WriterMessage.Request) throws {
        try channel.send(request)
        guard case .done = try reply(channel) else { throw ChannelEnded() }
    }

    private static func reply(_ channel: WriterChannel) throws -> WriterMessage.Reply {
        let reply = try channel.receive(WriterMessage.Reply.self)
        if case .refused(let error) = reply { throw error }
        return reply
    }
}
