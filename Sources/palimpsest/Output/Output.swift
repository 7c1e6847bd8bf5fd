import Foundation

/// The two streams. Standard output is data; standard error is for people.
enum Output {
    static var errorIsTerminal: Bool { isatty(STDERR_FILENO) != 0 }
    static var outputIsTerminal: Bool { isatty(STDOUT_FILENO) != 0 }

    /// One line on standard error.
    static func complain(_ message: String) {
        RawTerminal.leave()
        write(Array("palimpsest: \(oneLine(message))\n".utf8), to: STDERR_FILENO)
    }

    /// Answers that could not be written are not given silently.
    static func finish() throws {
        guard fflush(nil) == 0 else {
            throw Failure.badInput("standard output cannot be written: \(String(cString: strerror(errno)))")
        }
    }

    static func oneLine(_ text: String) -> String {
        text.split(whereSeparator: \.isNewline).map { $0.trimmingCharacters(in: .whitespaces) }.joined(separator: " ")
    }

    /// Writes everything.
    /// - Returns: false when nobody reads any longer.
    @discardableResult
    static func write(_ bytes: [UInt8], to descriptor: Int32 = STDOUT_FILENO) -> Bool {
        var done = 0
        while done < bytes.count {
            let count = bytes.withUnsafeBytes {
                #if canImport(Glibc)
                    Glibc.write(descriptor, $0.baseAddress! + done, bytes.count - done)
                #else
                    Darwin.write(descriptor, $0.baseAddress! + done, bytes.count - done)
                #endif
            }
            if count > 0 {
                done += count
            } else if errno == EAGAIN {
                var waiting = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                _ = poll(&waiting, 1, -1)
            } else if errno != EINTR {
                return false
            }
        }
        return true
    }
}
