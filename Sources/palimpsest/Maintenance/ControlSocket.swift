import Foundation

/// The socket in a history's directory at which the process that records into it takes requests of others. The directory is
/// its owner's alone, and so is the socket.
///
///     request   one line: a JSON array of the command's words
///               or "write-timeline": see `writerRequest`
///     answer    lines, each with a sign before it: `o` answer, `p` progress, `c` complaint, then `e` status, space, message
enum ControlSocket {
    static let name = "control"
    static let lineByteCountMax = 1 << 20
    /// The word of a request to write a timeline. The answer is a byte, `writerReady`; then the socket is the `WriterHost`'s.
    static let writerRequest = "write-timeline"
    static let writerReady = UInt8(ascii: "w")

    /// A socket's address has room for some hundred bytes only; through the directory's descriptor any path fits.
    static func withAddress<Result>(
        of store: String, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Result
    ) -> Result? {
        let directory = open(store, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard directory >= 0 else { return nil }
        defer { close(directory) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let path = Array("/proc/self/fd/\(directory)/\(name)".utf8)
        guard path.count < MemoryLayout.size(ofValue: address.sun_path) else { return nil }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path) }
        return withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, socklen_t(MemoryLayout<sockaddr_un>.size)) }
        }
    }

    /// A stream socket that no child inherits.
    static func make() -> Int32 { socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0) }
}

/// Reads lines from a socket.
struct LineReader {
    private let descriptor: Int32
    private var rest: [UInt8] = []

    init(_ descriptor: Int32) { self.descriptor = descriptor }

    /// The next line without its end; nil at the end, or when it is longer than any line should be.
    mutating func next() -> String? {
        while true {
            if let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
                defer { rest.removeSubrange(...end) }
                return String(decoding: rest[..<end], as: UTF8.self)
            }
            guard rest.count < ControlSocket.lineByteCountMax else { return nil }
            var chunk = [UInt8](repeating: 0, count: 4096)
            let count = recv(descriptor, &chunk, chunk.count, 0)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return nil }
            rest += chunk[..<count]
        }
    }
}
