import Synchronization

/// Segments read lately, unpacked. May be used from any thread.
final class SegmentCache: Sendable {
    private struct State {
        var segments: [UInt64: (segment: Segment, lastUse: UInt64)] = [:]
        var byteCount = 0
        var clock: UInt64 = 0
    }
    private let state = Mutex(State())
    private let byteCountMax: Int

    init(byteCountMax: Int) { self.byteCountMax = byteCountMax }

    func segment(_ number: UInt64, load: () throws -> Segment) rethrows -> Segment {
        let cached: Segment? = state.withLock { state in
            state.clock += 1
            guard let found = state.segments[number] else { return nil }
            state.segments[number]!.lastUse = state.clock
            return found.segment
        }
        if let cached { return cached }
        // Loaded outside the lock: two threads may load the same segment, which is harmless.
        let loaded = try load()
        state.withLock { insert(loaded, &$0) }
        return loaded
    }

    func remove(_ number: UInt64) {
        state.withLock { state in
            if let old = state.segments.removeValue(forKey: number) { state.byteCount -= old.segment.memoryByteCount }
        }
    }

    private func insert(_ segment: Segment, _ state: inout State) {
        guard state.segments[segment.number] == nil else { return }
        state.segments[segment.number] = (segment, state.clock)
        state.byteCount += segment.memoryByteCount
        guard state.byteCount > byteCountMax else { return }
        // The least recently used quarter goes at once, so that the sorting is paid for once in many insertions.
        let byAge = state.segments.values.sorted { $0.lastUse < $1.lastUse }
        for (old, _) in byAge.prefix(max(byAge.count / 4, 1)) {
            state.segments[old.number] = nil
            state.byteCount -= old.memoryByteCount
        }
    }
}

extension Segment {
    var memoryByteCount: Int { byteCount + entries.count * MemoryLayout<Entry>.stride }
}
