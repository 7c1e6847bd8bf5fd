import Foundation

/// Writes for another process into the history that this one has open: one timeline a connection, on the thread that calls
/// `serve`. Requirement: `ControlServer` has read the greeting's announcement, and nothing after it.
public final class WriterHost: Sendable {
    private let store: HistoryStore
    private let channel: WriterChannel

    /// - Parameter descriptor: a connected stream socket; taken over.
    public init(_ store: HistoryStore, descriptor: Int32) {
        self.store = store
        channel = WriterChannel(descriptor: descriptor)
    }

    /// Takes no more requests. What was begun is ended and answered. From any thread.
    public func stop() { shutdown(channel.descriptor, Int32(SHUT_RD)) }

    /// Returns when the other end has hung up, or after `stop`. The timeline is valid up to its last epoch in any case.
    public func serve() {
        var opened: TimelineWriter?
        defer { try? opened?.close() }
        do {
            let greeting = try channel.receive(WriterMessage.Greeting.self)
            guard greeting.version == WriterMessage.version else {
                return try channel.send(
                    WriterMessage.Reply.refused(
                        .misuse("the process that records into '\(store.path)' is of another version of this program")))
            }
            let name = greeting.timeline.name
            let reply = try answering {
                let (writer, head) = try store.takeUp(greeting.timeline)
                opened = writer
                return .ready(head: head)
            }
            guard let writer = opened, case .ready = reply else { return }
            while try answer(try channel.receive(WriterMessage.Request.self), name, writer) {}
        } catch {
            // Nobody is there to be told: the other end has gone.
        }
    }

    /// - Returns: whether more may come.
    private func answer(
        _ request: WriterMessage.Request, _ name: String, _ writer: TimelineWriter
    ) throws -> Bool {
        switch request {
        case .append(let head):
            return try channel.receiveParts(after: head) { input in
                var receipt: EpochReceipt?
                let refusal = Self.refusal { receipt = try writer.append(input) }
                if let receipt { try channel.send(receipt) } else { try channel.send(refusal ?? .done) }
                return true
            }
        case .flush:
            try answering {
                try writer.flush()
                return .done
            }
            return true
        case .tag(let tag, let epoch, let instructions):
            try answering {
                try store.setTag(name: tag, timeline: name, epoch: epoch, instructions: instructions)
                return .done
            }
            return true
        case .close:
            try answering {
                try writer.close()
                return .done
            }
            return false
        }
    }

    @discardableResult
    private func answering(_ work: () throws -> WriterMessage.Reply) throws -> WriterMessage.Reply {
        var answer = WriterMessage.Reply.done
        let reply = Self.refusal { answer = try work() } ?? answer
        try channel.send(reply)
        return reply
    }

    private static func refusal(of work: () throws -> Void) -> WriterMessage.Reply? {
        do {
            try work()
            return nil
        } catch let error as HistoryStoreError {
            return .refused(error)
        } catch {
            return .refused(.io("\(error)"))
        }
    }
}
