import Checkpointing
import HistoryStore
import Machine

/// One machine executing one range.
final class ReplayPart {
    private let store: HistoryStore
    private let range: ResolvedRange
    private let progress: ProgressCount
    private let isMoot: @Sendable () -> Bool
    private let checkout: Checkout
    private let comparison: ComparisonThread
    private var result = ReplayResult()
    /// The epochs so far are of a program whose T ended with each.
    private var followsOlderRecording: Bool

    /// Manifests are read so many at a time.
    private static let manifestsAtOnce: UInt64 = 32

    /// - Parameter isMoot: true when the outcome does not matter any longer.
    init(
        _ store: HistoryStore, _ range: ResolvedRange, _ options: ReplayOptions, _ progress: ProgressCount,
        isMoot: @escaping @Sendable () -> Bool
    ) throws {
        self.store = store
        self.range = range
        self.progress = progress
        self.isMoot = isMoot
        let stop = options.shouldStop
        checkout = try Checkout(
            store, at: range.start.checkpoint,
            options: CheckoutOptions(engine: options.engine) { isMoot() || stop?() == true })
        checkout.machine.cluster.recordsTLBEvents = true
        let first = range.start.checkpoint
        let manifest = try store.manifest(timeline: first.timeline, epoch: first.epoch)
        followsOlderRecording = try MachineState(encoded: manifest.machineState()).tablePages == nil
        comparison = ComparisonThread(EpochComparison(store, baseMap: checkout.baseMap))
    }

    func run() throws -> ReplayResult {
        let failure = Result { try runEpochs() }
        // The comparison's word comes first: a replay that has left the recording may fail in any way.
        let compared = try comparison.finish()
        result.epochCount = compared.equalEpochCount
        result.instructionCount = checkout.machine.icount - range.start.checkpoint.icount
        result.divergence = compared.divergence
        if result.divergence == nil { try failure.get() }
        return result
    }

    private func runEpochs() throws {
        var next = range.start.checkpoint.epoch + 1
        while next <= range.end.epoch {
            var manifests: [EpochManifest] = []
            let last = min(range.end.epoch, next + Self.manifestsAtOnce - 1)
            try store.forEachManifest(timeline: range.timeline, in: next...last) {
                manifests.append($0)
                return true
            }
            for manifest in manifests where try !run(manifest) { return }
            next = last + 1
        }
        guard !range.end.isEpochEnd else { return }
        let rest = try store.manifest(timeline: range.timeline, epoch: range.end.epoch + 1)
        switch try checkout.machine.execute(rest, until: range.end.icount) {
        case .reached: break
        case .interrupted: result.wasInterrupted = true
        case .strayed(let why): throw TimeTravelError.notReproduced(position: "\(range.end)", why: why)
        }
    }

    /// Where an older recording goes over into one of this program, T begins at its checkpoint with nothing.
    private func endOlderEpoch(_ manifest: EpochManifest) throws {
        guard followsOlderRecording, manifest.pruning == .none else { return }
        followsOlderRecording = try MachineState(encoded: manifest.machineState()).tablePages == nil
        if followsOlderRecording { checkout.machine.cluster.replaceTablePages([:]) }
    }

    /// - Returns: whether to go on.
    private func run(_ manifest: EpochManifest) throws -> Bool {
        let machine = checkout.machine
        let execution = try machine.execute(manifest, until: manifest.icountTo)
        if execution == .interrupted {
            result.wasInterrupted = true
            return false
        }
        let capture = machine.endEpoch(since: manifest.icountFrom)
        let copies = comparison.takeCopies()
        copies.fill(capture.dirtyPages, from: machine.memory)
        try endOlderEpoch(manifest)
        if let failure = machine.memory.fetchFailure { throw failure }
        var epoch = ReplayedEpoch(
            manifest: manifest, capture: capture, copies: copies, isOfOlderProgram: followsOlderRecording)
        if case .strayed(let why) = execution { epoch.strayed = why }
        progress.epochDone()
        return comparison.submit(epoch) && epoch.strayed == nil
    }
}
