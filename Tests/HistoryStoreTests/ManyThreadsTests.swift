import Foundation
import StoreTraffic
import Synchronization
import Testing

@testable import HistoryStore

/// Two recorders, one that prunes and collects, and one that reads, all at once and each at random.
@Suite(.serialized) struct ManyThreadsTests {
    private static let seed =
        ProcessInfo.processInfo.environment["PALIMPSEST_TEST_SEED"].flatMap(UInt64.init)
        ?? UInt64.random(in: 1...UInt64(UInt32.max))
    private static let epochCount: UInt64 = 250
    private static let timelines = ["left", "right"]

    /// What went wrong in threads, and who still records.
    private final class Shared: Sendable {
        let failures = Mutex<[String]>([])
        let recording = Mutex(ManyThreadsTests.timelines.count)
        let collections = Mutex(0)
        let comparisons = Mutex(0)

        func attempt(_ what: String, _ body: () throws -> Void) {
            do { try body() } catch { failures.withLock { $0.append("\(what): \(error)") } }
        }

        var isRecording: Bool { recording.withLock { $0 > 0 } }
    }

    @Test func everyKeptEpochIsRightWhateverRunsBesides() throws {
        print("PALIMPSEST_TEST_SEED=\(Self.seed)")
        let directory = TemporaryDirectory()
        let path = directory.path
        let store = try HistoryStore.open(path: directory.path, mode: .create)
        let shared = Shared()
        var threads: [Thread] = []
        for (index, name) in Self.timelines.enumerated() {
            let writer = try store.createTimeline(name: name)
            let guest = ReproducibleGuest()
            try guest.append(EpochAttempt(timeline: name, epoch: 0), to: writer)
            nonisolated(unsafe) let unshared = guest
            threads.append(
                Thread {
                    shared.attempt("recording '\(name)'") {
                        try Self.record(name, unshared, writer, seed: Self.seed &+ UInt64(index))
                    }
                    shared.recording.withLock { $0 -= 1 }
                })
        }
        threads.append(Thread { shared.attempt("collecting") { try Self.collect(store, shared) } })
        threads.append(Thread { shared.attempt("reading") { try Self.read(path, shared) } })
        for thread in threads { thread.start() }
        while threads.contains(where: { !$0.isFinished }) { usleep(5000) }

        #expect(shared.failures.withLock(\.self) == [], "seed \(Self.seed)")
        #expect(shared.collections.withLock(\.self) > 0 && shared.comparisons.withLock(\.self) > 0)
        for name in Self.timelines {
            var comparison = Self.comparison()
            comparison.compare(store, timeline: name, through: Self.epochCount)
            #expect(
                comparison.isRight, "seed \(Self.seed): \(comparison.wrong.prefix(3)) \(comparison.named.prefix(3))")
            #expect(comparison.epochsRight == Int(Self.epochCount) + 1)
        }
        #expect(try store.verify(VerifyOptions(data: .all)).findings == [], "seed \(Self.seed)")
        try store.close()
    }

    private static func comparison() -> HistoryComparison {
        var comparison = HistoryComparison(ReproducibleGuest.Shape())
        comparison.acknowledgedAttempt = { EpochAttempt(timeline: $0, epoch: $1) }
        comparison.mayBePruned = { _, _ in true }
        return comparison
    }

    private static func record(
        _ name: String, _ guest: ReproducibleGuest, _ writer: TimelineWriter, seed: UInt64
    ) throws {
        var generator = SeededGenerator(seed: seed)
        for epoch in 1...epochCount {
            try guest.append(EpochAttempt(timeline: name, epoch: epoch), to: writer)
            if Int.random(in: 0..<8, using: &generator) == 0 {
                usleep(UInt32.random(in: 0...20_000, using: &generator))
            }
        }
    }

    private static func collect(_ store: HistoryStore, _ shared: Shared) throws {
        var generator = SeededGenerator(seed: seed &+ 100)
        while shared.isRecording {
            var policy = RetentionPolicy()
            policy.keepLast = UInt64.random(in: 1...20, using: &generator)
            if Bool.random(using: &generator) { policy.keepEvery = UInt64.random(in: 2...30, using: &generator) }
            try store.prune(policy)
            if Bool.random(using: &generator) {
                // Sometimes given up half way.
                var questionsLeft = Int.random(in: 0...40, using: &generator)
                try store.collectGarbage(shouldStop: {
                    questionsLeft -= 1
                    return questionsLeft == 0
                })
                shared.collections.withLock { $0 += 1 }
            }
            usleep(UInt32.random(in: 0...30_000, using: &generator))
        }
    }

    private static func read(_ path: String, _ shared: Shared) throws {
        var generator = SeededGenerator(seed: seed &+ 200)
        let reader = try HistoryStore.open(path: path, mode: .readOnly)
        while shared.isRecording {
            try reader.refresh()
            let name = timelines.randomElement(using: &generator)!
            let head = try reader.headEpoch(timeline: name)
            var comparison = comparison()
            comparison.compare(reader, timeline: name, through: head)
            // What was collected since the reader looked last is gone, which is said; it looks again.
            guard comparison.wrong.isEmpty, comparison.named.isEmpty else {
                throw Unexpected(
                    what: "'\(name)' at \(head): \(comparison.wrong.prefix(3)) \(comparison.named.prefix(3))")
            }
            shared.comparisons.withLock { $0 += 1 }
        }
    }

    private struct Unexpected: Error { let what: String }
}
