import GuestMemory

/// Which dirty pages are deferred (patents.md, requirements 7 and 8): write-protected during the stun, and sent while the
/// primary runs. The others are copied during the stun.
public enum DeferralRule: Equatable, Sendable {
    case none
    case all
    /// Those with at most `count` modifications in the intervals of `mask`, bit 0 being the interval that just ended.
    case cold(mask: ModificationBits, count: Int)

    /// Only pages that no earlier interval of the last eight modified.
    public static let coldDefault = DeferralRule.cold(mask: 0xff, count: 1)

    @inline(__always)
    func defers(_ history: ModificationBits) -> Bool {
        switch self {
        case .none: false
        case .all: true
        case .cold(let mask, let count): (history & mask).nonzeroBitCount <= count
        }
    }
}
