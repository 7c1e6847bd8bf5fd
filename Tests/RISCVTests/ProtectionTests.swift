import GuestMemory
import Testing

@testable import RISCV

/// Who may do what: PMP down to four bytes, SUM, MXR, MPRV (Privileged Architecture, 3.1.6, 3.7, 4.3).
@Suite struct ProtectionTests {
    static let guarded: UInt64 = 0x8030_0010

    /// S-mode without translation; four bytes of a page are closed, or as `configuration` says.
    private func makeGuarded(_ configuration: UInt64, address: UInt64 = guarded >> 2) throws -> Bench {
        let bench = try Bench()
        bench.h.pointee.pmpAddress[0] = address
        bench.h.pointee.pmpAddress[1] = PMP.addressMask
        bench.h.pointee.pmpConfiguration.0 = 0x1f00 | configuration
        bench.h.pointee.privilege = .supervisor
        bench.h.pointee.mtvec = Bench.base + 0x800
        bench.cluster.stateReplaced(bench.h)
        return bench
    }

    /// The cause and mtval of one load (`isStore` false) or store, or nil.
    private func fault(_ bench: Bench, _ size: Int, _ address: UInt64, isStore: Bool) throws -> [UInt64]? {
        var p = Program(at: Bench.base)
        if isStore { p.store(size, 6, 5) } else { p.load(size, 6, 5) }
        _ = p.bytes.withUnsafeBytes { bench.cluster.writeFromOutside(bench.h, GuestPhysicalAddress(Bench.base), $0) }
        bench.h.pointee.pc = Bench.base
        bench.h.pointee.x[5] = address
        bench.h.pointee.privilege = .supervisor
        bench.cluster.stateReplaced(bench.h)
        bench.run(1)
        return bench.h.pointee.privilege == .machine ? [bench.h.pointee.mcause, bench.h.pointee.mtval] : nil
    }

    @Test func fourBytesOfAPageCanBeClosed() throws {
        let bench = try makeGuarded(0x10)
        for isStore in [false, true] {
            let cause: UInt64 = isStore ? 7 : 5
            for round in 0..<2 {
                #expect(try fault(bench, 8, Self.guarded - 8, isStore: isStore) == nil, "round \(round)")
                #expect(try fault(bench, 4, Self.guarded + 4, isStore: isStore) == nil)
                #expect(try fault(bench, 1, Self.guarded + 3, isStore: isStore) == [cause, Self.guarded + 3])
                #expect(try fault(bench, 4, Self.guarded, isStore: isStore) == [cause, Self.guarded])
                // Partly covered.
                #expect(try fault(bench, 8, Self.guarded - 4, isStore: isStore) == [cause, Self.guarded - 4])
                #expect(try fault(bench, 8, Self.guarded + 0x1000, isStore: isStore) == nil)
            }
        }
        // M-mode is not bound by an entry that is not locked.
        bench.h.pointee.privilege = .machine
        bench.cluster.stateReplaced(bench.h)
        bench.h.pointee.pc = Bench.base
        bench.h.pointee.x[5] = Self.guarded
        let traps = bench.h.pointee.trapCount
        bench.run(1)
        #expect(bench.h.pointee.trapCount == traps)
    }

    @Test func aReadOnlyRegionRefusesStores() throws {
        // NAPOT, 16 bytes, read only.
        let bench = try makeGuarded(0x19, address: Self.guarded >> 2 | 1)
        #expect(try fault(bench, 8, Self.guarded + 8, isStore: false) == nil)
        #expect(try fault(bench, 8, Self.guarded + 8, isStore: true) == [7, Self.guarded + 8])
        #expect(try fault(bench, 8, Self.guarded + 16, isStore: true) == nil)
    }

    @Test func fetchesAreJudgedParcelByParcel() throws {
        let bench = try makeGuarded(0x13)
        var p = Program(at: Self.guarded - 8)
        for _ in 0..<6 { p.addi(6, 6, 1) }
        try bench.load(p)
        bench.h.pointee.pc = p.base
        bench.run(3)
        #expect(bench.x(6) == 2)
        #expect(bench.h.pointee.mcause == ExceptionCause.fetchAccess)
        #expect(bench.h.pointee.mtval == Self.guarded)
        // The second parcel of an instruction.
        try bench.load(Self.guarded - 2, [0x13, 0x03, 0x13, 0x03])
        bench.h.pointee.privilege = .supervisor
        bench.cluster.stateReplaced(bench.h)
        bench.h.pointee.pc = Self.guarded - 2
        bench.run(1)
        #expect(bench.h.pointee.mepc == Self.guarded - 2)
        #expect(bench.h.pointee.mtval == Self.guarded)
        // Behind the region it goes on.
        bench.h.pointee.privilege = .supervisor
        bench.cluster.stateReplaced(bench.h)
        bench.h.pointee.pc = Self.guarded + 4
        bench.run(1)
        #expect(bench.h.pointee.pc == Self.guarded + 8)
    }

    @Test func lockedEntriesBindMachineModeAndStay() throws {
        let bench = try makeGuarded(0x90)
        bench.h.writePMPConfiguration(word: 0, 0)
        bench.h.writePMPAddress(0, 0)
        #expect(bench.h.pointee.pmpConfiguration.0 == 0x90)
        #expect(bench.h.pointee.pmpAddress[0] == Self.guarded >> 2)
        bench.h.pointee.privilege = .machine
        bench.cluster.stateReplaced(bench.h)
        var p = Program(at: Bench.base)
        p.load(4, 6, 5)
        try bench.load(p)
        bench.h.pointee.pc = Bench.base
        bench.h.pointee.x[5] = Self.guarded
        bench.run(1)
        #expect(bench.h.pointee.mcause == ExceptionCause.loadAccess)
    }

    /// Without any entry only M-mode reaches memory.
    @Test func noEntryAllowsNothingBelowMachineMode() throws {
        let bench = try makeGuarded(0)
        bench.h.pointee.pmpConfiguration = (0, 0)
        #expect(try fault(bench, 8, Self.guarded, isStore: false)?.first == ExceptionCause.fetchAccess)
    }

    @Test func userPagesAskForSUMAndExecutableOnesForMXR() throws {
        let bench = try PagingBench()
        typealias P = PagingBench
        try bench.b.poke(P.leaf, P.pages >> 2 | 0xdf)
        try bench.b.poke(P.leaf + 8, P.pages >> 2 | 0x49)
        func set(_ bits: UInt64) {
            bench.b.h.pointee.mstatus = MStatus.xlen | bits
            bench.b.cluster.stateReplaced(bench.b.h)
        }
        func loadCause(_ page: Int) -> UInt64? { bench.trap { $0.load(8, 6, page == 0 ? 5 : 7) } }
        bench.b.h.pointee.x[7] = P.window + 0x1000
        for _ in 0..<2 {
            set(0)
            #expect(loadCause(0) == ExceptionCause.loadPageFault)
            #expect(loadCause(1) == ExceptionCause.loadPageFault)
            set(MStatus.sum)
            #expect(loadCause(0) == nil)
            #expect(bench.trap { $0.store(8, 6, 5) } == nil)
            // The supervisor never executes a user's page.
            bench.b.h.pointee.pc = P.window
            bench.b.run(1)
            #expect(bench.b.h.pointee.mcause == ExceptionCause.fetchPageFault)
            set(MStatus.mxr)
            bench.b.h.pointee.privilege = .supervisor
            bench.b.cluster.stateReplaced(bench.b.h)
            #expect(loadCause(1) == nil)
            #expect(loadCause(0) == ExceptionCause.loadPageFault)
        }
    }

    /// M-mode with MPRV loads and stores as MPP says, and fetches as itself.
    @Test func mprvBorrowsThePrivilegeOfMPP() throws {
        let bench = try PagingBench()
        typealias P = PagingBench
        try bench.b.poke(P.leaf + 8, (P.pages + 0x1000) >> 2 | 0xdf)
        func causeAsMachine(_ status: UInt64, _ address: UInt64) -> UInt64? {
            _ = bench.enter { $0.load(8, 6, 5) }
            bench.b.h.pointee.privilege = .machine
            bench.b.h.pointee.mstatus = MStatus.xlen | status
            bench.b.cluster.stateReplaced(bench.b.h)
            bench.b.h.pointee.x[5] = address
            let traps = bench.b.h.pointee.trapCount
            bench.b.run(1)
            return bench.b.h.pointee.trapCount > traps ? bench.b.h.pointee.mcause : nil
        }
        let supervisor = MStatus.mprv | 1 << MStatus.mppShift
        #expect(causeAsMachine(supervisor, P.window) == nil)
        #expect(bench.b.x(6) == 100)
        #expect(causeAsMachine(supervisor, P.window + 0x1000) == ExceptionCause.loadPageFault)
        #expect(causeAsMachine(MStatus.mprv, P.window + 0x1000) == nil)
        #expect(bench.b.x(6) == 101)
        #expect(causeAsMachine(MStatus.mprv, P.window) == ExceptionCause.loadPageFault)
        #expect(causeAsMachine(MStatus.mprv | MStatus.mpp, P.window) == ExceptionCause.loadAccess)
        #expect(causeAsMachine(0, P.window) == ExceptionCause.loadAccess)
    }
}
