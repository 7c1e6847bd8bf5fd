/// What a slow path tells the interpreter.
enum Outcome: UInt8 {
    /// Finished; the block goes on.
    case done
    /// Raised an exception; cause and value are in the hart.
    case trap
    /// Finished, but what the block was decoded or scheduled from may have changed: leave it after this instruction.
    case leave
}

/// One hart: architectural state, and the pointers that the interpreter needs at hand. Plain memory, reached by pointer
/// only, so that no access costs reference counting or an exclusivity check.
public struct HartState {
    /// x0...x31, then one word that swallows writes to x0.
    public let x: UnsafeMutablePointer<UInt64>
    /// f0...f31; single-precision values are NaN-boxed.
    public let f: UnsafeMutablePointer<UInt64>
    public let id: Int

    // MARK: Architectural

    public var pc: UInt64 = 0
    public var privilege = Privilege.machine
    /// The hart has executed WFI and waits for an interrupt that mie enables.
    public var isWaiting = false
    /// Firmware has the hart stopped (SBI HSM): it executes nothing.
    public var isStopped = false

    public var mstatus: UInt64 = MStatus.xlen
    public var medeleg: UInt64 = 0
    public var mideleg: UInt64 = 0
    public var mie: UInt64 = 0
    /// The bits of mip that software writes: SSIP, STIP, SEIP.
    public var softwareInterrupts: UInt64 = 0
    /// The bits of mip that wires drive: MSIP, MEIP, SEIP. Derived from the devices' state, never saved.
    public var interruptLines: UInt64 = 0
    /// MTIP, and STIP where stimecmp drives it: derived from the clock, never saved.
    public var timerLines: UInt64 = 0
    public var mtvec: UInt64 = 0
    public var mscratch: UInt64 = 0
    public var mepc: UInt64 = 0
    public var mcause: UInt64 = 0
    public var mtval: UInt64 = 0
    public var mcounteren: UInt64 = 0
    public var mcountinhibit: UInt64 = 0
    public var menvcfg: UInt64 = 0
    public var stvec: UInt64 = 0
    public var sscratch: UInt64 = 0
    public var sepc: UInt64 = 0
    public var scause: UInt64 = 0
    public var stval: UInt64 = 0
    public var scounteren: UInt64 = 0
    public var senvcfg: UInt64 = 0
    public var satp: UInt64 = 0
    public var stimecmp: UInt64 = .max
    public var fcsr: UInt64 = 0
    /// pmp0cfg...pmp15cfg, a byte each, as pmpcfg0 and pmpcfg2 hold them.
    public var pmpConfiguration: (UInt64, UInt64) = (0, 0)
    public let pmpAddress: UnsafeMutablePointer<UInt64>

    /// Steps of this hart since checkpoint 0: instructions retired and traps taken.
    public var stepCount: UInt64 = 0
    /// Traps among the steps.
    public var trapCount: UInt64 = 0
    /// mcycle and minstret are the running count plus this, or this alone while mcountinhibit stops them.
    public var cycleOffset: UInt64 = 0
    public var instructionOffset: UInt64 = 0

    /// LR's reservation: a guest-physical address, or `noReservation`.
    public var reservation: UInt64 = Self.noReservation
    public static let noReservation = UInt64.max

    // MARK: Engine (nothing the guest can notice)

    /// The privilege that loads and stores have; see `selectContexts`.
    var dataPrivilege = Privilege.machine
    /// PMP allows every access of M-mode; of S- and U-mode. See `summarisePMP`.
    var pmpIsOpenForMachine = true
    var pmpIsOpenForOthers = false

    /// Steps left in this slice, less all of the block that is being executed.
    var budget: Int64 = 0
    /// Steps the slice began with.
    var sliceBudget: Int64 = 0
    /// While a slow path runs inside a block: the block and the record after the current one.
    var block: UnsafeMutablePointer<Block>?
    var nextRecord: UnsafeMutablePointer<DecodedInstruction>?
    /// Guest-virtual address of that block.
    var blockPC: UInt64 = 0

    var exceptionCause: UInt64 = 0
    var exceptionValue: UInt64 = 0
    /// A walk's A or D overwrote decoded instructions: the block that is being executed may be stale.
    var walkDroppedCode = false
    /// Ask the slice to end at the next block boundary: a deadline, a wire or the machine's power changed.
    public var mustLeaveSlice = false

    /// The translations for the current data privilege; one of `contexts`.
    var tlb: UnsafeMutablePointer<TLBEntry>
    var tlbMask: UInt64
    let contexts: UnsafeMutablePointer<TLBContext>
    /// Where blocks of the current privilege were last found; one of `jumpCaches`.
    var jumpCache: UnsafeMutablePointer<JumpCacheEntry>
    var generation: UInt32
    let jumpCaches: UnsafeMutablePointer<JumpCache>
    /// A single instruction, decoded when a slice ends inside a block.
    let scratchBlock: UnsafeMutablePointer<Block>
    /// Index into `contexts` for loads and stores.
    var dataContext = 0

    init(id: Int, tlbEntryCount: Int) {
        self.id = id
        x = .allocate(capacity: 33)
        x.initialize(repeating: 0, count: 33)
        f = .allocate(capacity: 32)
        f.initialize(repeating: 0, count: 32)
        pmpAddress = .allocate(capacity: PMP.entryCount)
        pmpAddress.initialize(repeating: 0, count: PMP.entryCount)
        contexts = .allocate(capacity: TLBContext.count)
        for index in 0..<TLBContext.count {
            (contexts + index).initialize(to: TLBContext(entryCount: max(1, tlbEntryCount)))
        }
        tlb = contexts[0].entries
        tlbMask = UInt64(max(1, tlbEntryCount) - 1)
        jumpCaches = .allocate(capacity: 4)
        for index in 0..<4 { (jumpCaches + index).initialize(to: JumpCache()) }
        jumpCache = jumpCaches[3].entries
        generation = jumpCaches[3].generation
        scratchBlock = Block.allocateScratch()
    }

    func deallocate() {
        x.deallocate()
        f.deallocate()
        pmpAddress.deallocate()
        for index in 0..<TLBContext.count { contexts[index].deallocate() }
        contexts.deallocate()
        for index in 0..<4 { jumpCaches[index].deallocate() }
        jumpCaches.deallocate()
        UnsafeMutableRawPointer(scratchBlock).deallocate()
    }
}

public typealias Hart = UnsafeMutablePointer<HartState>
