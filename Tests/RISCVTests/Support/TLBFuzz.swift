import GuestMemory
import Machine

@testable import RISCV

/// Runs guests that edit their page tables in every way, in many ways of caching translations, and compares them epoch by
/// epoch (patents.md, "Where the two meet").
struct TLBFuzz {
    /// How a guest is run. The guest must not be able to tell.
    struct Way: CustomStringConvertible {
        var tlb: TLBOptions
        /// The machine is saved at every epoch's end, and a new one goes on from what was saved.
        var restoresAtEpochs = false
        /// False: one epoch, from the beginning to the end.
        var hasEpochs = true
        var ignoresTablePages = TestSwitches.ignoresTablePages
        /// At the end of every epoch. Without T what counts is what the guest comes to.
        var checksInvariants = !TestSwitches.ignoresTablePages
        /// After every slice and every synchronisation too.
        var checksAlways = false

        var description: String {
            "\(tlb.entryCount) entries, \(tlb.response)" + (tlb.evictionSeed == nil ? "" : ", random eviction")
                + (restoresAtEpochs ? ", restored at every epoch" : "") + (hasEpochs ? "" : ", without epochs")
        }
    }

    /// What an epoch came to.
    struct Epoch {
        var dirtyPages: [UInt64]
        /// Of the dirty pages' contents, in their order.
        var contentHashes: [UInt64]
        var events: [TLBEvent]
        var state: [UInt8]
    }

    struct Outcome {
        var epochs: [Epoch]
        var digest: MachineDigest

        /// The first difference from a reference, by epoch and page; nil for none.
        func firstDifference(from reference: Outcome) -> String? {
            for (index, (mine, other)) in zip(epochs, reference.epochs).enumerated() {
                let epoch = "epoch \(index + 1)"
                let pages = Set(mine.dirtyPages).symmetricDifference(other.dirtyPages)
                if let page = pages.min() { return "\(epoch): \(GuestPhysicalPage(page)) was not written in both" }
                for (number, (one, two)) in zip(mine.contentHashes, other.contentHashes).enumerated() where one != two {
                    return "\(epoch): \(GuestPhysicalPage(mine.dirtyPages[number])) differs"
                }
                if mine.events != other.events {
                    let first = zip(mine.events, other.events).first { $0 != $1 }
                    let page = first?.0.entryAddress.page ?? GuestPhysicalPage(0)
                    return
                        "\(epoch): \(page) had other TLB events, the first different one \(String(describing: first))"
                }
                if mine.state != other.state { return "\(epoch): another machine state" }
            }
            if epochs.count != reference.epochs.count { return "another number of epochs" }
            return digest == reference.digest ? nil : "another digest"
        }

        var events: [TLBEvent] { epochs.flatMap(\.events) }
    }

    static let stepCount: UInt64 = 12_000
    static let epochCount = 6

    let seed: UInt64
    let hartCount: Int
    /// Where epochs end, ascending; the last is the end.
    private let ends: [UInt64]
    /// Writes from outside: by a device, the firmware or a debugger.
    private let writes: [(icount: UInt64, address: GuestPhysicalAddress, value: UInt64)]

    init(seed: UInt64) {
        self.seed = seed
        hartCount = Int(seed % 4) + 1
        var random = SeededGenerator(seed: seed &+ 5)
        var guest = PageTableGuest(seed: seed &+ 99, hartCount: 1)
        let inner = (1..<Self.epochCount).map { _ in 1 + random.next() % (Self.stepCount - 1) }
        ends = Set(inner + [Self.stepCount]).sorted()
        writes = (0..<6).map { _ in
            // Now and then over two entries.
            let entry =
                random.pick(PageTableGuest.leaves) + UInt64(random.below(8)) * 8 + (random.chance(percent: 20) ? 4 : 0)
            return (1 + random.next() % (Self.stepCount - 1), GuestPhysicalAddress(entry), guest.leafEntry())
        }.sorted { $0.icount < $1.icount }
    }

    /// Every combination of size, response and eviction; each guest is restored in another sixth of them.
    var ways: [Way] {
        var ways: [Way] = []
        for entryCount in [0, 1, 16, 4096] {
            for response in TLBSyncResponse.allCases {
                for evictionSeed in [nil, seed &+ 1] {
                    let tlb = TLBOptions(entryCount: entryCount, response: response, evictionSeed: evictionSeed)
                    ways.append(Way(tlb: tlb, restoresAtEpochs: UInt64(ways.count) % 6 == seed % 6))
                }
            }
        }
        return ways
    }

    static var reference: Way { Way(tlb: TLBOptions(entryCount: 0, response: .everything)) }

    /// The first difference between the ways, with the seed that shows it again; nil for none.
    func firstDifference() throws -> String? {
        let reference = try run(Self.reference)
        for way in ways {
            if let difference = try run(way).firstDifference(from: reference) {
                return "seed \(seed), \(hartCount) harts, \(way): \(difference)"
            }
        }
        return nil
    }

    // MARK: Running

    func run(_ way: Way) throws -> Outcome {
        var machine = try makeMachine(way)
        var guest = PageTableGuest(seed: seed, hartCount: hartCount)
        try guest.place(in: machine)
        _ = machine.memory.scanAndClear()
        machine.cluster.flushTranslations()
        var epochs: [Epoch] = []
        for end in way.hasEpochs ? ends : [Self.stepCount] {
            try run(machine, to: end)
            if way.checksInvariants { try machine.cluster.checkInvariants() }
            epochs.append(endEpoch(machine))
            if way.restoresAtEpochs { machine = try restored(machine, way) }
        }
        return Outcome(epochs: epochs, digest: try machine.digest())
    }

    private func makeMachine(_ way: Way) throws -> Machine {
        let machine = try Machine(
            configuration: MachineConfiguration(
                memoryByteCount: 4 << 20, hartCount: hartCount, quantum: 30 + seed % 170, hasBuiltInFirmware: false),
            options: EngineOptions(tlb: way.tlb))
        machine.cluster.recordsTLBEvents = true
        machine.cluster.ignoresTablePages = way.ignoresTablePages
        machine.cluster.testAssertsInvariants = way.checksAlways && !way.ignoresTablePages
        return machine
    }

    private func run(_ machine: Machine, to end: UInt64) throws {
        for write in writes where write.icount > machine.icount && write.icount <= end {
            _ = try machine.run(until: write.icount)
            let hart = machine.cluster.harts[0]
            withUnsafeBytes(of: write.value.littleEndian) {
                precondition(machine.cluster.writeFromOutside(hart, write.address, $0))
            }
        }
        _ = try machine.run(until: end)
        precondition(machine.icount == end)
    }

    private func endEpoch(_ machine: Machine) -> Epoch {
        let dirty = Array(machine.memory.scanAndClear())
        machine.cluster.flushTranslations()
        let hashes = dirty.map { Self.hash(machine.memory.peek(GuestPhysicalPage($0))!) }
        let events = machine.takeTLBEvents().map { event in
            var event = event
            event.droppedCount = 0
            return event
        }
        return Epoch(dirtyPages: dirty, contentHashes: hashes, events: events, state: machine.save().encoded())
    }

    private static func hash(_ page: UnsafeRawPointer) -> UInt64 {
        var hash: UInt64 = 0
        for word in 0..<512 {
            hash = (hash ^ page.load(fromByteOffset: word * 8, as: UInt64.self)) &* 0x9e37_79b9_7f4a_7c15
            hash ^= hash >> 31
        }
        return hash
    }

    /// As a checkout does it: state from its encoding, pages when they are touched.
    private func restored(_ old: Machine, _ way: Way) throws -> Machine {
        let new = try makeMachine(way)
        let memory = old.memory
        new.memory.source = { page, frame in
            if let content = memory.peek(page) { frame.copyMemory(from: content, byteCount: pageSize) }
        }
        try new.load(MachineState(encoded: old.save().encoded()))
        return new
    }
}
