/// When the next epoch is due by time.
enum EpochDeadline {
    case fixed(FixedRhythm)
    case adaptive(AdaptiveRhythm)

    /// The host's time at which the next epoch is due; 0 before the first one was armed.
    var next_ns: UInt64 {
        switch self {
        case .fixed(let rhythm): rhythm.next_ns
        case .adaptive(let rhythm): rhythm.next_ns
        }
    }

    /// An epoch has ended, or the first begins.
    mutating func epochEnded(now_ns: UInt64) {
        switch self {
        case .fixed(var rhythm):
            rhythm.epochEnded(now_ns: now_ns)
            self = .fixed(rhythm)
        case .adaptive(var rhythm):
            rhythm.epochEnded(now_ns: now_ns)
            self = .adaptive(rhythm)
        }
    }

    /// Time went into stun or copies.
    mutating func spent(_ time_ns: UInt64) {
        guard case .adaptive(var rhythm) = self else { return }
        rhythm.spent(time_ns)
        self = .adaptive(rhythm)
    }
}

/// A steady rhythm, whatever else ends epochs.
struct FixedRhythm {
    private let period_ns: UInt64
    private(set) var next_ns: UInt64 = 0

    /// - Parameter hz: epochs a second; anything not above a thousandth counts as a thousandth.
    init(hz: Double) { period_ns = UInt64(1_000_000_000 / max(hz, 0.001)) }

    /// One that ended before its time leaves the deadline as it is, or a burst of them would push it far away; one that was
    /// more than a whole period late starts the rhythm anew.
    mutating func epochEnded(now_ns: UInt64) {
        guard now_ns >= next_ns else { return }
        let isInRhythm = next_ns > 0 && next_ns + period_ns > now_ns
        next_ns = isInRhythm ? next_ns + period_ns : now_ns + period_ns
    }
}

/// Epochs as often as a share of the time allows: an epoch is due when what was spent on stuns and copies is no more than
/// that share of the time since. Between `periodMin_ns` and `periodMax_ns`, whatever the share.
struct AdaptiveRhythm {
    static let periodMin_ns: UInt64 = 10_000_000
    static let periodMax_ns: UInt64 = 60_000_000_000

    private let share: Double
    private var lastEnd_ns: UInt64 = 0
    /// Spent and not yet earned by time that passed.
    private var debt_ns = 0.0

    /// - Parameter share: of the time, above 0.
    init(share: Double) { self.share = share }

    var next_ns: UInt64 {
        guard lastEnd_ns > 0 else { return 0 }
        let period_ns = min(max(debt_ns / share, Double(Self.periodMin_ns)), Double(Self.periodMax_ns))
        return lastEnd_ns + UInt64(period_ns)
    }

    mutating func spent(_ time_ns: UInt64) { debt_ns += Double(time_ns) }

    /// What the time since the last epoch did not earn is owed still, but time without epochs earns nothing ahead, and no more
    /// is owed than the longest period earns: epochs that something else ended would else slow those of hours to come.
    mutating func epochEnded(now_ns: UInt64) {
        if lastEnd_ns > 0 { debt_ns = max(0, debt_ns - Double(now_ns - lastEnd_ns) * share) }
        debt_ns = min(debt_ns, share * Double(Self.periodMax_ns))
        lastEnd_ns = now_ns
    }
}
