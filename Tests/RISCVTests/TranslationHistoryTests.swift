import Checkpointing
import Foundation
import GuestMemory
import HistoryStore
import Machine
import Testing
import TimeTravel

@testable import RISCV

/// `palimpsest tlb` against the plain truth: guests that edit their page tables in every way are executed one instruction at
/// a time, and every address is walked for after each; the recorded events must tell the same changes at the same positions.
@Suite struct TranslationHistoryTests {
    /// What a walk comes to, A and D aside.
    struct Seen: Equatable {
        var frame: UInt64
        var level: Int
        var flags: UInt64

        init(frame: UInt64, level: Int, flags: UInt64) {
            self.frame = frame
            self.level = level
            self.flags = flags & ~(PTE.accessed | PTE.dirty)
        }

        init(_ translation: GuestTranslation) {
            self.init(frame: translation.frame.rawValue, level: translation.level, flags: translation.flags)
        }
    }

    struct Change: Equatable {
        var icount: UInt64
        var old: Seen?
        var new: Seen?
    }

    static let stepCount: UInt64 = 4000

    private func makeMachine(seed: UInt64) throws -> Machine {
        let hartCount = Int(seed % 3) + 1
        let machine = try Machine(
            configuration: MachineConfiguration(
                memoryByteCount: 4 << 20, hartCount: hartCount, quantum: 30 + seed % 170, hasBuiltInFirmware: false))
        var guest = PageTableGuest(seed: seed, hartCount: hartCount)
        try guest.place(in: machine)
        return machine
    }

    static let addresses: [UInt64] = (0..<3).flatMap { middle in
        [0, 3, 7].map { PageTableGuest.window + middle << 21 + $0 << 12 }
    }

    @Test(arguments: Effort.seeds(40, full: 600))
    func everyChangeIsTold(seed: UInt64) throws {
        let directory = FileManager.default.temporaryDirectory.appendingPathComponent("translations-\(UUID())")
        defer { try? FileManager.default.removeItem(at: directory) }
        let store = try HistoryStore.open(path: directory.path, mode: .create)
        let machine = try makeMachine(seed: seed)
        let writer = try store.createTimeline(name: "main", metadata: machine.configuration.encoded())
        let recorder = try Recorder(
            machine: machine, writer: writer, nextEpoch: 0,
            options: RecorderOptions(boundary: .instructions(300 + seed * 37 % 900)))
        _ = try recorder.run(until: Self.stepCount)
        try recorder.finish()

        let truth = try truth(seed: seed)
        let range = try PositionResolver(store).resolve(.all)
        let history = TranslationHistory(store)
        for hart in 0..<machine.cluster.hartCount {
            for address in Self.addresses {
                var told: [Change] = []
                try history.changes(of: GuestVirtualAddress(address), in: .hart(hart), range) { change in
                    let (old, new) = (change.old.map { Seen($0) }, change.new.map { Seen($0) })
                    if old != new { told.append(Change(icount: change.position.icount, old: old, new: new)) }
                }
                let expected = truth[hart]![address]!
                let first = zip(told, expected).first { $0 != $1 }
                #expect(
                    told == expected,
                    "seed \(seed), hart \(hart), 0x\(String(address, radix: 16)): first \(String(describing: first))")
            }
        }
        try store.close()
    }

    /// A guest that floods the log with events ends its epochs early, and nothing is lost.
    @Test func aFloodOfEventsEndsEpochsEarly() throws {
        let directory = FileManager.default.temporaryDirectory.appendingPathComponent("translations-\(UUID())")
        defer { try? FileManager.default.removeItem(at: directory) }
        let store = try HistoryStore.open(path: directory.path, mode: .create)
        let machine = try makeMachine(seed: 1)
        let writer = try store.createTimeline(name: "main", metadata: machine.configuration.encoded())
        let recorder = try Recorder(
            machine: machine, writer: writer, nextEpoch: 0,
            options: RecorderOptions(boundary: .instructions(1_000_000), tlbEventCountMax: 50))
        _ = try recorder.run(until: 20_000)
        try recorder.finish()
        let range = try PositionResolver(store).resolve(.all)
        #expect(range.end.epoch > 5 && range.end.icount == 20_000)
        #expect(try Replayer(store).replay(range).divergence == nil)
        try store.close()
    }

    // MARK: The truth

    /// By hart and address.
    private func truth(seed: UInt64) throws -> [Int: [UInt64: [Change]]] {
        let machine = try makeMachine(seed: seed)
        var changes: [Int: [UInt64: [Change]]] = [:]
        var seen: [Int: [UInt64: Seen]] = [:]
        for hart in 0..<machine.cluster.hartCount {
            changes[hart] = Dictionary(uniqueKeysWithValues: Self.addresses.map { ($0, []) })
            seen[hart] = [:]
        }
        // Before the first instruction no table is in use yet.
        while machine.icount < Self.stepCount {
            let icount = machine.icount
            _ = try machine.run(until: icount + 1)
            for hart in 0..<machine.cluster.hartCount {
                let satp = machine.cluster.harts[hart].pointee.satp
                guard machine.memory.isTablePage(GuestPhysicalPage(satp & 0xfff_ffff_ffff)) else { continue }
                for address in Self.addresses {
                    let now = walk(machine.memory, satp, address)
                    let before = seen[hart]![address]
                    if now == before { continue }
                    changes[hart]![address]!.append(Change(icount: icount, old: before, new: now))
                    seen[hart]![address] = now
                }
            }
        }
        return changes
    }

    /// The walk of the Privileged Architecture, 4.3.2, on memory as it is.
    private func walk(_ memory: GuestMemory, _ satp: UInt64, _ address: UInt64) -> Seen? {
        var table = (satp & 0xfff_ffff_ffff) << 12
        for level in stride(from: satp >> 60 == 9 ? 3 : 2, through: 0, by: -1) {
            let shift = UInt64(12 + 9 * level)
            let place = GuestPhysicalAddress(table + (address >> shift & 511) * 8)
            guard let bytes = try? memory.read(place, count: 8) else { return nil }
            let entry = bytes.withUnsafeBytes { $0.load(as: UInt64.self) }
            guard entry & 1 == 1, entry & 6 != 4, entry >> 54 == 0 else { return nil }
            table = (entry >> 10) << 12
            if entry & 10 != 0 {
                guard table & ((1 << shift) - 1) == 0 else { return nil }
                return Seen(frame: table, level: level, flags: entry & 0xff)
            }
            if entry & 0xd0 != 0 { return nil }
        }
        return nil
    }
}
