extension FloatFormat {
    /// The bit pattern of `significand · 2^(exponent − bias − (bitCount − 2))`, rounded, and the flags overflow,
    /// underflow and inexact that this raises.
    ///
    /// - Parameters:
    ///   - sign: the sign bit in its place, or 0.
    ///   - exponent: the biased exponent, of any size.
    ///   - significand: a working significand. Its leading one may be missing only when `exponent` is 1 and no bit is
    ///     set below those kept (an exact subnormal number), or when `exponent` is negative.
    @inline(__always)
    static func rounded(
        sign: Bits, exponent: Int, significand: Bits, _ mode: SoftFloat.RoundingMode, _ flags: inout UInt8
    ) -> Bits {
        let tailMask = shiftLeft(1, guardBitCount) as Bits &- 1
        let half = shiftLeft(1, guardBitCount - 1) as Bits
        let increment = roundingIncrement(sign: sign, half: half, tailMask: tailMask, mode)
        var exponent = exponent
        var significand = significand

        if UInt(bitPattern: exponent &- 1) >= UInt(bitPattern: maximumExponent - 2) {
            // Rounding carries into the next binade exactly when the sum reaches the bit above the leading one.
            let carries = significand &+ increment >= signBit
            if exponent >= maximumExponent || (exponent == maximumExponent - 1 && carries) {
                flags |= SoftFloat.Flag.overflow | SoftFloat.Flag.inexact
                // What rounds down in magnitude stops at the largest finite number, one below infinity.
                return sign | (increment == 0 ? infinity &- 1 : infinity)
            }
            if exponent < 1 {
                // After rounding: with an unbounded exponent the result would still be below the least normal number.
                let isTiny = exponent < 0 || !carries
                significand = shiftRightJamming(significand, 1 &- exponent)
                exponent = 1
                if isTiny && significand & tailMask != 0 { flags |= SoftFloat.Flag.underflow }
            }
        }

        let tail = significand & tailMask
        var kept = shiftRight(significand &+ increment, guardBitCount)
        if tail == half && mode == .nearestEven { kept &= ~1 }
        flags |= tail == 0 ? 0 : SoftFloat.Flag.inexact
        // The leading one is added to the exponent field, so a subnormal (without one) and a carry come out right.
        return sign | (shiftLeft(Bits(truncatingIfNeeded: exponent &- 1), fractionBitCount) &+ kept)
    }

    /// What is added to a magnitude, in units of its last working bit, before its tail is cut off. Nearest even adds a
    /// half too; its ties are corrected afterwards.
    @inline(__always)
    static func roundingIncrement<Word: FixedWidthInteger>(
        sign: Bits, half: Word, tailMask: Word, _ mode: SoftFloat.RoundingMode
    ) -> Word {
        switch mode {
        case .nearestEven, .nearestMaxMagnitude: half
        case .towardZero: 0
        case .down: sign == 0 ? 0 : tailMask
        case .up: sign == 0 ? tailMask : 0
        }
    }

    /// The zero that a sum of two numbers of equal magnitude and opposite sign has.
    @inline(__always)
    static func cancelledZero(_ mode: SoftFloat.RoundingMode) -> Bits {
        mode == .down ? signBit : 0
    }
}
