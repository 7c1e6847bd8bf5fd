extension GoldfishRTC {
    /// Everything the clock remembers.
    public struct State: Equatable, Sendable {
        /// Time since 1970 minus virtual time, in nanoseconds modulo 2^64.
        public var offset_ns: UInt64
        /// The high half that went with the last low half read.
        public var latchedTimeHigh: UInt32 = 0
        /// When the alarm rings, in nanoseconds since 1970.
        public var alarm_ns: UInt64 = 0
        public var isAlarmArmed = false
        public var isInterruptEnabled = false
        public var isInterruptPending = false

        /// The state after reset.
        public init(offset_ns: UInt64) { self.offset_ns = offset_ns }
    }

    public func save() -> State { state }

    /// Takes over a saved state. Calls nothing back: `isInterruptHigh` and `nextDeadline_ticks` tell what now holds.
    public func load(_ saved: State) { state = saved }
}
