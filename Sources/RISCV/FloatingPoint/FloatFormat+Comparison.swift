extension FloatFormat {
    /// A signed order of the numbers: −0 and +0 differ, NaNs must have been dealt with.
    @inline(__always)
    private static func precedes(_ a: Bits, _ b: Bits) -> Bool {
        if (a ^ b) & signBit != 0 { return sign(a) != 0 }
        return sign(a) == 0 ? a < b : b < a
    }

    /// `a = b`; only a signaling NaN is invalid.
    @inline(__always)
    static func isEqual(_ a: Bits, _ b: Bits, _ flags: inout UInt8) -> Bool {
        if isNaN(a) || isNaN(b) {
            if isSignalingNaN(a) || isSignalingNaN(b) { flags |= SoftFloat.Flag.invalid }
            return false
        }
        return a == b || isZero(a | b)
    }

    /// `a < b`; every NaN is invalid.
    @inline(__always)
    static func isLess(_ a: Bits, _ b: Bits, _ flags: inout UInt8) -> Bool {
        if isNaN(a) || isNaN(b) {
            flags |= SoftFloat.Flag.invalid
            return false
        }
        return precedes(a, b) && !isZero(a | b)
    }

    /// `a ≤ b`; every NaN is invalid.
    @inline(__always)
    static func isLessOrEqual(_ a: Bits, _ b: Bits, _ flags: inout UInt8) -> Bool {
        if isNaN(a) || isNaN(b) {
            flags |= SoftFloat.Flag.invalid
            return false
        }
        return !precedes(b, a) || isZero(a | b)
    }

    /// IEEE 754-2019 minimumNumber or maximumNumber: a NaN loses to a number, −0 is below +0.
    @inline(__always)
    static func extremum(_ a: Bits, _ b: Bits, wantsMaximum: Bool, _ flags: inout UInt8) -> Bits {
        if isNaN(a) || isNaN(b) {
            if isSignalingNaN(a) || isSignalingNaN(b) { flags |= SoftFloat.Flag.invalid }
            if isNaN(a) { return isNaN(b) ? canonicalNaN : b }
            return a
        }
        return precedes(a, b) == wantsMaximum ? b : a
    }

    /// The one-hot class of FCLASS: bit 0 −∞, 1 negative normal, 2 negative subnormal, 3 −0, 4 +0, 5 positive
    /// subnormal, 6 positive normal, 7 +∞, 8 signaling NaN, 9 quiet NaN.
    @inline(__always)
    static func classMask(_ a: Bits) -> UInt64 {
        if isNaN(a) { return isSignalingNaN(a) ? 1 << 8 : 1 << 9 }
        let distanceFromZero: UInt64 =
            if isInfinite(a) { 3 } else if biasedExponent(a) != 0 { 2 } else if isZero(a) { 0 } else { 1 }
        return sign(a) != 0 ? 1 &<< (3 &- distanceFromZero) : 1 &<< (4 &+ distanceFromZero)
    }
}
