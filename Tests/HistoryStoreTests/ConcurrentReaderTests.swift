import Foundation
import StoreTraffic
import Testing

@testable import HistoryStore

/// A recorder and others beside it. What is left after a kill: TortureTests.
@Suite(.serialized) struct ConcurrentReaderTests {
    @Test func aReaderInAnotherProcessSeesTheLastDurableEpochAndASecondRecorderIsRefused() async throws {
        let directory = TemporaryDirectory()
        let store = try HistoryStore.open(path: directory.path, mode: .create)
        let writer = try store.createTimeline(name: "main")
        let guest = ReproducibleGuest()
        setenv("PALIMPSEST_TEST_STORE", directory.path, 1)
        let here = try { () -> HistoryStore in
            try MainHistory.record(0...0, guest, to: writer)
            return try HistoryStore.open(path: directory.path, mode: .readOnly)
        }()
        try MainHistory.record(1...70, guest, to: writer)
        await #expect(processExitsWith: .success) {
            let path = String(cString: getenv("PALIMPSEST_TEST_STORE"))
            let reader = try HistoryStore.open(path: path, mode: .readOnly)
            #expect(try reader.headEpoch(timeline: "main") == 70)
            #expect(MainHistory.compare(reader, through: 70).isRight)
            #expect(throws: HistoryStoreError.lockedByAnotherProcess(path: path)) {
                try HistoryStore.open(path: path, mode: .readWrite)
            }
        }
        #expect(try here.headEpoch(timeline: "main") == 0)
        try here.refresh()
        #expect(try here.headEpoch(timeline: "main") == 70)
        #expect(throws: HistoryStoreError.lockedByAnotherProcess(path: directory.path)) {
            try HistoryStore.open(path: directory.path, mode: .readWrite)
        }
        try store.close()
    }
}
