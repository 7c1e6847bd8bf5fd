/// The host's floating-point unit in place of the integer arithmetic, where the two cannot differ.
///
/// Swift rounds to nearest even and never contracts, reorders or flushes to zero, and every host of ours implements
/// IEEE 754 for the basic operations: of a normal result the value is then determined. What hosts do differ in is left
/// to the reference: NaNs, detection of tininess (so a result in the lowest binade is not taken either), and flags. A
/// result that is infinite, NaN, zero or tiny is `nil`: "ask the reference".
///
/// Inexactness is found by exact tests of the result, skipped when the flag is set already: flags are sticky and most
/// programs never clear it.
extension FloatFormat {
    /// Whether a result is normal, finite, and above the lowest binade.
    @inline(__always)
    private static func isSafelyNormal(_ result: Bits) -> Bool {
        let twiceLeastNormal = shiftLeft(hiddenBit, 1)
        return magnitude(result) &- twiceLeastNormal < infinity &- twiceLeastNormal
    }

    @inline(__always)
    private static func isNormal(_ a: Bits) -> Bool {
        magnitude(a) &- hiddenBit < infinity &- hiddenBit
    }

    @inline(__always)
    private static func significand(_ normal: Bits) -> Bits { fraction(normal) | hiddenBit }

    @inline(__always)
    static func hostAdd(
        _ a: Bits, _ b: Bits, _ mode: SoftFloat.RoundingMode, _ flags: inout UInt8
    ) -> Bits? {
        if mode != .nearestEven { return nil }
        let sum = host(a) + host(b)
        let result = pattern(sum)
        if !isSafelyNormal(result) { return nil }
        if flags & SoftFloat.Flag.inexact == 0 {
            // Dekker's Fast2Sum: with the larger operand first, `error` is exactly what rounding took away.
            let (large, small) = magnitude(a) < magnitude(b) ? (b, a) : (a, b)
            let error = host(small) - (sum - host(large))
            flags |= error == 0 ? 0 : SoftFloat.Flag.inexact
        }
        return result
    }

    @inline(__always)
    static func hostMultiply(
        _ a: Bits, _ b: Bits, _ mode: SoftFloat.RoundingMode, _ flags: inout UInt8
    ) -> Bits? {
        if mode != .nearestEven { return nil }
        let result = pattern(host(a) * host(b))
        if !isSafelyNormal(result) { return nil }
        if flags & SoftFloat.Flag.inexact == 0 {
            if !isNormal(a) || !isNormal(b) { return nil }
            // The product of the significands has `fractionBitCount` bits too many, one more if it is 2 or above,
            // which the result's exponent tells. Exact means that those are zero; `Bits` holds them.
            let isTwoOrMore = biasedExponent(result) &- (biasedExponent(a) &+ biasedExponent(b) &- exponentBias)
            let lost = significand(a) &* significand(b) & (shiftLeft(hiddenBit, isTwoOrMore) &- 1)
            flags |= lost == 0 ? 0 : SoftFloat.Flag.inexact
        }
        return result
    }

    @inline(__always)
    static func hostDivide(
        _ a: Bits, _ b: Bits, _ mode: SoftFloat.RoundingMode, _ flags: inout UInt8
    ) -> Bits? {
        if mode != .nearestEven || !isNormal(b) { return nil }
        let result = pattern(host(a) / host(b))
        if !isSafelyNormal(result) { return nil }
        if flags & SoftFloat.Flag.inexact == 0 {
            if !isNormal(a) { return nil }
            // quotient · b is within half of b of a · 2^shift, so their low words tell whether they are equal.
            let shift =
                fractionBitCount &+ exponentBias
                &+ biasedExponent(a) &- biasedExponent(b) &- biasedExponent(result)
            let product = significand(result) &* significand(b)
            flags |= product == shiftLeft(significand(a), shift) ? 0 : SoftFloat.Flag.inexact
        }
        return result
    }

    @inline(__always)
    static func hostSquareRoot(
        _ a: Bits, _ mode: SoftFloat.RoundingMode, _ flags: inout UInt8
    ) -> Bits? {
        if mode != .nearestEven || sign(a) != 0 || !isNormal(a) { return nil }
        let result = pattern(host(a).squareRoot())
        if flags & SoftFloat.Flag.inexact == 0 {
            // root² is within root of a · 2^shift, so their low words tell whether they are equal.
            let shift = fractionBitCount &+ ((biasedExponent(a) &- exponentBias) & 1)
            let square = significand(result) &* significand(result)
            flags |= square == shiftLeft(significand(a), shift) ? 0 : SoftFloat.Flag.inexact
        }
        return result
    }

    /// Only when the inexact flag is set: finding it would cost as much as the reference.
    @inline(__always)
    static func hostMultiplyAdd(
        _ a: Bits, _ b: Bits, _ c: Bits, _ mode: SoftFloat.RoundingMode, _ flags: inout UInt8
    ) -> Bits? {
        if mode != .nearestEven || flags & SoftFloat.Flag.inexact == 0 { return nil }
        let result = pattern(host(c).addingProduct(host(a), host(b)))
        return isSafelyNormal(result) ? result : nil
    }
}
