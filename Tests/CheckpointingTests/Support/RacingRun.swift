import Foundation
import HistoryStore
import Machine

@testable import Checkpointing
@testable import GuestMemory
@testable import RISCV

/// A racing guest, recorded for a `MemoryCollector`, and what its memory held in each stun: what the collector should know.
struct RacingRun {
    /// Memory in the stun of an epoch, before anything was taken of it.
    struct Stun {
        var dirtyPages: [GuestPhysicalPage]
        /// Every page that has a frame, and `ContentHash` of it. The others hold zeros.
        var contents: [(page: UInt64, hash: UInt64)]

        init(_ memory: GuestMemory, dirtyPages: [GuestPhysicalPage]) {
            self.dirtyPages = dirtyPages
            contents = memory.presentPages().map { ($0.number, ContentHash.of(memory.peek($0)!)) }
        }
    }

    /// What takes a mechanism away, or disturbs: called before the first instruction. Hooks that the sender calls may be set
    /// only where the collector holds the base.
    typealias Preparation = (Machine, Recorder) -> Void

    let collector: MemoryCollector
    private(set) var stuns: [Stun] = []
    let statistics: RecorderStatistics
    let digest: MachineDigest
    let power: PowerState

    init(
        _ guest: RacingGuest, _ options: RecorderOptions, _ behaviour: MemoryCollector.Behaviour = .init(),
        tlbEntryCount: Int = 256, preparation: Preparation = { _, _ in }
    ) throws {
        let machine = try guest.boot(tlbEntryCount: tlbEntryCount)
        machine.memory.sharedScanMin_ns = 0
        // Rates and the collector's answers are looked at often: the runs are short.
        machine.pauseCheckInterval = 1000 + guest.seed % 10_000
        collector = MemoryCollector(behaviour)
        // The base is taken before anybody can listen; no instruction has been executed since.
        let base = Stun(machine.memory, dirtyPages: machine.memory.presentPages())
        let recorder = try Recorder(machine: machine, collector: collector, nextEpoch: 0, options: options)
        let truth = Truth([base])
        recorder.testStunned = { _, dirtyPages in truth.stuns.append(Stun(machine.memory, dirtyPages: dirtyPages)) }
        if behaviour.holdsBase {
            collector.letBaseIn { preparation(machine, recorder) }
        } else {
            preparation(machine, recorder)
        }
        do {
            try guest.play(machine) { try recorder.run(until: $0) }
        } catch {
            _ = try? recorder.finish()
            throw error
        }
        statistics = try recorder.finish()
        stuns = truth.stuns
        digest = try machine.digest()
        power = machine.power
    }

    private final class Truth {
        var stuns: [Stun]
        init(_ stuns: [Stun]) { self.stuns = stuns }
    }

    // MARK: Comparing

    /// Where what the collector knows of the epochs differs from what was: the first place. nil for nowhere.
    func firstDifference() -> String? {
        if collector.epochs.count != stuns.count {
            return "\(stuns.count) epochs ended, \(collector.epochs.count) came to the collector"
        }
        var known: [UInt64: UInt64] = [:]
        for (epoch, (stun, came)) in zip(stuns, collector.epochs).enumerated() {
            known.merge(came.contentHashes) { $1 }
            for (page, hash) in stun.contents where known[page] ?? ContentHash.ofZeros != hash {
                let wasDirty = stun.dirtyPages.contains(GuestPhysicalPage(page)) ? "dirty" : "not dirty"
                return "epoch \(epoch): \(GuestPhysicalPage(page)), which was \(wasDirty), differs"
            }
            if stun.dirtyPages != came.state.capture.dirtyPages { return "epoch \(epoch): other dirty pages" }
        }
        let present = Set(stuns.last!.contents.map(\.page))
        return known.keys.first { !present.contains($0) }.map { "\(GuestPhysicalPage($0)) came and does not exist" }
    }

    /// Everything that is wrong with the run; empty where nothing is.
    var complaints: [String] {
        var complaints = collector.violations
        if let difference = firstDifference() { complaints.append(difference) }
        if power != .running { complaints.append("the guest came to an end: \(power)") }
        if !collector.isFinished { complaints.append("the collector was not finished") }
        if statistics.epochCount != stuns.count - 1 { complaints.append("\(statistics.epochCount) epochs are counted") }
        if statistics.capture.dirtyPages != statistics.dirtyPageCount {
            complaints.append("\(statistics.capture) for \(statistics.dirtyPageCount) dirty pages")
        }
        return complaints
    }
}
