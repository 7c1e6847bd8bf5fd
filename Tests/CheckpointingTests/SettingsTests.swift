import GuestMemory
import HistoryStore
import Machine
import Testing

@testable import Checkpointing
@testable import RISCV

/// How a machine is recorded is not noticed by the guest, and changes nothing of what a recording says of it.
@Suite struct SettingsTests {
    /// What an epoch came to, all that depends on the guest alone.
    struct Epoch: Equatable {
        var dirtyPages: [GuestPhysicalPage]
        var contentHashes: [UInt64]
        var tlbEvents: [TLBEvent]
        var machineState: [UInt8]
        var icounts: ClosedRange<UInt64>
        var virtualTime_ns: UInt64

        init(_ came: MemoryCollector.Epoch) {
            let capture = came.state.capture
            dirtyPages = capture.dirtyPages
            contentHashes = dirtyPages.map { came.contentHashes[$0.number]! }
            tlbEvents = capture.tlbEvents.map { event in
                // How many translations there were to drop depends on the TLB's size.
                var event = event
                event.droppedCount = 0
                return event
            }
            machineState = capture.machineState
            icounts = capture.icountFrom...capture.icountTo
            virtualTime_ns = capture.virtualTime_ns
        }
    }

    struct Setting {
        var options: RecorderOptions
        var behaviour = MemoryCollector.Behaviour()
        var tlbEntryCount = 256
    }

    /// Nothing is deferred, nothing is compared.
    private static func plain(_ boundary: EpochBoundary) -> Setting {
        Setting(
            options: RecorderOptions(
                boundary: boundary, deferral: .none, differences: .none, scanThreadCountMax: 1))
    }

    private static func settings(_ boundary: EpochBoundary, seed: UInt64) -> [Setting] {
        var random = SeededGenerator(seed: seed)
        var settings: [Setting] = []
        for deferral in [DeferralRule.none, .all, .coldDefault, .cold(mask: 0x3f, count: 3)] {
            for differences in [DifferenceTiming.none, .duringStun, .afterwards] {
                var setting = plain(boundary)
                setting.options.deferral = deferral
                setting.options.differences = differences
                setting.options.differenceMemoryBytes = random.pick([2, 30, 4096]) * pageSize
                setting.options.scanThreadCountMax = 1 + random.below(4)
                setting.options.queueCapacityBytes = random.pick([0, 64 << 20])
                setting.behaviour.delay_us = random.pick([0, 0, 200])
                setting.behaviour.lagEpochCount = random.pick([0, 3])
                setting.behaviour.randomRemovalPercent = random.pick([0, 20])
                setting.tlbEntryCount = random.pick([0, 16, 256, 4096])
                settings.append(setting)
            }
        }
        return settings
    }

    @Test(arguments: Effort.seeds(25, full: 500))
    func settingsChangeNothing(seed: UInt64) throws {
        let boundary = EpochBoundary.instructions(2_000 + seed * 613 % 9_000)
        let guest = RacingGuest(seed: seed &+ 500, stepCount: 100_000, isLarge: seed % 5 == 4)
        func run(_ setting: Setting) throws -> RacingRun {
            try RacingRun(guest, setting.options, setting.behaviour, tlbEntryCount: setting.tlbEntryCount)
        }
        let reference = try run(Self.plain(boundary))
        let expected = reference.collector.epochs.map { Epoch($0) }
        #expect(reference.complaints == [], "seed \(seed)")
        for setting in Self.settings(boundary, seed: seed) {
            let run = try run(setting)
            #expect(run.complaints == [], "seed \(seed): \(setting)")
            let epochs = run.collector.epochs.map { Epoch($0) }
            #expect(epochs.count == expected.count, "seed \(seed): \(setting)")
            let different = zip(epochs, expected).enumerated().first { $1.0 != $1.1 }?.offset
            #expect(different == nil, "seed \(seed): the first different epoch with \(setting)")
            #expect(run.digest == reference.digest, "seed \(seed): \(setting)")
        }
    }
}
