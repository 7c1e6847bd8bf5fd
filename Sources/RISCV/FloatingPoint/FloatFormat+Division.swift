extension FloatFormat {
    /// `a ÷ b`.
    @inline(__always)
    static func divide(_ a: Bits, _ b: Bits, _ mode: SoftFloat.RoundingMode, _ flags: inout UInt8) -> Bits {
        let sign = (a ^ b) & signBit
        if !isFinite(a) || !isFinite(b) {
            if isNaN(a) || isNaN(b) { return propagatedNaN(a, b, &flags) }
            if isFinite(a) { return sign }
            return isInfinite(b) ? invalidResult(&flags) : sign | infinity
        }
        if isZero(b) {
            if isZero(a) { return invalidResult(&flags) }
            flags |= SoftFloat.Flag.divideByZero
            return sign | infinity
        }
        if isZero(a) { return sign }

        let (exponentA, significandA) = normalized(a)
        let (exponentB, significandB) = normalized(b)
        // The divisor's leading one at the top and the dividend's at bitCount − 2 or one below, chosen so that the
        // quotient's is always at bitCount − 2.
        let isBelowOne = significandA < significandB ? 1 : 0
        let (quotient, remainder) = shiftLeft(significandB, guardBitCount + 1)
            .dividingFullWidth((high: shiftLeft(significandA, guardBitCount &- 1 &+ isBelowOne), low: 0))
        return rounded(
            sign: sign, exponent: exponentA &- exponentB &+ exponentBias &- isBelowOne,
            significand: quotient | (remainder == 0 ? 0 : 1), mode, &flags)
    }

    /// `√a`.
    @inline(__always)
    static func squareRoot(_ a: Bits, _ mode: SoftFloat.RoundingMode, _ flags: inout UInt8) -> Bits {
        if isNaN(a) { return propagatedNaN(a, a, &flags) }
        if isZero(a) { return a }
        if sign(a) != 0 { return invalidResult(&flags) }
        if isInfinite(a) { return a }

        let (exponent, significand) = normalized(a)
        // An even exponent: the radicand is in [1, 4) and its root in [1, 2), so the root never over- or underflows.
        let unbiased = exponent &- exponentBias
        let (root, isExact) = digitwiseRoot(shiftLeft(significand, unbiased & 1))
        return rounded(
            sign: 0, exponent: (unbiased >> 1) &+ exponentBias,
            significand: shiftLeft(root, guardBitCount - 1) | (isExact ? 0 : 1), mode, &flags)
    }

    /// The square root of `radicand / 2^fractionBitCount`, from [1, 4), cut off after `fractionBitCount` + 1 binary
    /// places, and whether nothing was cut off.
    ///
    /// One bit of the root a step, from the top: `bit` belongs to the root when (root + bit)² does not exceed the
    /// radicand, which is when what remains of the radicand is at least bit · (2 · root + bit). `remaining` is scaled
    /// by 1/bit, so that it never needs more than four bits beyond the significand's.
    @inline(__always)
    private static func digitwiseRoot(_ radicand: Bits) -> (root: Bits, isExact: Bool) {
        var remaining = shiftLeft(radicand, 1)
        var root: Bits = 0
        var bit = shiftLeft(hiddenBit, 1)
        while bit != 0 {
            let needed = shiftLeft(root, 1) | bit
            if remaining >= needed {
                remaining &-= needed
                root |= bit
            }
            remaining = shiftLeft(remaining, 1)
            bit = shiftRight(bit, 1)
        }
        return (root, remaining == 0)
    }
}
