extension PLIC {
    /// Everything the controller remembers. Bit *s* of a set of sources is source *s*; bit 0 is always zero.
    public struct State: Equatable, Sendable {
        /// Levels of the lines into the controller.
        public var lines: UInt64 = 0
        /// Sources requested and not yet claimed.
        public var pending: UInt64 = 0
        /// Sources claimed and not yet completed.
        public var inService: UInt64 = 0
        /// 0 ... 7 for each source, 64 of them; the first belongs to no source and is zero.
        public var priorities: [UInt8]
        /// Enabled sources of each context.
        public var enables: [UInt64]
        /// 0 ... 7 for each context.
        public var thresholds: [UInt8]

        /// The state after reset.
        public init(contextCount: Int) {
            priorities = Array(repeating: 0, count: PLIC.sourceCount + 1)
            enables = Array(repeating: 0, count: contextCount)
            thresholds = Array(repeating: 0, count: contextCount)
        }
    }

    public func save() -> State { state }

    /// Takes over a saved state. Calls nothing back: `pendingContexts` tells the levels that now hold.
    public func load(_ saved: State) throws(DeviceStateError) {
        try Self.requireCount(saved.priorities.count, state.priorities.count, "priorities")
        try Self.requireCount(saved.enables.count, state.enables.count, "enable sets")
        try Self.requireCount(saved.thresholds.count, state.thresholds.count, "thresholds")
        for value in saved.priorities + saved.thresholds where UInt32(value) > Self.priorityMask {
            throw .invalidValue(device: "plic", what: "priority or threshold", found: UInt64(value))
        }
        guard saved.priorities[0] == 0 else {
            throw .invalidValue(device: "plic", what: "priority of source 0", found: UInt64(saved.priorities[0]))
        }
        for sources in saved.enables + [saved.lines, saved.pending, saved.inService] where sources & 1 != 0 {
            throw .invalidValue(device: "plic", what: "set with source 0", found: sources)
        }
        state = saved
        pendingContexts = computedPendingContexts()
    }

    private static func requireCount(_ found: Int, _ expected: Int, _ what: String) throws(DeviceStateError) {
        guard found == expected else {
            throw .wrongCount(device: "plic", what: what, expected: expected, found: found)
        }
    }
}
