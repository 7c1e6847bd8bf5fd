/// When the next epoch is due by time: a steady rhythm, whatever else ends epochs.
struct EpochDeadline {
    private let period_ns: UInt64
    /// The host's time at which the next epoch is due; 0 before the first one was armed.
    private(set) var next_ns: UInt64 = 0

    /// - Parameter hz: epochs a second; anything not above a thousandth counts as a thousandth.
    init(hz: Double) { period_ns = UInt64(1_000_000_000 / max(hz, 0.001)) }

    /// An epoch has ended. One that ended before its time leaves the deadline as it is, or a burst of them would push it
    /// far away; one that was more than a whole period late starts the rhythm anew.
    mutating func epochEnded(now_ns: UInt64) {
        guard now_ns >= next_ns else { return }
        let isInRhythm = next_ns > 0 && next_ns + period_ns > now_ns
        next_ns = isInRhythm ? next_ns + period_ns : now_ns + period_ns
    }
}
