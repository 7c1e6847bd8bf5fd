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

    /// No room for a byte but what the store itself keeps for this: pruning and collecting, killed again and again, make
    /// room, and recording goes on.
    @Test(.enabled(if: Namespace.canMount, "needs unshare(1) and permission to mount a tmpfs in a namespace"))
    func pruningAndCollectingOnAFullDisk() throws {
        let folder = try Scratch.folder().path
        let program = Program.path
        let workbench = Bundle.main.bundleURL.appendingPathComponent("store-workbench").path
        let outcome = try Namespace.run(
            """
            mount -t tmpfs -o size=128m none \(folder) || exit 99
            '\(workbench)' generate \(folder)/h --epochs 100000 >/dev/null 2>&1; echo "full $?"
            # Waits for its end: until then the history is locked.
            killed_after() {
                seconds=$1; shift
                '\(program)' "$@" --store \(folder)/h >/dev/null 2>&1 &
                sleep $seconds; kill -9 $! 2>/dev/null; wait $! 2>/dev/null
            }
            dd if=/dev/zero of=\(folder)/other bs=4k >/dev/null 2>&1
            before=$(du -sk \(folder)/h/database | cut -f1)
            for ms in 0.02 0.1 0.3; do
                killed_after $ms prune --keep-last 5
            done
            '\(program)' prune --keep-last 5 --store \(folder)/h >/dev/null; echo "prune $?"
            for ms in 0.02 0.1 0.2 0.3 0.5 0.7 0.9; do
                killed_after $ms gc
            done
            '\(program)' gc --store \(folder)/h >/dev/null; echo "gc $?"
            after=$(du -sk \(folder)/h/database | cut -f1)
            test $((after * 2)) -lt $before && echo smaller || echo "from $before to $after KiB"
            '\(program)' verify --data --store \(folder)/h >/dev/null; echo "verify $?"
            '\(program)' record --headless --bare \(Guests.noise) --memory 2M --epoch-instructions 200000 \
                --stop-at-icount 2000000 --timeline next --store \(folder)/h >/dev/null; echo "record $?"
            """)
        #expect(
            outcome.output.split(separator: "\n") == ["full 1", "prune 0", "gc 0", "smaller", "verify 0", "record 0"],
            "\(outcome.output)")
    }
}
