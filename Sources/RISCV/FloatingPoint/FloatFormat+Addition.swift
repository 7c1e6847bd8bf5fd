extension FloatFormat {
    /// `a + b`.
    @inline(__always)
    static func add(_ a: Bits, _ b: Bits, _ mode: SoftFloat.RoundingMode, _ flags: inout UInt8) -> Bits {
        // The operand of larger magnitude first: its exponent is the sum's, and its sign too unless they cancel.
        let (large, small) = magnitude(a) < magnitude(b) ? (b, a) : (a, b)
        let subtracts = (a ^ b) & signBit != 0
        if !isFinite(large) {
            if isNaN(large) { return propagatedNaN(a, b, &flags) }
            return isInfinite(small) && subtracts ? invalidResult(&flags) : large
        }

        let exponent = max(biasedExponent(large), 1)
        let largeSignificand = unnormalizedWorkingSignificand(large)
        let smallSignificand = shiftRightJamming(
            unnormalizedWorkingSignificand(small), exponent &- max(biasedExponent(small), 1))

        if subtracts {
            let difference = largeSignificand &- smallSignificand
            if difference == 0 { return cancelledZero(mode) }
            let shift = difference.leadingZeroBitCount &- 1
            return rounded(
                sign: sign(large), exponent: exponent &- shift, significand: shiftLeft(difference, shift), mode, &flags)
        }
        let sum = largeSignificand &+ smallSignificand
        let carry = Int(truncatingIfNeeded: shiftRight(sum, bitCount - 1))
        return rounded(
            sign: sign(large), exponent: exponent &+ carry, significand: shiftRightJamming(sum, carry), mode, &flags)
    }

    /// `a − b`.
    @inline(__always)
    static func subtract(_ a: Bits, _ b: Bits, _ mode: SoftFloat.RoundingMode, _ flags: inout UInt8) -> Bits {
        // Flipping the sign of a NaN changes neither the result nor the flags.
        add(a, b ^ signBit, mode, &flags)
    }

    /// The working significand of a finite number, with exponent 1 and no leading one when it is subnormal or zero.
    @inline(__always)
    private static func unnormalizedWorkingSignificand(_ a: Bits) -> Bits {
        let hidden = biasedExponent(a) == 0 ? 0 : hiddenBit
        return shiftLeft(fraction(a) | hidden, guardBitCount)
    }
}
