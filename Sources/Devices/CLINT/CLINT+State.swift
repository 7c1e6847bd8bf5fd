extension CLINT {
    /// Everything the interruptor remembers, a value a hart.
    public struct State: Equatable, Sendable {
        /// Software interrupt lines.
        public var msip: [Bool]
        /// Timer compare registers. Reset leaves them at the end of time, so that no interrupt waits at the first
        /// instruction.
        public var mtimecmp_ticks: [UInt64]
        /// `mtime` minus the clock, modulo 2^64.
        public var mtimeOffset_ticks: UInt64 = 0

        /// The state after reset.
        public init(hartCount: Int) {
            msip = Array(repeating: false, count: hartCount)
            mtimecmp_ticks = Array(repeating: .max, count: hartCount)
        }
    }

    public func save() -> State { state }

    /// Takes over a saved state. Calls nothing back: ask `isSoftwareInterruptPending`, `isTimerPending` and the
    /// deadlines.
    public func load(_ saved: State) throws(DeviceStateError) {
        let expected = state.msip.count
        for found in [saved.msip.count, saved.mtimecmp_ticks.count] where found != expected {
            throw .wrongCount(device: name, what: "harts", expected: expected, found: found)
        }
        state = saved
    }
}
