@testable import RISCV

/// A natural number of any size: limbs of 32 bits, least significant first, no leading zero limbs.
struct Natural: Comparable {
    private(set) var limbs: [UInt32]

    init(_ value: UInt64) {
        limbs = [UInt32(truncatingIfNeeded: value), UInt32(truncatingIfNeeded: value >> 32)]
        trim()
    }

    private mutating func trim() {
        while limbs.last == 0 { limbs.removeLast() }
    }

    var isZero: Bool { limbs.isEmpty }

    static func < (a: Natural, b: Natural) -> Bool {
        if a.limbs.count != b.limbs.count { return a.limbs.count < b.limbs.count }
        for (x, y) in zip(a.limbs.reversed(), b.limbs.reversed()) where x != y { return x < y }
        return false
    }

    static func + (a: Natural, b: Natural) -> Natural {
        var result = a
        var carry: UInt64 = 0
        for index in 0..<max(a.limbs.count, b.limbs.count) + 1 {
            if index >= result.limbs.count { result.limbs.append(0) }
            carry += UInt64(result.limbs[index]) + (index < b.limbs.count ? UInt64(b.limbs[index]) : 0)
            result.limbs[index] = UInt32(truncatingIfNeeded: carry)
            carry >>= 32
        }
        result.trim()
        return result
    }

    /// `a − b`, for a ≥ b.
    static func - (a: Natural, b: Natural) -> Natural {
        var result = a
        var borrow: Int64 = 0
        for index in a.limbs.indices {
            borrow += Int64(a.limbs[index]) - (index < b.limbs.count ? Int64(b.limbs[index]) : 0)
            result.limbs[index] = UInt32(truncatingIfNeeded: borrow)
            borrow >>= 32
        }
        precondition(borrow == 0, "the difference of naturals is negative")
        result.trim()
        return result
    }

    static func * (a: Natural, b: Natural) -> Natural {
        var result = Natural(0)
        result.limbs = Array(repeating: 0, count: a.limbs.count + b.limbs.count)
        for (i, x) in a.limbs.enumerated() {
            var carry: UInt64 = 0
            for (j, y) in b.limbs.enumerated() {
                carry += UInt64(x) * UInt64(y) + UInt64(result.limbs[i + j])
                result.limbs[i + j] = UInt32(truncatingIfNeeded: carry)
                carry >>= 32
            }
            result.limbs[i + b.limbs.count] = UInt32(carry)
        }
        result.trim()
        return result
    }

    func shiftedLeft(_ count: Int) -> Natural {
        var result = self * Natural(1 << UInt64(count % 32))
        result.limbs.insert(contentsOf: Array(repeating: 0, count: count / 32), at: 0)
        result.trim()
        return result
    }
}

/// `mantissa · 2^exponent`, negated if `isNegative`: what every finite floating-point number, sum and product is.
struct Dyadic {
    var isNegative = false
    var mantissa: Natural
    var exponent: Int

    init(_ mantissa: UInt64, exponent: Int) {
        self.mantissa = Natural(mantissa)
        self.exponent = exponent
    }

    /// The number that a pattern of `shape` stands for; an infinity's is the power of two that it stands in for.
    init(_ shape: FloatShape, _ pattern: UInt64) {
        let exponentField = shape.exponent(pattern)
        let hidden: UInt64 = exponentField == 0 ? 0 : 1 << UInt64(shape.fractionBitCount)
        let fraction = pattern & (1 << UInt64(shape.fractionBitCount) - 1)
        self.init(hidden | fraction, exponent: max(exponentField, 1) - shape.bias - shape.fractionBitCount)
        isNegative = pattern & shape.signBit != 0
    }

    private static func aligned(_ a: Dyadic, _ b: Dyadic) -> (Natural, Natural, exponent: Int) {
        let exponent = min(a.exponent, b.exponent)
        return (
            a.mantissa.shiftedLeft(a.exponent - exponent), b.mantissa.shiftedLeft(b.exponent - exponent), exponent
        )
    }

    static func + (a: Dyadic, b: Dyadic) -> Dyadic {
        let (x, y, exponent) = aligned(a, b)
        var result = a
        result.exponent = exponent
        if a.isNegative == b.isNegative {
            result.mantissa = x + y
        } else {
            result.mantissa = x < y ? y - x : x - y
            result.isNegative = x < y ? b.isNegative : a.isNegative
        }
        return result
    }

    static func * (a: Dyadic, b: Dyadic) -> Dyadic {
        var result = a
        result.mantissa = a.mantissa * b.mantissa
        result.exponent = a.exponent + b.exponent
        result.isNegative = a.isNegative != b.isNegative
        return result
    }

    /// The sign of |self| − |other|.
    func compareMagnitude(_ other: Dyadic) -> Int {
        let (x, y, _) = Dyadic.aligned(self, other)
        return x < y ? -1 : x == y ? 0 : 1
    }
}

/// A nonzero real number, known by its sign and by how its magnitude compares with dyadic numbers; quotients and roots
/// are such numbers too.
struct ExactReal {
    let isNegative: Bool
    /// The sign of |self| − candidate.
    let compare: (Dyadic) -> Int

    init(_ value: Dyadic) {
        isNegative = value.isNegative
        compare = { value.compareMagnitude($0) }
    }

    init(_ dividend: Dyadic, over divisor: Dyadic) {
        isNegative = dividend.isNegative != divisor.isNegative
        compare = { dividend.compareMagnitude($0 * divisor) }
    }

    init(squareRootOf radicand: Dyadic) {
        isNegative = false
        compare = { radicand.compareMagnitude($0 * $0) }
    }

    /// `nil` when `outcome` is this number rounded in the given mode, otherwise what is wrong with it.
    ///
    /// The definition of rounding, with the result as its own witness: the two neighbouring numbers of the format that
    /// enclose the exact value are looked for next to it.
    func complaint(about outcome: FloatOutcome, _ shape: FloatShape, _ mode: SoftFloat.RoundingMode) -> String? {
        let magnitude = outcome.pattern & ~shape.signBit
        if (outcome.pattern & shape.signBit != 0) != isNegative { return "wrong sign" }
        if magnitude > shape.infinity { return "NaN" }
        let roundsUp = mode == (isNegative ? .down : .up)
        let isNearest = mode == .nearestEven || mode == .nearestMaxMagnitude

        if compare(Dyadic(shape, shape.infinity)) >= 0 {
            let expected = roundsUp || isNearest ? shape.infinity : shape.infinity - 1
            let flags = SoftFloat.Flag.overflow | SoftFloat.Flag.inexact
            return magnitude == expected && outcome.flags == flags ? nil : "wrong overflow"
        }
        let comparison = compare(Dyadic(shape, magnitude))
        if comparison == 0 { return outcome.flags == 0 ? nil : "exact, yet it has flags" }
        if comparison < 0 && magnitude == 0 { return "a negative magnitude" }
        let lower = comparison > 0 ? magnitude : magnitude - 1
        if compare(Dyadic(shape, lower)) <= 0 || compare(Dyadic(shape, lower + 1)) >= 0 {
            return "not next to the exact value"
        }

        var middle = Dyadic(shape, lower) + Dyadic(shape, lower + 1)
        middle.exponent -= 1
        let fromMiddle = compare(middle)
        let expected =
            if isNearest {
                fromMiddle > 0 || (fromMiddle == 0 && (mode == .nearestMaxMagnitude || lower & 1 == 1))
                    ? lower + 1 : lower
            } else {
                roundsUp ? lower + 1 : lower
            }
        if magnitude != expected { return "rounded the wrong way" }

        var flags = SoftFloat.Flag.inexact
        if expected == shape.infinity { flags |= SoftFloat.Flag.overflow }
        if isTiny(shape, roundsUp: roundsUp, isNearest: isNearest) { flags |= SoftFloat.Flag.underflow }
        return outcome.flags == flags ? nil : "flags should be \(flags)"
    }

    /// Whether, rounded to the format's precision with no bound on the exponent, this lies below the normal numbers.
    private func isTiny(_ shape: FloatShape, roundsUp: Bool, isNearest: Bool) -> Bool {
        let leastNormal = Dyadic(1, exponent: 1 - shape.bias)
        if compare(leastNormal) >= 0 { return false }
        // In units of a quarter of the spacing of numbers below the least normal one.
        let quarterExponent = 1 - shape.bias - shape.fractionBitCount - 3
        var quarter = Dyadic(1, exponent: quarterExponent)
        quarter.isNegative = true
        let middle = leastNormal + quarter + quarter
        let predecessor = middle + quarter + quarter
        if isNearest { return compare(middle) < 0 }
        return roundsUp ? compare(predecessor) <= 0 : true
    }
}
