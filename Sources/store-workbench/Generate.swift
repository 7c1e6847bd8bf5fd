import ArgumentParser
import Foundation
import GuestMemory
import HistoryStore
import Machine
import StoreTraffic

/// Seeded page traffic on the command line.
struct TrafficArguments: ParsableArguments {
    @Option(help: "Pages of memory.") var pages = 16384
    @Option(help: "Page writes an epoch.") var writes = 100
    @Option(help: "Most words of 8 bytes that a small write changes.") var words = 16
    @Option(help: "1 writes to all pages alike; more, more often to the first ones.") var locality = 2
    @Option(help: "The same seed makes the same history.") var seed: UInt64 = 1

    var options: TrafficOptions {
        var options = TrafficOptions()
        options.pageCount = pages
        options.writesPerEpoch = writes
        options.changedWords = 1...max(words, 1)
        options.locality = Double(locality)
        options.seed = seed
        return options
    }

    func validate() throws {
        guard pages > 0, writes > 0, locality > 0 else { throw ValidationError("the numbers must be positive") }
    }
}

/// Makes a history, or makes one longer, without a guest: its pages change as a kernel's would, its machine stands still.
/// `palimpsest` can check it out.
struct Generate: ParsableCommand {
    @Argument(help: "The store's directory.") var store: String
    @OptionGroup var traffic: TrafficArguments
    @Option(help: "Epochs after checkpoint 0.") var epochs: UInt64 = 1000
    @Option var timeline = "main"
    @Option(help: "epoch, off, or seconds between syncs.") var durability = "off"
    @Option(help: "Versions of a page from one keyframe to the next.") var keyframeInterval = 32
    @Option(help: "Bytes of memory for earlier versions.") var versionCache = 1 << 30

    func run() throws {
        let guest = SyntheticGuest(traffic.options)
        let machine = try Machine(configuration: configuration)
        let store = try HistoryStore.open(path: store, mode: .create)
        let writer = try store.createTimeline(
            name: timeline, metadata: configuration.encoded(),
            options: WriterOptions(
                durability: durabilityValue, versionCacheBytes: versionCache, keyframeInterval: keyframeInterval))
        let clock = ContinuousClock()
        var appending = Duration.zero
        var (storedBytes, baseBytes, dirtyPages) = (0, 0, 0)
        for epoch in 0...epochs {
            if epoch > 0 { guest.run() }
            var input = guest.takeEpoch()
            input.machineState = state(machine, input)
            let took = try clock.measure {
                let receipt = try writer.append(input)
                if epoch == 0 { baseBytes = receipt.storedBytes } else { storedBytes += receipt.storedBytes }
            }
            if epoch > 0 {
                appending += took
                dirtyPages += input.pages.count
            }
        }
        try store.close()
        try printJSON([
            "epochs": epochs, "dirty_pages": dirtyPages, "stored_bytes": storedBytes, "base_bytes": baseBytes,
            "seconds": appending.seconds, "epochs_per_second": Double(epochs) / appending.seconds,
        ])
    }

    private var durabilityValue: Durability {
        get throws {
            switch durability {
            case "epoch": return .epoch
            case "off": return .off
            default:
                guard let seconds = Double(durability) else { throw ValidationError("--durability \(durability)") }
                return .interval(seconds: seconds)
            }
        }
    }

    private var configuration: MachineConfiguration {
        MachineConfiguration(
            memoryByteCount: UInt64(max(traffic.pages, 512) * pageSize),
            summary: "synthetic traffic, seed \(traffic.seed)")
    }

    /// A machine at reset whose counters go on, so that a checkout of any epoch runs.
    private func state(_ machine: Machine, _ input: EpochInput) -> [UInt8] {
        var state = machine.save()
        state.icount = input.icountTo
        state.harts[0].pc = Machine.memoryBase.rawValue
        state.harts[0].x[10] = input.epoch
        state.harts[0].stepCount = input.icountTo
        return state.encoded()
    }
}
