import GuestMemory
import HistoryStore

/// Takes the dirty pages of an epoch during the stun (patents.md, requirements 7 to 12, 16, 17): listed pages as differences,
/// cold ones by write-protecting them, the rest by copies.
final class PageCapture {
    private let memory: GuestMemory
    private let rule: DeferralRule
    private let history: ModificationHistory
    let deferredPages: DeferredPages
    /// nil where no differences are made during the stun.
    private let masterList: MasterList?

    /// - Throws: `GuestMemoryError.hostMemoryExhausted`.
    init(memory: GuestMemory, rule: DeferralRule, masterList: MasterList?) throws {
        self.memory = memory
        self.rule = rule
        self.masterList = masterList
        history = try ModificationHistory(of: memory)
        deferredPages = try DeferredPages(firstPage: memory.firstPage, pageCount: memory.pageCount)
        precondition(memory.onProtectedWrite == nil, "the machine is being recorded already")
        let deferredPages = deferredPages
        memory.onProtectedWrite = { page, content in deferredPages.permitWrite(page: page.number, content: content) }
    }

    /// Lets the machine go: its writes are no longer looked at. Every deferred page has been handed over, or nobody wants it.
    func detach() { memory.onProtectedWrite = nil }

    /// Takes an epoch's pages into `slots`, of which there are as many. D is clear in all of them, and no TLB lets a store
    /// reach them.
    func take(
        _ pages: [GuestPhysicalPage], epoch: UInt64, slots: SlotRun
    ) -> (pages: [CapturedPage], counts: CaptureCounts) {
        var slots = slots
        var counts = CaptureCounts()
        if pages.isEmpty { return ([], counts) }
        let captured = [CapturedPage](unsafeUninitializedCapacity: pages.count) { buffer, count in
            for page in pages {
                let taken = take(page.number, epoch: epoch, slot: slots.takeNext())
                (buffer.baseAddress.unsafelyUnwrapped + count).initialize(to: taken)
                count &+= 1
                switch taken.kind {
                case .copied: counts.hotPages &+= 1
                case .deferred: counts.deferredPages &+= 1
                case .difference: counts.differencePages &+= 1
                }
            }
        }
        return (captured, counts)
    }

    @inline(__always)
    private func take(_ page: UInt64, epoch: UInt64, slot: UnsafeMutableRawPointer) -> CapturedPage {
        // The base image is not what an interval modified.
        let bits = epoch == 0 ? 0 : history.noteModification(page: page, interval: epoch)
        if let masterList, let entry = masterList.entry(of: page) {
            return take(entry, of: masterList, page, epoch: epoch, slot: slot)
        }
        if rule.defers(bits) {
            deferredPages.protect(page: page, slot: slot)
            memory.writeProtect(page: page)
            return CapturedPage(page: page, slot: slot, kind: .deferred, isListed: false)
        }
        slot.copyMemory(from: memory.frameAddress(of: page), byteCount: pageSize)
        return CapturedPage(page: page, slot: slot, kind: .copied, isListed: false)
    }

    private func take(
        _ entry: Int, of masterList: MasterList, _ page: UInt64, epoch: UInt64, slot: UnsafeMutableRawPointer
    ) -> CapturedPage {
        let content = memory.frameAddress(of: page)
        switch masterList.take(entry, content: content, into: slot, epoch: epoch) {
        case .difference: return CapturedPage(page: page, slot: slot, kind: .difference, isListed: true)
        case .whole(let isListed):
            slot.copyMemory(from: content, byteCount: pageSize)
            return CapturedPage(page: page, slot: slot, kind: .copied, isListed: isListed)
        }
    }
}
