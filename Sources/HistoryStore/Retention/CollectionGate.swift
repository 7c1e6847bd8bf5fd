import Synchronization

/// What a collection under way and the writers beside it tell each other.
///
/// While it marks, whatever a writer comes to refer to is noted and will be live. Once it sweeps, a writer is refused what
/// is not live, and stores the content anew. So nothing is swept that a new epoch refers to, without clocks or lock files.
final class CollectionGate: Sendable {
    private enum Phase {
        case idle
        /// What was claimed in segments below `end`.
        case marking(end: UInt64, claimed: Set<PageLocation>)
        case sweeping(LiveSet)
    }

    private let phase = Mutex(Phase.idle)
    private let isActive = Atomic(false)

    /// For a writer that is about to refer to stored content. False: take it as not there.
    func claim(_ location: PageLocation) -> Bool {
        guard isActive.load(ordering: .acquiring), location.isStored else { return true }
        return phase.withLock { phase in
            switch phase {
            case .idle: return true
            case .marking(let end, var claimed):
                guard location.segment < end else { return true }
                // Moved out and in again, so that the set is not copied.
                phase = .idle
                claimed.insert(location)
                phase = .marking(end: end, claimed: claimed)
                return true
            case .sweeping(let live): return live.contains(location)
            }
        }
    }

    func beginMarking(below end: UInt64) {
        phase.withLock { $0 = .marking(end: end, claimed: []) }
        isActive.store(true, ordering: .releasing)
    }

    /// From here on `live` is complete, with what writers have claimed.
    func beginSweeping(_ live: LiveSet) {
        phase.withLock { phase in
            if case .marking(_, let claimed) = phase { for location in claimed { live.insert(location) } }
            phase = .sweeping(live)
        }
    }

    func end() {
        isActive.store(false, ordering: .releasing)
        phase.withLock { $0 = .idle }
    }
}
