extension FloatFormat {
    /// `a` rounded to an integer of type `Integer`; out of range it saturates and is invalid, NaN counts as +∞.
    @inline(__always)
    static func integer<Integer: FixedWidthInteger>(
        _ a: Bits, as type: Integer.Type, _ mode: SoftFloat.RoundingMode, _ flags: inout UInt8
    ) -> Integer {
        let isNegative = sign(a) != 0 && !isNaN(a)
        let saturated = isNegative ? Integer.min : Integer.max
        let binaryPlaces = exponentBias &+ fractionBitCount &- max(biasedExponent(a), 1)
        // At 2^64 and beyond no integer type holds it.
        if biasedExponent(a) >= exponentBias + 64 {
            flags |= SoftFloat.Flag.invalid
            return saturated
        }

        let significand = UInt64(truncatingIfNeeded: fraction(a) | (biasedExponent(a) == 0 ? 0 : hiddenBit))
        var magnitude: UInt64
        var raised: UInt8 = 0
        if binaryPlaces <= 0 {
            magnitude = shiftLeft(significand, 0 &- binaryPlaces)
        } else {
            // Beyond this many places the value is below 1/4 either way; `tail` is the fraction in units of 2^−64.
            let places = min(binaryPlaces, fractionBitCount + 3)
            magnitude = shiftRight(significand, places)
            let tail = shiftLeft(significand, 64 &- places)
            let half: UInt64 = 1 << 63
            let increment = roundingIncrement(sign: sign(a), half: half, tailMask: UInt64.max, mode)
            magnitude &+= tail.addingReportingOverflow(increment).overflow ? 1 : 0
            if tail == half && mode == .nearestEven { magnitude &= ~1 }
            raised = tail == 0 ? 0 : SoftFloat.Flag.inexact
        }

        let limit = isNegative ? UInt64(Integer.min.magnitude) : UInt64(Integer.max.magnitude)
        if magnitude > limit {
            flags |= SoftFloat.Flag.invalid
            return saturated
        }
        flags |= raised
        return Integer(truncatingIfNeeded: isNegative ? 0 &- magnitude : magnitude)
    }

    /// `integer`, rounded. Zero gives +0.
    @inline(__always)
    static func converted<Integer: FixedWidthInteger>(
        _ integer: Integer, _ mode: SoftFloat.RoundingMode, _ flags: inout UInt8
    ) -> Bits {
        if integer == 0 { return 0 }
        let magnitude = UInt64(integer.magnitude)
        let shift = magnitude.leadingZeroBitCount
        let working = shiftRightJamming(shiftLeft(magnitude, shift), 65 - bitCount)
        return rounded(
            sign: integer < 0 ? signBit : 0, exponent: exponentBias &+ 63 &- shift,
            significand: Bits(truncatingIfNeeded: working), mode, &flags)
    }
}

extension Binary32 {
    /// A binary64 rounded to binary32.
    @inline(__always)
    static func narrowed(_ a: UInt64, _ mode: SoftFloat.RoundingMode, _ flags: inout UInt8) -> UInt32 {
        let sign = UInt32(truncatingIfNeeded: Binary64.sign(a) >> 32)
        if !Binary64.isFinite(a) {
            if Binary64.isInfinite(a) { return sign | infinity }
            if Binary64.isSignalingNaN(a) { flags |= SoftFloat.Flag.invalid }
            return canonicalNaN
        }
        if Binary64.isZero(a) { return sign }
        // A binary64 subnormal lacks its leading one, but its exponent here is far below 0, where that is allowed.
        let hidden = Binary64.biasedExponent(a) == 0 ? 0 : Binary64.hiddenBit
        let working = shiftRightJamming(Binary64.fraction(a) | hidden, Binary64.fractionBitCount - (bitCount - 2))
        return rounded(
            sign: sign, exponent: Binary64.biasedExponent(a) &- Binary64.exponentBias &+ exponentBias,
            significand: UInt32(truncatingIfNeeded: working), mode, &flags)
    }

    /// A binary32 as binary64, which is always exact.
    @inline(__always)
    static func widened(_ a: UInt32, _ flags: inout UInt8) -> UInt64 {
        let sign = UInt64(sign(a)) << 32
        if !isFinite(a) {
            if isInfinite(a) { return sign | Binary64.infinity }
            if isSignalingNaN(a) { flags |= SoftFloat.Flag.invalid }
            return Binary64.canonicalNaN
        }
        if isZero(a) { return sign }
        let (exponent, significand) = normalized(a)
        let exponentField = UInt64(truncatingIfNeeded: exponent &- exponentBias &+ Binary64.exponentBias)
        return sign | exponentField << 52 | UInt64(significand & fractionMask) << 29
    }
}
