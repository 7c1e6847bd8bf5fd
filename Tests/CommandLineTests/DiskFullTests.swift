import Foundation
import Testing

/// A disk that fills up during recording: one line, status 2, and a history that is valid up to its last epoch.
@Suite struct DiskFullTests {
    @Test(.enabled(if: Namespace.canMount, "needs unshare(1) and permission to mount a tmpfs in a namespace"))
    func recordingOnAFullDisk() throws {
        let folder = try Scratch.folder().path
        let program = Program.path
        let outcome = try Namespace.run(
            """
            mount -t tmpfs -o size=3m none \(folder) || exit 99
            '\(program)' record --headless --bare \(Guests.noise) --memory 2M --epoch-instructions 200000 \
                --store \(folder)/h; echo "record $?"
            '\(program)' verify --store \(folder)/h; echo "verify $?"
            """)
        let lines = outcome.output.split(separator: "\n")
        #expect(lines.count == 4, "\(outcome.output)")
        #expect(lines.first?.hasPrefix("palimpsest: no space left for '\(folder)/h'") == true, "\(outcome.output)")
        #expect(lines.dropFirst().first == "record 2", "\(outcome.output)")
        #expect(lines.last == "verify 0", "\(outcome.output)")
    }
}
