import GuestMemory
import HistoryStore
import Testing

@testable import Checkpointing

/// Differences as the stun takes them, and what is sent of them (patents.md, requirements 11, 15, 16).
@Suite struct WordDifferenceTests {
    /// Two states of a page.
    private final class Pages {
        let old = UnsafeMutableRawPointer.allocate(byteCount: pageSize, alignment: 64)
        let new = UnsafeMutableRawPointer.allocate(byteCount: pageSize, alignment: 64)
        let room = UnsafeMutableRawPointer.allocate(byteCount: PageRing.slotByteCount, alignment: 64)
        let scratch = UnsafeMutableRawPointer.allocate(byteCount: pageSize, alignment: 64)
        let patch = UnsafeMutableRawPointer.allocate(byteCount: PagePatch.byteCountMax, alignment: 64)

        init(_ random: inout SeededGenerator) {
            for word in 0..<512 { old.storeBytes(of: random.next(), toByteOffset: word * 8, as: UInt64.self) }
            new.copyMemory(from: old, byteCount: pageSize)
        }

        deinit { for room in [old, new, room, scratch, patch] { room.deallocate() } }

        func changedWords() -> Int {
            (0..<512).count {
                old.load(fromByteOffset: $0 * 8, as: UInt64.self) != new.load(fromByteOffset: $0 * 8, as: UInt64.self)
            }
        }

        func isNew(_ page: UnsafeRawPointer) -> Bool {
            (0..<512).allSatisfy {
                page.load(fromByteOffset: $0 * 8, as: UInt64.self) == new.load(fromByteOffset: $0 * 8, as: UInt64.self)
            }
        }
    }

    @Test(arguments: 0..<300)
    func whatIsSentGivesTheNewPage(seed: Int) throws {
        var random = SeededGenerator(seed: UInt64(seed))
        let pages = Pages(&random)
        // Single bytes, neighbours, whole words; few or many.
        for _ in 0..<random.below(seed % 3 == 0 ? 700 : 60) {
            let byte = random.below(4096)
            let length = min(random.below(12) + 1, 4096 - byte)
            for offset in byte..<byte + length where random.below(4) > 0 {
                pages.new.storeBytes(of: UInt8(truncatingIfNeeded: random.next()), toByteOffset: offset, as: UInt8.self)
            }
        }
        let expected = pages.changedWords()
        let copy = UnsafeMutableRawPointer.allocate(byteCount: pageSize, alignment: 64)
        defer { copy.deallocate() }
        copy.copyMemory(from: pages.old, byteCount: pageSize)
        let taken = WordDifference.take(pages.new, copy: copy, into: pages.room)
        guard expected < PageDifference.changedWordsLimit else {
            #expect(taken == nil)
            return
        }
        #expect(taken == expected)
        #expect(pages.isNew(copy))
        var checksum = PageChecksum.of(pages.old)
        let (byteCount, changedWordCount) = WordDifference.encode(
            pages.room, scratch: pages.scratch, into: pages.patch, checksum: &checksum)
        #expect(changedWordCount == expected)
        #expect(checksum == PageChecksum.of(pages.new))
        let patch = UnsafeRawBufferPointer(start: pages.patch, count: byteCount)
        #expect(PagePatch.apply(patch, to: pages.old))
        #expect(pages.isNew(pages.old))
        // Not the checksum of a page with two words exchanged.
        if expected > 0, pages.changedWords() == 0 {
            let (a, b) = (pages.new.load(as: UInt64.self), pages.new.load(fromByteOffset: 8, as: UInt64.self))
            pages.new.storeBytes(of: b, as: UInt64.self)
            pages.new.storeBytes(of: a, toByteOffset: 8, as: UInt64.self)
            #expect((checksum == PageChecksum.of(pages.new)) == (a == b))
        }
    }

    /// The limit itself is sent whole (requirement 11: equality sends the whole page).
    @Test func theLimitIsWhole() {
        var random = SeededGenerator(seed: 1)
        for count in [254, 255, 256, 257, 512] {
            let pages = Pages(&random)
            for word in 0..<count {
                let value = pages.new.load(fromByteOffset: word * 8, as: UInt64.self)
                pages.new.storeBytes(of: ~value, toByteOffset: word * 8, as: UInt64.self)
            }
            let taken = WordDifference.take(pages.new, copy: pages.old, into: pages.room)
            #expect(taken == (count < 256 ? count : nil))
            if taken != nil {
                var checksum: UInt64 = 0
                let encoded = WordDifference.encode(
                    pages.room, scratch: pages.scratch, into: pages.patch, checksum: &checksum)
                #expect(encoded.byteCount <= count * 8 + 8)
            }
        }
    }
}
