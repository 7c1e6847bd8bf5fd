import GuestMemory
import Testing

@testable import Checkpointing

/// Who is on the master list, and who leaves it (patents.md, requirements 12 to 14).
@Suite struct MasterListTests {
    private final class Bench {
        let memory: GuestMemory
        let list: MasterList
        let room = UnsafeMutableRawPointer.allocate(byteCount: WordDifference.byteCountMax, alignment: 64)

        init(capacity: Int) throws {
            memory = try GuestMemory(base: GuestPhysicalAddress(0x8000_0000), byteCount: 16 << 20)
            list = try MasterList(memory: memory, capacity: capacity)
        }

        deinit { room.deallocate() }

        func page(_ index: UInt64) -> GuestPhysicalPage { GuestPhysicalPage(memory.firstPage + index) }

        /// Changes so many words of a page.
        func change(_ index: UInt64, words: Int) {
            let leaf = memory.leaf(page(index).number)!
            let content = GuestMemory.hostAddress(leaf.pointee).assumingMemoryBound(to: UInt64.self)
            for word in 0..<words { content[word] &+= 1 }
        }

        /// The page was modified; nil when it is not listed.
        func take(_ index: UInt64, epoch: UInt64) -> MasterList.Taken? {
            list.entry(of: page(index).number).map {
                list.take($0, content: memory.frameAddress(of: page(index).number), into: room, epoch: epoch)
            }
        }

        func add(_ indexes: UInt64..., epoch: UInt64) {
            list.update(ListFeedback(candidates: indexes.map(page)), epoch: epoch)
        }
    }

    private func isDifference(_ taken: MasterList.Taken?) -> Bool {
        if case .difference = taken { true } else { false }
    }

    private func isWhole(_ taken: MasterList.Taken?, listed: Bool) -> Bool {
        if case .whole(listed) = taken { true } else { false }
    }

    @Test func aNewPageIsSentWholeFirst() throws {
        let bench = try Bench(capacity: 4)
        #expect(bench.take(7, epoch: 1) == nil)
        bench.add(7, epoch: 1)
        bench.change(7, words: 300)
        #expect(isWhole(bench.take(7, epoch: 2), listed: true))
        bench.change(7, words: 255)
        #expect(isDifference(bench.take(7, epoch: 3)))
        bench.change(7, words: 256)
        #expect(isWhole(bench.take(7, epoch: 4), listed: true))
        bench.change(7, words: 1)
        #expect(isDifference(bench.take(7, epoch: 5)))
        #expect(bench.list.takeUnlisted().isEmpty)
    }

    @Test func tooMuchThreeTimesInARowEndsIt() throws {
        let bench = try Bench(capacity: 4)
        bench.add(7, epoch: 1)
        _ = bench.take(7, epoch: 2)
        for epoch: UInt64 in 3...4 {
            bench.change(7, words: 400)
            #expect(isWhole(bench.take(7, epoch: epoch), listed: true))
        }
        bench.change(7, words: 400)
        #expect(isWhole(bench.take(7, epoch: 5), listed: false))
        #expect(bench.list.takeUnlisted() == [bench.page(7)])
        #expect(bench.take(7, epoch: 6) == nil)
        #expect(bench.list.count == 0)
    }

    @Test func theLeastRecentlyModifiedMakesRoom() throws {
        let bench = try Bench(capacity: 2)
        bench.add(1, 2, epoch: 1)
        for epoch: UInt64 in 2...3 { _ = bench.take(1, epoch: epoch) }
        _ = bench.take(2, epoch: 4)
        bench.add(3, epoch: 5)
        #expect(bench.list.takeUnlisted() == [bench.page(1)])
        #expect(bench.take(1, epoch: 6) == nil && bench.take(3, epoch: 6) != nil)
        // Both were modified by the last epoch: neither has to go.
        _ = bench.take(2, epoch: 6)
        bench.add(4, epoch: 6)
        #expect(bench.list.count == 2 && bench.list.entry(of: bench.page(4).number) == nil)
    }

    @Test func idlePagesLeave() throws {
        let bench = try Bench(capacity: 100)
        bench.add(1, 2, 3, epoch: 1)
        for index: UInt64 in 1...3 { _ = bench.take(index, epoch: 2) }
        for epoch: UInt64 in 3...700 {
            _ = bench.take(2, epoch: epoch)
            bench.list.update(ListFeedback(), epoch: epoch)
        }
        #expect(Set(bench.list.takeUnlisted()) == [bench.page(1), bench.page(3)])
        #expect(bench.list.count == 1)
    }

    @Test func theCollectorMayAskForRemoval() throws {
        let bench = try Bench(capacity: 4)
        bench.add(1, 2, epoch: 1)
        _ = bench.take(1, epoch: 2)
        bench.list.update(ListFeedback(removals: [bench.page(1), bench.page(2), bench.page(3)]), epoch: 2)
        // Of page 2 no copy was ever sent.
        #expect(bench.list.takeUnlisted() == [bench.page(1)])
        #expect(bench.list.count == 0)
    }

    /// Answers of several epochs come in one piece, and each may name a page: it has one entry, for which no other leaves.
    @Test func aPageNamedTwiceIsListedOnce() throws {
        let bench = try Bench(capacity: 2)
        bench.add(1, epoch: 1)
        bench.add(2, 2, epoch: 5)
        #expect(bench.list.count == 2)
        #expect(bench.take(1, epoch: 6) != nil && bench.take(2, epoch: 6) != nil)
        bench.list.update(ListFeedback(removals: [bench.page(2), bench.page(2)]), epoch: 6)
        #expect(bench.list.count == 1 && bench.take(2, epoch: 7) == nil)
    }

    /// A collector that errs must not lead beyond the tables.
    @Test func pagesThatAreNoMemoryAreIgnored() throws {
        let bench = try Bench(capacity: 4)
        let outside = [0, bench.memory.firstPage - 1, bench.memory.firstPage + bench.memory.pageCount, .max]
            .map { GuestPhysicalPage($0) }
        bench.list.update(ListFeedback(candidates: outside, removals: outside), epoch: 1)
        #expect(bench.list.count == 0)
    }

    @Test func aListWithoutRoomListsNothing() throws {
        let bench = try Bench(capacity: 0)
        bench.add(1, 2, epoch: 1)
        #expect(bench.list.count == 0 && bench.take(1, epoch: 2) == nil)
    }
}

/// What a collector finds (requirement 13).
@Suite struct CandidateFinderTests {
    private let page = GuestPhysicalPage(0x80000)

    @Test func theCountMustExceedTheThreshold() {
        for threshold: UInt8 in [0, 1, 2, 5] {
            var finder = CandidateFinder(countThreshold: threshold)
            for _ in 0..<threshold {
                finder.note(page, changedWords: 255)
                #expect(finder.takeFound().isEmpty)
            }
            finder.note(page, changedWords: 0)
            #expect(finder.takeFound() == [page])
            #expect(finder.takeFound().isEmpty)
        }
    }

    @Test func tooMuchStartsTheCountAnew() {
        var finder = CandidateFinder(countThreshold: 2)
        for changed in [1, 1, 256, 1, 1] { finder.note(page, changedWords: changed) }
        #expect(finder.takeFound().isEmpty)
        finder.note(page, changedWords: 1)
        #expect(finder.takeFound() == [page])
    }
}
