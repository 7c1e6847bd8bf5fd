/// A histogram of durations, in memory that does not grow: exact below 64 units, to 1 part in 32 above.
public struct DurationCounts: Equatable, Sendable {
    /// 64 exact values, then 32 steps for every power of two.
    private static let exactCount: UInt64 = 64
    private static let stepsAPower = 32

    private var counts: [UInt64] = []
    public private(set) var count: UInt64 = 0
    public private(set) var sum: UInt64 = 0
    public private(set) var max: UInt64 = 0

    public init() {}

    public mutating func add(_ duration: UInt64) {
        let bucket = Self.bucket(duration)
        if bucket >= counts.count { counts += Array(repeating: 0, count: bucket + 1 - counts.count) }
        counts[bucket] += 1
        count += 1
        sum &+= duration
        max = Swift.max(max, duration)
    }

    /// The least duration that at least `fraction` of all do not exceed; 0 without any.
    public func percentile(_ fraction: Double) -> UInt64 {
        let wanted = UInt64((Double(count) * fraction).rounded(.up))
        var seen: UInt64 = 0
        for (bucket, found) in counts.enumerated() {
            seen += found
            if found > 0, seen >= wanted { return min(Self.highest(inBucket: bucket), max) }
        }
        return max
    }

    /// What was added since an earlier state of the same histogram. `max` stays the highest of all.
    public func since(_ earlier: DurationCounts) -> DurationCounts {
        var difference = self
        for (bucket, found) in earlier.counts.enumerated() { difference.counts[bucket] -= found }
        difference.count -= earlier.count
        difference.sum &-= earlier.sum
        return difference
    }

    private static func bucket(_ duration: UInt64) -> Int {
        if duration < exactCount { return Int(duration) }
        // 6 for 64..<128: then bits 5 and up, without the leading one, choose the step.
        let power = 63 - duration.leadingZeroBitCount
        let step = Int((duration >> UInt64(power - 5)) & 31)
        return Int(exactCount) + (power - 6) * stepsAPower + step
    }

    private static func highest(inBucket bucket: Int) -> UInt64 {
        if bucket < Int(exactCount) { return UInt64(bucket) }
        let power = (bucket - Int(exactCount)) / stepsAPower + 6
        let step = UInt64((bucket - Int(exactCount)) % stepsAPower)
        return (32 + step + 1) << UInt64(power - 5) &- 1
    }
}
