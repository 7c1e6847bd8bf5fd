import GuestMemory

/// What lies at guest-physical addresses that are not RAM.
public protocol MemoryMappedBus: AnyObject {
    /// - Parameter size: 1, 2, 4 or 8; the address is aligned to it.
    /// - Returns: the value, zero-extended; nil where nothing answers (access fault).
    func busRead(_ address: GuestPhysicalAddress, size: Int) -> UInt64?
    /// - Returns: false where nothing answers (access fault).
    func busWrite(_ address: GuestPhysicalAddress, size: Int, value: UInt64) -> Bool
}

/// One synchronisation of the TLB with a guest page table (patents.md, requirement 29).
public struct TLBEvent: Equatable, Sendable {
    /// Steps of the whole machine before the store.
    public var icount: UInt64
    public var hart: UInt8
    /// The 8-byte entry that was written.
    public var entryAddress: GuestPhysicalAddress
    /// The levels at which walks have read the page since T was set: bit n for level n (0 = leaf level).
    public var levels: UInt8
    public var oldValue: UInt64
    public var newValue: UInt64
    /// Cached data translations that were dropped. Depends on the TLB's size, so a replay does not compare it.
    public var droppedCount: UInt32

    public init(
        icount: UInt64, hart: UInt8, entryAddress: GuestPhysicalAddress, levels: UInt8, oldValue: UInt64,
        newValue: UInt64, droppedCount: UInt32
    ) {
        self.icount = icount
        self.hart = hart
        self.entryAddress = entryAddress
        self.levels = levels
        self.oldValue = oldValue
        self.newValue = newValue
        self.droppedCount = droppedCount
    }
}

/// The harts of a machine, the memory they share, and what keeps their caches true.
///
/// The execution engine lives in extensions, one concern a file: `Interpreter` (the hot loop), `HartCluster+Translate`
/// (walks), `+Memory` (slow loads and stores), `+TLBSync` (T), `+Fetch` (blocks), `+Traps`, `+CSR`, `+System`, `+Atomic`,
/// `+Float`. Single-threaded; deterministic given the steps it is asked to run.
public final class HartCluster {
    public let memory: GuestMemory
    public let harts: [Hart]
    public let hartCount: Int
    let code: CodeCache
    public unowned(unsafe) let bus: any MemoryMappedBus

    /// Steps of the whole machine before the current slice.
    public var icountAtSliceStart: UInt64 = 0
    /// Virtual time is icount plus this: nanoseconds skipped while every hart waited.
    public var skipped_ns: UInt64 = 0
    /// The firmware interface: serves an ECALL from S-mode. nil when firmware of the guest's own runs in M-mode.
    public var firmwareCall: ((Hart) -> Void)?
    /// Called after each store to a page that the host watches.
    public var watchedPageWritten: ((Hart) -> Void)?
    /// What firmware added to the clock by writing mtime, in ticks.
    public var clockOffset_ticks: UInt64 = 0
    /// Synchronisations since the list was last taken.
    public var tlbEvents: [TLBEvent] = []
    /// False where nobody reads the events (`run`): they are then not kept.
    public var recordsTLBEvents = false
    /// For tests only: walks leave T alone, so that stale translations live on. The tests of requirements 20 to 28 must fail
    /// with it; otherwise they prove nothing.
    var testIgnoresTablePages = false
    /// For tests only: false where a mechanism is taken away on purpose, so that debug builds go on.
    var testAssertsInvariants = true

    /// - Parameters:
    ///   - tlbEntryCount: entries of each data TLB, a power of two; 0 walks every time.
    public init(memory: GuestMemory, bus: any MemoryMappedBus, hartCount: Int, tlbEntryCount: Int = 256) {
        self.memory = memory
        self.bus = bus
        self.hartCount = hartCount
        caching = tlbEntryCount > 0
        code = CodeCache(memory: memory)
        harts = (0..<hartCount).map { id in
            let hart = Hart.allocate(capacity: 1)
            hart.initialize(to: HartState(id: id, tlbEntryCount: tlbEntryCount))
            return hart
        }
    }

    /// False for a TLB of no entries.
    let caching: Bool

    deinit {
        for hart in harts {
            hart.pointee.deallocate()
            hart.deallocate()
        }
    }

    /// Steps of the whole machine at this moment, exact even inside a block: the instruction that asks is not counted.
    public func icount(_ h: Hart) -> UInt64 { icountAtSliceStart + UInt64(stepsInSlice(h)) }

    /// Steps of this hart in the current slice before the instruction that asks.
    func stepsInSlice(_ h: Hart) -> Int64 {
        let left = h.pointee.budget
        guard let block = h.pointee.block, let next = h.pointee.nextRecord else { return h.pointee.sliceBudget - left }
        let index = next - 1 - block.pointee.records
        let unexecuted = Int64(block.pointee.instructionCount) - Int64(block.pointee.places[index].instructionIndex)
        return h.pointee.sliceBudget - left - unexecuted
    }

    /// Nanoseconds of virtual time at this moment.
    public func virtualTime_ns(_ h: Hart) -> UInt64 { icount(h) &+ skipped_ns }
}
