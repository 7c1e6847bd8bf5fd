import GuestMemory
import Testing

@testable import HistoryStore

/// Page marks are found again: from the index, from the tail that is not indexed yet, along forks, after a rebuild.
@Suite struct PageMarkTests {
    /// Epochs with marks that a formula tells.
    private static func marks(_ epoch: UInt64) -> [PageMark] {
        var marks = [PageMark(page: 0x80000 + epoch % 7, detail: epoch &* 0x9e37_79b9_7f4a_7c15 | 1)]
        if epoch % 3 == 0 { marks.insert(PageMark(page: 0, detail: .max), at: 0) }
        return epoch % 5 == 4 ? [] : marks
    }

    private static func expected(page: UInt64, _ epochs: ClosedRange<UInt64>) -> [PageMarkEpoch] {
        epochs.flatMap { epoch in
            marks(epoch).filter { $0.page == page }.map { PageMarkEpoch(epoch: epoch, detail: $0.detail) }
        }
    }

    private static func append(_ epochs: ClosedRange<UInt64>, to writer: TimelineWriter) throws {
        for epoch in epochs {
            var input = EpochInput(epoch: epoch, icountFrom: epoch * 10, icountTo: epoch * 10 + 10)
            input.pageMarks = marks(epoch)
            _ = try writer.append(input)
        }
    }

    private static func check(_ store: HistoryStore, _ timeline: String, through head: UInt64) throws {
        for page: UInt64 in [0, 0x80000, 0x80003, 0x80006, 0x80007] {
            for epochs in [0...head, 5...9, head...head, 130...200] {
                let found = try store.marks(page: page, timeline: timeline, epochs: epochs)
                let clipped = epochs.lowerBound > head ? [] : expected(page: page, epochs.clamped(to: 0...head))
                #expect(found == clipped, "page \(page), epochs \(epochs)")
            }
        }
    }

    private static func record(in path: String) throws {
        let store = try HistoryStore.open(path: path, mode: .create)
        let writer = try store.createTimeline(name: "main")
        try append(0...299, to: writer)
        // What was handed over last is not indexed yet.
        try check(store, "main", through: 299)
        try writer.close()
        let fork = try store.createTimeline(name: "fork", parent: ("main", 150))
        try append(151...180, to: fork)
        try fork.close()
        try store.close()
    }

    @Test func marksAreFoundAgain() throws {
        let directory = TemporaryDirectory()
        try Self.record(in: directory.path)
        let again = try HistoryStore.open(path: directory.path, mode: .readWrite)
        try Self.check(again, "main", through: 299)
        try Self.check(again, "fork", through: 180)
        #expect(try again.verify(VerifyOptions(data: .all)).isSound)
        try again.rebuildIndexes()
        try Self.check(again, "main", through: 299)
        #expect(try again.verify(VerifyOptions(data: .all)).isSound)
        #expect(try again.manifest(timeline: "main", epoch: 3).pageMarks() == Self.marks(3))
        try again.close()
    }

    @Test func marksThatDoNotRiseAreRefused() throws {
        let directory = TemporaryDirectory()
        let store = try HistoryStore.open(path: directory.path, mode: .create)
        let writer = try store.createTimeline(name: "main")
        for pages: [UInt64] in [[5, 5], [6, 5], [1 << 47]] {
            var input = EpochInput(epoch: 0, icountFrom: 0, icountTo: 0)
            input.pageMarks = pages.map { PageMark(page: $0, detail: 1) }
            #expect(throws: HistoryStoreError.self) { try writer.append(input) }
        }
        try store.close()
    }

    /// Bytes from a disk are never trusted.
    @Test func damagedMarksAreNoMarks() {
        let bytes = PageMarks.encode(Self.marks(3) + [PageMark(page: 0x90000, detail: 77)])
        #expect(PageMarks.decode(bytes)?.count == 3)
        for length in 1..<bytes.count where length != 11 {
            let marks = PageMarks.decode(Array(bytes.prefix(length)))
            #expect(marks == nil || marks!.count < 3)
        }
        #expect(PageMarks.decode(Array(repeating: 0xff, count: 40)) == nil)
    }
}
