import ArgumentParser
import Foundation
import HistoryStore
import Synchronization

/// Takes requests of other processes while this one records: prune, gc, tag, hold, compact, one at a time on a thread of its
/// own; and epochs of other recorders, each on one of its own. Recording goes on meanwhile.
final class ControlServer: Sendable {
    private let store: HistoryStore
    private let descriptor: Int32
    private let isStopping = Atomic(false)
    private let ended = DispatchSemaphore(value: 0)
    private let hosts = Mutex<[ObjectIdentifier: WriterHost]>([:])
    private let hostsEnded = DispatchGroup()

    /// nil when there can be no socket, for example on a file system that knows none: recording does not depend on it.
    init?(_ store: HistoryStore) {
        self.store = store
        descriptor = ControlSocket.make()
        guard descriptor >= 0 else { return nil }
        // What is there was left by a process that was killed: this one holds the history now.
        unlink("\(store.path)/\(ControlSocket.name)")
        let bound = ControlSocket.withAddress(of: store.path) { bind(descriptor, $0, $1) }
        guard bound == 0, listen(descriptor, 4) == 0 else {
            close(descriptor)
            return nil
        }
        chmod("\(store.path)/\(ControlSocket.name)", 0o600)
        let thread = Thread { [self] in serve() }
        thread.name = "palimpsest-control"
        thread.start()
    }

    /// Ends what is under way, in order, and returns when it has ended. Before the store is closed.
    func stop() {
        isStopping.store(true, ordering: .relaxed)
        unlink("\(store.path)/\(ControlSocket.name)")
        shutdown(descriptor, Int32(SHUT_RDWR))
        ended.wait()
        close(descriptor)
        for host in hosts.withLock({ Array($0.values) }) { host.stop() }
        hostsEnded.wait()
    }

    private func serve() {
        defer { ended.signal() }
        while !isStopping.load(ordering: .relaxed) {
            let client = accept(descriptor, nil, nil)
            guard client >= 0 else {
                if errno == EINTR || errno == ECONNABORTED { continue }
                return
            }
            // Somebody who connects and says nothing must not keep others out.
            var limit = timeval(tv_sec: 5, tv_usec: 0)
            setsockopt(client, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
            setsockopt(client, SOL_SOCKET, SO_SNDTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
            if answer(client) { close(client) }
        }
    }

    /// Writes for another recorder from here on.
    private func startHost(_ client: Int32) {
        var none = timeval()
        setsockopt(client, SOL_SOCKET, SO_RCVTIMEO, &none, socklen_t(MemoryLayout<timeval>.size))
        var ready = ControlSocket.writerReady
        Foundation.send(client, &ready, 1, Int32(MSG_NOSIGNAL))
        let host = WriterHost(store, descriptor: client)
        hosts.withLock { $0[ObjectIdentifier(host)] = host }
        hostsEnded.enter()
        let thread = Thread { [self] in
            host.serve()
            hosts.withLock { $0[ObjectIdentifier(host)] = nil }
            hostsEnded.leave()
        }
        thread.name = "palimpsest-host"
        thread.start()
    }

    /// - Returns: whether the connection is at its end.
    private func answer(_ client: Int32) -> Bool {
        var reader = LineReader(client)
        guard let line = reader.next(), let words = try? JSONDecoder().decode([String].self, from: Data(line.utf8))
        else { return true }
        if words == [ControlSocket.writerRequest] {
            startHost(client)
            return false
        }
        carryOut(words, client)
        return true
    }

    private func carryOut(_ words: [String], _ client: Int32) {
        func send(_ sign: Character, _ text: String) { Self.send("\(sign)\(Output.oneLine(text))\n", to: client) }
        let lastProgress = Mutex(ContinuousClock.now - .seconds(1))
        let host = MaintenanceHost(
            answer: { send("o", $0) },
            progress: { text in
                let isDue = lastProgress.withLock { last in
                    guard .now - last >= .milliseconds(100) else { return false }
                    last = .now
                    return true
                }
                if isDue { send("p", text) }
            },
            complain: { send("c", $0) },
            shouldStop: { self.isStopping.load(ordering: .relaxed) || Self.hasHungUp(client) })
        do {
            guard let command = try Palimpsest.parseAsRoot(words) as? any MaintenanceCommand else {
                return send("e", "\(ExitStatus.badInput) the process that records does not know this request")
            }
            try command.perform(on: store, host)
            send("e", "0")
        } catch {
            let failure = Failure(error) ?? .badInput(Palimpsest.message(for: error))
            send("e", "\(failure.status) \(failure.message ?? "")")
        }
    }

    private static func send(_ text: String, to client: Int32) {
        let bytes = Array(text.utf8)
        var done = 0
        while done < bytes.count {
            // A peer that has gone must not end this process by a signal.
            let count = bytes.withUnsafeBytes {
                Foundation.send(client, $0.baseAddress! + done, bytes.count - done, Int32(MSG_NOSIGNAL))
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return }
            done += count
        }
    }

    private static func hasHungUp(_ client: Int32) -> Bool {
        var byte: UInt8 = 0
        return recv(client, &byte, 1, Int32(MSG_PEEK) | Int32(MSG_DONTWAIT)) == 0
    }
}
