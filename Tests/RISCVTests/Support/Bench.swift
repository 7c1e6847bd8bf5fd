import GuestMemory
import Testing

@testable import RISCV

/// A bus where nothing answers.
final class EmptyBus: MemoryMappedBus {
    func busRead(_ address: GuestPhysicalAddress, size: Int) -> UInt64? { nil }
    func busWrite(_ address: GuestPhysicalAddress, size: Int, value: UInt64) -> Bool { false }
}

/// Harts and memory alone: 16 MiB at 0x8000_0000, PMP open, M-mode at the start of memory.
final class Bench {
    static let base: UInt64 = 0x8000_0000
    let memory: GuestMemory
    let bus = EmptyBus()
    let cluster: HartCluster

    init(harts: Int = 1, tlb: Int = 256, byteCount: UInt64 = 16 << 20) throws {
        memory = try GuestMemory(base: GuestPhysicalAddress(Self.base), byteCount: byteCount)
        cluster = HartCluster(memory: memory, bus: bus, hartCount: harts, tlb: TLBOptions(entryCount: tlb))
        cluster.recordsTLBEvents = true
        for h in cluster.harts {
            cluster.resetToMachine(h, pc: Self.base)
            h.openPMP()
            cluster.stateReplaced(h)
        }
    }

    var h: Hart { cluster.harts[0] }

    /// The stores that changed page tables.
    var synchronisations: [TLBEvent] { cluster.tlbEvents.filter { $0.kind == .entry } }
    func x(_ register: Int) -> UInt64 { h.pointee.x[register] }

    func load(_ program: Program) throws { try load(program.base, program.bytes) }
    func load(_ address: UInt64, _ bytes: [UInt8]) throws {
        try bytes.withUnsafeBytes { try memory.load(GuestPhysicalAddress(address), $0) }
    }
    func poke(_ address: UInt64, _ value: UInt64) throws {
        try load(address, withUnsafeBytes(of: value.littleEndian) { Array($0) })
    }
    func peek(_ address: UInt64) throws -> UInt64 {
        try memory.read(GuestPhysicalAddress(address), count: 8).withUnsafeBytes { $0.loadUnaligned(as: UInt64.self) }
    }

    /// Runs one hart and checks every invariant afterwards.
    @discardableResult
    func run(_ steps: Int64, hart: Int = 0, sourceLocation: SourceLocation = #_sourceLocation) -> Int64 {
        let executed = cluster.run(cluster.harts[hart], budget: steps)
        cluster.icountAtSliceStart += UInt64(executed)
        checkInvariants(sourceLocation: sourceLocation)
        return executed
    }

    func checkInvariants(sourceLocation: SourceLocation = #_sourceLocation) {
        do { try cluster.checkInvariants() } catch { Issue.record("\(error)", sourceLocation: sourceLocation) }
    }

    /// Runs until pc is `stop`, at most `limit` steps.
    func run(to stop: UInt64, limit: Int = 10_000, sourceLocation: SourceLocation = #_sourceLocation) {
        for _ in 0..<limit where h.pointee.pc != stop { run(1, sourceLocation: sourceLocation) }
        #expect(h.pointee.pc == stop, sourceLocation: sourceLocation)
    }
}

extension Hart {
    /// Everything is allowed to everybody.
    func openPMP() {
        pointee.pmpConfiguration = (0x1f, 0)
        pointee.pmpAddress[0] = PMP.addressMask
    }
}

extension SeededGenerator {
    mutating func chance(percent: Int) -> Bool { below(100) < percent }
    mutating func pick<T>(_ items: [T]) -> T { items[below(items.count)] }
}
