extension FloatFormat {
    /// `a × b`.
    @inline(__always)
    static func multiply(_ a: Bits, _ b: Bits, _ mode: SoftFloat.RoundingMode, _ flags: inout UInt8) -> Bits {
        let sign = (a ^ b) & signBit
        if !isFinite(a) || !isFinite(b) {
            if isNaN(a) || isNaN(b) { return propagatedNaN(a, b, &flags) }
            return isZero(a) || isZero(b) ? invalidResult(&flags) : sign | infinity
        }
        if isZero(a) || isZero(b) { return sign }

        let (exponentA, significandA) = normalized(a)
        let (exponentB, significandB) = normalized(b)
        // Leading ones at bitCount − 2 and bitCount − 1: the product's upper half has its own at bitCount − 2 or one
        // below.
        let product = shiftLeft(significandA, guardBitCount)
            .multipliedFullWidth(by: shiftLeft(significandB, guardBitCount + 1))
        let upper = product.high | (product.low == 0 ? 0 : 1)
        let shift = upper < workingBit ? 1 : 0
        return rounded(
            sign: sign, exponent: exponentA &+ exponentB &- exponentBias &+ 1 &- shift,
            significand: shiftLeft(upper, shift), mode, &flags)
    }

    /// `a × b + c` with one rounding.
    @inline(__always)
    static func multiplyAdd(
        _ a: Bits, _ b: Bits, _ c: Bits, _ mode: SoftFloat.RoundingMode, _ flags: inout UInt8
    ) -> Bits {
        let productSign = (a ^ b) & signBit
        if !isFinite(a) || !isFinite(b) || !isFinite(c) {
            return nonFiniteMultiplyAdd(a, b, c, productSign: productSign, &flags)
        }
        if isZero(a) || isZero(b) {
            if !isZero(c) { return c }
            return productSign == sign(c) ? c : cancelledZero(mode)
        }

        // Product and addend as wide working significands: the leading one two bits from the top.
        let (exponentA, significandA) = normalized(a)
        let (exponentB, significandB) = normalized(b)
        var product = shiftLeft(Wide(significandA) &* Wide(significandB), wideGuardBitCount)
        let shift = product.leadingZeroBitCount &- 1
        product = shiftLeft(product, shift)
        let exponent = exponentA &+ exponentB &- exponentBias &+ 1 &- shift
        if isZero(c) {
            return rounded(
                sign: productSign, exponent: exponent, significand: narrowed(product), mode, &flags)
        }
        let (exponentC, significandC) = normalized(c)
        let addend = shiftLeft(Wide(significandC), Wide.bitWidth - 2 - fractionBitCount)

        if exponent > exponentC || (exponent == exponentC && product >= addend) {
            return sum(
                sign: productSign, exponent, product, shiftRightJamming(addend, exponent &- exponentC),
                subtracts: productSign != sign(c), mode, &flags)
        }
        return sum(
            sign: sign(c), exponentC, addend, shiftRightJamming(product, exponentC &- exponent),
            subtracts: productSign != sign(c), mode, &flags)
    }

    /// The shift that brings the product of two normalized significands, 2 · `fractionBitCount` + 2 bits, up against
    /// the free bit at the top.
    @inline(__always)
    private static var wideGuardBitCount: Int { Wide.bitWidth - 1 - (2 * fractionBitCount + 2) }

    /// The upper half of a wide working significand, the lower one jammed into it.
    @inline(__always)
    private static func narrowed(_ wide: Wide) -> Bits {
        Bits(truncatingIfNeeded: shiftRight(wide, bitCount))
            | (Bits(truncatingIfNeeded: wide) == 0 ? 0 : 1)
    }

    /// The rounded sum or difference of two wide significands of one exponent, the larger first.
    @inline(__always)
    private static func sum(
        sign: Bits, _ exponent: Int, _ large: Wide, _ small: Wide, subtracts: Bool,
        _ mode: SoftFloat.RoundingMode, _ flags: inout UInt8
    ) -> Bits {
        let total = subtracts ? large &- small : large &+ small
        if total == 0 { return cancelledZero(mode) }
        let leadingZeroBitCount = total.leadingZeroBitCount
        let aligned =
            leadingZeroBitCount == 0 ? shiftRightJamming(total, 1) : shiftLeft(total, leadingZeroBitCount &- 1)
        return rounded(
            sign: sign, exponent: exponent &+ 1 &- leadingZeroBitCount, significand: narrowed(aligned), mode, &flags)
    }

    @inline(__always)
    private static func nonFiniteMultiplyAdd(
        _ a: Bits, _ b: Bits, _ c: Bits, productSign: Bits, _ flags: inout UInt8
    ) -> Bits {
        if (isInfinite(a) && isZero(b)) || (isZero(a) && isInfinite(b)) {
            // Invalid even when c is a quiet NaN: section "Fused multiply-add" of chapter F.
            return invalidResult(&flags)
        }
        if isNaN(a) || isNaN(b) || isNaN(c) {
            if isSignalingNaN(c) { flags |= SoftFloat.Flag.invalid }
            return propagatedNaN(a, b, &flags)
        }
        if isInfinite(a) || isInfinite(b) {
            return isInfinite(c) && sign(c) != productSign ? invalidResult(&flags) : productSign | infinity
        }
        return c
    }
}
