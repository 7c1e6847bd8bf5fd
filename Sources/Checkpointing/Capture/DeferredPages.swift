import GuestMemory
import Synchronization

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The hand-over of deferred pages between the machine's thread and the sender's (patents.md, requirements 9, 10).
///
/// During the stun a page is *protected*: it has a slot, into which its content is to go, and W is clear in the nested page
/// table. Then whoever comes first claims it by compare-and-swap and makes the copy:
///
///     protected ──the sender──▶ claimed ─────────────▶ done
///         │                        └─a write waits─▶ awaited ─▶ done
///         └──────a write──────▶ copying ─────────────▶ done
///
/// Each page has one word: the slot's address, and the state in its low bits. A page may be protected again for a later
/// epoch before the sender has come to the earlier one; the word then has another slot, which tells the sender that a write
/// was there first. Slots are not used again before the sender has been through their epoch.
///
/// All writers of guest memory are on the machine's thread. The address space for the words is reserved and appears on touch.
final class DeferredPages: @unchecked Sendable {
    /// How a page's content came into its slot, as the sender finds it.
    enum Handover {
        case bySender
        /// Copied by the sender, while a write waited for that.
        case bySenderAwaited
        /// A write came first and made the copy.
        case copiedBeforeWrite
    }

    private enum State {
        static let done: UInt = 0
        static let protected: UInt = 1
        static let claimed: UInt = 2
        static let awaited: UInt = 3
        static let copying: UInt = 4
        static let mask: UInt = 63
    }

    private let words: UnsafeMutablePointer<Atomic<UInt>>
    private let wordCount: Int
    private let firstPage: UInt64
    /// Nanoseconds of the machine's thread that went into copies before writes, and into waiting for the sender.
    private(set) var writeDelay_ns: UInt64 = 0
    /// For tests: a write to a protected page makes no copy.
    var testSkipsCopyBeforeWrite = false
    /// For tests: called by the sender between its claim and its copy.
    var testClaimed: (() -> Void)?

    /// - Parameter pageCount: pages of RAM, from `firstPage` on.
    init(firstPage: UInt64, pageCount: UInt64) throws {
        self.firstPage = firstPage
        wordCount = Int(pageCount)
        let room = try HostMemory.reserve(byteCount: wordCount * 8)
        // Zeros are atomics that hold 0.
        words = room.bindMemory(to: Atomic<UInt>.self, capacity: wordCount)
        HostMemory.touch(room, byteCount: wordCount * 8)
    }

    deinit { munmap(words, wordCount * 8) }

    // MARK: The machine's side

    /// During the stun: the page's content is to come into `slot`, which is aligned to 64 bytes.
    @inline(__always)
    func protect(page: UInt64, slot: UnsafeMutableRawPointer) {
        // A page that is dirty has been written since it was last protected, if ever: it is done.
        words[Int(page &- firstPage)].store(UInt(bitPattern: slot) | State.protected, ordering: .releasing)
    }

    /// A write is about to change a protected page: sees to it that its content is in the slot first.
    func permitWrite(page: UInt64, content: UnsafeRawPointer) {
        let index = Int(page &- firstPage)
        let word = words[index].load(ordering: .acquiring)
        if word & State.mask == State.done { return }
        let start = MonotonicClock.now_ns
        defer { writeDelay_ns &+= MonotonicClock.now_ns - start }
        let slot = word & ~State.mask
        if words[index].compareExchange(
            expected: slot | State.protected, desired: slot | State.copying, ordering: .acquiringAndReleasing
        ).exchanged {
            if !testSkipsCopyBeforeWrite {
                UnsafeMutableRawPointer(bitPattern: slot).unsafelyUnwrapped.copyMemory(
                    from: content, byteCount: pageSize)
            }
            words[index].store(State.done, ordering: .releasing)
            return
        }
        // The sender is at it. It must learn that somebody waits, unless it has just finished.
        _ = words[index].compareExchange(
            expected: slot | State.claimed, desired: slot | State.awaited, ordering: .acquiringAndReleasing)
        Self.wait { words[index].load(ordering: .acquiring) & State.mask == State.done }
    }

    // MARK: The sender's side

    /// Sees to it that a deferred page's content is in its slot.
    /// - Parameter content: the page itself, in guest memory.
    func handOver(page: UInt64, slot: UnsafeMutableRawPointer, content: UnsafeRawPointer) -> Handover {
        let index = Int(page &- firstPage)
        let mine = UInt(bitPattern: slot)
        guard
            words[index].compareExchange(
                expected: mine | State.protected, desired: mine | State.claimed, ordering: .acquiringAndReleasing
            ).exchanged
        else {
            // A write was first. It may still be at its copy.
            Self.wait { words[index].load(ordering: .acquiring) != mine | State.copying }
            return .copiedBeforeWrite
        }
        testClaimed?()
        slot.copyMemory(from: content, byteCount: pageSize)
        let before = words[index].exchange(State.done, ordering: .acquiringAndReleasing)
        return before & State.mask == State.awaited ? .bySenderAwaited : .bySender
    }

    /// Waits for the other side to copy a page: less than a microsecond, unless the host took its thread off the processor.
    private static func wait(until isOver: () -> Bool) {
        var attempts = 0
        while !isOver() {
            attempts += 1
            if attempts > 200 { sched_yield() }
        }
    }
}
