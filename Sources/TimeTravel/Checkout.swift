import GuestMemory
import HistoryStore
import Machine

/// Options of a `Checkout`. None of them changes what the machine does.
public struct CheckoutOptions: Sendable {
    public var engine: EngineOptions
    /// Reads all of memory from the store at once instead of each page when it is first touched.
    public var prefetchesMemory: Bool
    /// Asked every few hundred thousand instructions; true makes whatever is under way throw
    /// `TimeTravelError.interrupted`.
    public var shouldStop: (@Sendable () -> Bool)?

    public init(
        engine: EngineOptions = EngineOptions(), prefetchesMemory: Bool = false,
        shouldStop: (@Sendable () -> Bool)? = nil
    ) {
        self.engine = engine
        self.prefetchesMemory = prefetchesMemory
        self.shouldStop = shouldStop
    }
}

/// A runnable machine as it was at a position.
///
/// Its memory is empty at first; a page is read from the store, hashed and compared when it is first touched, so that
/// a checkout takes milliseconds whatever the memory's size. A position between checkpoints is reached by executing the
/// recorded epoch from its beginning, with its inputs. One thread at a time.
///
/// The machine goes on from its position with the recorded inputs of the epoch it is in, and none after; `advance` follows
/// the recording on, `Restore` leaves it.
public final class Checkout {
    public let machine: Machine
    public private(set) var position: ResolvedPosition
    /// Where the memory's content was at the checkpoint that the machine was made from.
    public let baseMap: PageMap
    let store: HistoryStore
    let shouldStop: (@Sendable () -> Bool)?

    /// - Throws: `HistoryStoreError`, `MachineStateError`, `TimeTravelError`, `GuestMemoryError`.
    public init(
        _ store: HistoryStore, at position: ResolvedPosition, options: CheckoutOptions = CheckoutOptions()
    ) throws {
        self.store = store
        shouldStop = options.shouldStop
        let checkpoint = position.checkpoint
        self.position = checkpoint
        let timeline = try store.timeline(named: checkpoint.timeline)
        let manifest = try store.manifest(timeline: checkpoint.timeline, epoch: checkpoint.epoch)
        let map = try store.pageMap(timeline: checkpoint.timeline, epoch: checkpoint.epoch)
        baseMap = map
        machine = try Machine(
            configuration: MachineConfiguration(encoded: timeline.metadata), options: options.engine)
        machine.memory.source = { page, frame in
            let location = map.location(of: page)
            // The frame is zeroed.
            if location == .absent || location == .zero { return }
            try store.readPage(at: location, into: frame)
        }
        try machine.load(MachineState(encoded: manifest.machineState()))
        machine.resetImage = Self.resetImage(store, timeline: checkpoint.timeline)
        machine.shouldPause = options.shouldStop
        if options.prefetchesMemory { try prefetchMemory() }
        try advance(to: position)
    }

    /// Checkpoint 0 of a timeline, for a guest that asks for a reset; its pages are read only then.
    private static func resetImage(_ store: HistoryStore, timeline: String) -> ResetImage {
        let state = { try MachineState(encoded: store.manifest(timeline: timeline, epoch: 0).machineState()) }
        return ResetImage(state: state) { memory in
            try store.pageMap(timeline: timeline, epoch: 0).forEach { page, location in
                if location == .zero { return }
                var content = [UInt8](repeating: 0, count: pageSize)
                try content.withUnsafeMutableBytes { bytes in
                    try store.readPage(at: location, into: bytes.baseAddress!)
                    try memory.load(page.baseAddress, UnsafeRawBufferPointer(bytes))
                }
            }
        }
    }

    /// Executes on to a later position of the same timeline as it was recorded.
    /// - Throws: `TimeTravelError.interrupted`, `.notReproduced`; the store's errors.
    public func advance(to target: ResolvedPosition) throws {
        precondition(target.timeline == position.timeline && target.icount >= position.icount)
        while machine.icount < target.icount {
            let epoch = try store.manifest(timeline: target.timeline, epoch: position.epoch + 1)
            try advance(in: epoch, to: min(target.icount, epoch.icountTo), target)
        }
        // Epochs without instructions end here too.
        position = target
        if target.isEpochEnd { machine.stopFollowing() }
    }

    private func advance(in epoch: EpochManifest, to icount: UInt64, _ target: ResolvedPosition) throws {
        switch try machine.execute(epoch, until: icount) {
        case .reached: break
        case .interrupted: throw TimeTravelError.interrupted
        case .strayed(let why): throw TimeTravelError.notReproduced(position: "\(target)", why: why)
        }
        position.icount = icount
        if icount == epoch.icountTo {
            position.epoch = epoch.epoch
            position.instructions = 0
        } else {
            position.instructions = icount - epoch.icountFrom
        }
    }

    /// Reads what has not been touched yet from the store, so that the machine needs it no longer.
    /// - Throws: `HistoryStoreError.damaged`, naming the page.
    public func prefetchMemory() throws {
        baseMap.forEach { page, _ in _ = machine.memory.peek(page) }
        if let failure = machine.memory.fetchFailure { throw failure }
        machine.memory.source = nil
    }

    /// Digest of state and memory; see `Machine.digest`.
    public func digest() throws -> MachineDigest {
        try prefetchMemory()
        return try machine.digest()
    }
}
