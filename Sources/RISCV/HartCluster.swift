import GuestMemory

/// What lies at guest-physical addresses that are not RAM.
public protocol MemoryMappedBus: AnyObject {
    /// - Parameter size: 1, 2, 4 or 8; the address is aligned to it.
    /// - Returns: the value, zero-extended; nil where nothing answers (access fault).
    func busRead(_ address: GuestPhysicalAddress, size: Int) -> UInt64?
    /// - Returns: false where nothing answers (access fault).
    func busWrite(_ address: GuestPhysicalAddress, size: Int, value: UInt64) -> Bool
}

/// The harts of a machine, the memory they share, and what keeps their caches true.
///
/// The execution engine lives in extensions, one concern a file: `Interpreter` (the hot loop), `HartCluster+Translate`
/// (walks), `+Memory` (slow loads and stores), `+TablePages` (T), `+TLBSync` (stores to pages with T), `+Fetch` (blocks), `+Traps`, `+CSR`, `+System`, `+Atomic`,
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
    /// Every page with T, and what makes it a table; by page number. Part of a checkpoint: see `HartCluster+TablePages`.
    public internal(set) var tablePages: [UInt64: TablePage] = [:]
    /// An instruction had more to do than they have, or left much to take: whoever runs the harts should look whether it is
    /// to stop.
    public var hasLaggedBehind = false
    /// Synchronisations since the list was last taken.
    public var tlbEvents: [TLBEvent] = []
    /// So many events, and whoever runs the harts should take them soon.
    public var tlbEventCountMax = Int.max
    /// False where nobody reads the events (`run`): they are then not kept.
    public var recordsTLBEvents = false
    /// What a store to a page table does to the TLBs.
    let response: TLBSyncResponse
    /// State of the random evictions, by pointer as the counters are; nil: none.
    let evictionState: UnsafeMutablePointer<UInt64>?
    let statisticsPointer: UnsafeMutablePointer<TLBStatistics>
    public var statistics: TLBStatistics { statisticsPointer.pointee }
    /// For tests only: walks leave T alone and fences flush, as on a machine that relies on the guest's fences. Stale
    /// translations then live on where a fence is missing. The tests of requirements 20 to 28 must fail with it; otherwise
    /// they prove nothing.
    var ignoresTablePages = TestSwitches.ignoresTablePages
    /// Only in debug and test builds: false where a mechanism is taken away on purpose, so that the run goes on.
    var testAssertsInvariants = TestSwitches.assertsInvariants
    /// For tests only: requirement 4, or 5, is taken away.
    var testOmitsEpochFlush = false
    var testOmitsDeviceRule = false

    public init(memory: GuestMemory, bus: any MemoryMappedBus, hartCount: Int, tlb: TLBOptions = TLBOptions()) {
        self.memory = memory
        self.bus = bus
        self.hartCount = hartCount
        caching = tlb.entryCount > 0
        response = tlb.response
        // The generator never leaves 0 and never comes to it.
        evictionState = tlb.evictionSeed.map {
            let state = UnsafeMutablePointer<UInt64>.allocate(capacity: 1)
            state.initialize(to: $0 &* 0x9e37_79b9_7f4a_7c15 | 1)
            return state
        }
        statisticsPointer = .allocate(capacity: 1)
        statisticsPointer.initialize(to: TLBStatistics())
        code = CodeCache(memory: memory)
        harts = (0..<hartCount).map { id in
            let hart = Hart.allocate(capacity: 1)
            hart.initialize(to: HartState(id: id, tlbEntryCount: tlb.entryCount))
            return hart
        }
    }

    /// False for a TLB of no entries.
    let caching: Bool

    deinit {
        evictionState?.deallocate()
        statisticsPointer.deallocate()
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

    /// Guest-virtual address of the instruction that asks, exact even inside a block; between slices the next one's.
    func currentPC(_ h: Hart) -> UInt64 {
        guard let block = h.pointee.block, let next = h.pointee.nextRecord else { return h.pointee.pc }
        return address(of: next, block, h.pointee.blockPC)
    }

    /// Nanoseconds of virtual time at this moment.
    public func virtualTime_ns(_ h: Hart) -> UInt64 { icount(h) &+ skipped_ns }
}
