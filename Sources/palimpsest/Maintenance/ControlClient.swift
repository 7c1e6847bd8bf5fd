import Foundation

/// Asks the process that records into a history to carry a command out.
struct ControlClient {
    private let descriptor: Int32

    /// nil when nobody answers.
    init?(store: String) {
        descriptor = ControlSocket.make()
        guard descriptor >= 0 else { return nil }
        let connected = ControlSocket.withAddress(of: store) { connect(descriptor, $0, $1) }
        guard connected == 0 else {
            close(descriptor)
            return nil
        }
    }

    /// Asks to write a timeline through the process that has the history open.
    /// - Returns: a socket at whose other end a `WriterHost` waits, or nil when nobody answers.
    static func connectWriter(store: String) -> Int32? {
        guard let client = ControlClient(store: store) else { return nil }
        let request = "[\"\(ControlSocket.writerRequest)\"]\n"
        // One byte: what follows is the host's.
        var answer: UInt8 = 0
        guard Output.write(Array(request.utf8), to: client.descriptor),
            recv(client.descriptor, &answer, 1, Int32(MSG_WAITALL)) == 1, answer == ControlSocket.writerReady
        else {
            close(client.descriptor)
            return nil
        }
        return client.descriptor
    }

    /// - Throws: `Failure`, as if the command had been carried out here.
    func carryOut(_ words: [String], _ host: MaintenanceHost) throws {
        defer { close(descriptor) }
        let request = try JSONEncoder().encode(words) + Data("\n".utf8)
        guard Output.write([UInt8](request), to: descriptor) else { throw Self.lost }
        let stopper = DispatchSource.makeTimerSource(queue: .global())
        // Hanging up is how the other side learns that it should stop.
        let descriptor = descriptor
        stopper.schedule(deadline: .now(), repeating: .milliseconds(50))
        stopper.setEventHandler { if Signals.received != nil { shutdown(descriptor, Int32(SHUT_WR)) } }
        stopper.resume()
        defer { stopper.cancel() }
        var reader = LineReader(descriptor)
        while let line = reader.next() {
            let text = String(line.dropFirst())
            switch line.first {
            case "o": host.answer(text)
            case "p": host.progress(text)
            case "c": host.complain(text)
            case "e": return try conclude(text)
            default: throw Self.lost
            }
        }
        throw Self.lost
    }

    private func conclude(_ text: String) throws {
        let parts = text.split(separator: " ", maxSplits: 1)
        guard let status = parts.first.flatMap({ Int32($0) }) else { throw Self.lost }
        guard status != 0 else { return }
        throw Failure(status: status, message: parts.count > 1 ? String(parts[1]) : nil)
    }

    private static let lost = Failure.badInput(
        "the process that records into the history ended before it had answered: run this again")
}
