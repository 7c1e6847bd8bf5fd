/// An IEEE 754 binary interchange format, as integers; its extensions hold the reference arithmetic, one operation a
/// file.
///
/// A bit pattern is laid out, from the top, as
///
///     sign (1) │ biased exponent (exponentBitCount) │ fraction (fractionBitCount)
///
/// Between unpacking and rounding a finite number is a sign (the sign bit, in its place), a biased exponent that may
/// leave its range, and a *working significand*: a `Bits` whose leading one is at bit `bitCount − 2`, so that one bit
/// is free above for carries and `guardBitCount` bits below for rounding. Bits lost further down are ORed into bit 0
/// ("jammed"): that keeps every comparison with a rounding boundary right.
///
/// Everything here is `@inline(__always)`: the concrete entry points of `SoftFloat` are what gets compiled.
protocol FloatFormat {
    /// The bit pattern's type.
    associatedtype Bits: FixedWidthInteger & UnsignedInteger
    /// Twice as wide: holds an exact product of two significands.
    associatedtype Wide: FixedWidthInteger & UnsignedInteger
    /// The host's type of this format.
    associatedtype Host: BinaryFloatingPoint

    static var exponentBitCount: Int { get }
    static func host(_ pattern: Bits) -> Host
    static func pattern(_ host: Host) -> Bits
}

/// binary32, RISC-V's "S".
enum Binary32: FloatFormat {
    typealias Bits = UInt32
    typealias Wide = UInt64

    @inline(__always) static var exponentBitCount: Int { 8 }
    @inline(__always) static func host(_ pattern: UInt32) -> Float { Float(bitPattern: pattern) }
    @inline(__always) static func pattern(_ host: Float) -> UInt32 { host.bitPattern }
}

/// binary64, RISC-V's "D".
enum Binary64: FloatFormat {
    typealias Bits = UInt64
    typealias Wide = UInt128

    @inline(__always) static var exponentBitCount: Int { 11 }
    @inline(__always) static func host(_ pattern: UInt64) -> Double { Double(bitPattern: pattern) }
    @inline(__always) static func pattern(_ host: Double) -> UInt64 { host.bitPattern }
}

// MARK: - Constants of a format

extension FloatFormat {
    @inline(__always) static var bitCount: Int { Bits.bitWidth }
    @inline(__always) static var fractionBitCount: Int { bitCount - 1 - exponentBitCount }
    /// The bits of a working significand below those that the format keeps.
    @inline(__always) static var guardBitCount: Int { bitCount - 2 - fractionBitCount }
    @inline(__always) static var exponentBias: Int { (1 << (exponentBitCount - 1)) - 1 }
    /// The biased exponent of infinities and NaNs.
    @inline(__always) static var maximumExponent: Int { (1 << exponentBitCount) - 1 }

    @inline(__always) static var signBit: Bits { shiftLeft(1, bitCount - 1) }
    /// The leading one of a normal number, which the format does not store.
    @inline(__always) static var hiddenBit: Bits { shiftLeft(1, fractionBitCount) }
    @inline(__always) static var fractionMask: Bits { hiddenBit &- 1 }
    /// The topmost fraction bit: set in quiet NaNs, clear in signaling ones.
    @inline(__always) static var quietBit: Bits { shiftLeft(1, fractionBitCount - 1) }
    @inline(__always) static var infinity: Bits {
        shiftLeft(Bits(truncatingIfNeeded: maximumExponent), fractionBitCount)
    }
    @inline(__always) static var canonicalNaN: Bits { infinity | quietBit }
    /// The leading one of a working significand.
    @inline(__always) static var workingBit: Bits { shiftLeft(1, bitCount - 2) }
}

// MARK: - Taking bit patterns apart

extension FloatFormat {
    @inline(__always) static func sign(_ a: Bits) -> Bits { a & signBit }
    @inline(__always) static func magnitude(_ a: Bits) -> Bits { a & ~signBit }
    @inline(__always) static func fraction(_ a: Bits) -> Bits { a & fractionMask }

    @inline(__always) static func biasedExponent(_ a: Bits) -> Int {
        Int(truncatingIfNeeded: shiftRight(magnitude(a), fractionBitCount))
    }

    @inline(__always) static func isNaN(_ a: Bits) -> Bool { magnitude(a) > infinity }
    @inline(__always) static func isInfinite(_ a: Bits) -> Bool { magnitude(a) == infinity }
    @inline(__always) static func isFinite(_ a: Bits) -> Bool { magnitude(a) < infinity }
    @inline(__always) static func isZero(_ a: Bits) -> Bool { magnitude(a) == 0 }

    @inline(__always) static func isSignalingNaN(_ a: Bits) -> Bool {
        isNaN(a) && a & quietBit == 0
    }

    /// The exponent and significand of a finite nonzero number, the leading one at bit `fractionBitCount`: a subnormal
    /// number gets an exponent below 1.
    @inline(__always) static func normalized(_ a: Bits) -> (exponent: Int, significand: Bits) {
        let exponent = biasedExponent(a)
        if exponent != 0 { return (exponent, fraction(a) | hiddenBit) }
        let shift = fraction(a).leadingZeroBitCount &- (bitCount - 1 - fractionBitCount)
        return (1 &- shift, shiftLeft(fraction(a), shift))
    }

    /// The canonical NaN, as the result of an operation one of whose operands is a NaN.
    @inline(__always) static func propagatedNaN(_ a: Bits, _ b: Bits, _ flags: inout UInt8) -> Bits {
        if isSignalingNaN(a) || isSignalingNaN(b) { flags |= SoftFloat.Flag.invalid }
        return canonicalNaN
    }

    /// The canonical NaN, as the result of an operation that has no other.
    @inline(__always) static func invalidResult(_ flags: inout UInt8) -> Bits {
        flags |= SoftFloat.Flag.invalid
        return canonicalNaN
    }
}

// MARK: - Shifts without range checks

/// `value << count`, for a count from 0 to the width − 1.
@inline(__always)
func shiftLeft<Word: FixedWidthInteger>(_ value: Word, _ count: Int) -> Word {
    value &<< Word(truncatingIfNeeded: count)
}

/// `value >> count`, for a count from 0 to the width − 1.
@inline(__always)
func shiftRight<Word: FixedWidthInteger>(_ value: Word, _ count: Int) -> Word {
    value &>> Word(truncatingIfNeeded: count)
}

/// `value >> count` for any count ≥ 0, with bit 0 of the result also set when a one was shifted out.
@inline(__always)
func shiftRightJamming<Word: FixedWidthInteger & UnsignedInteger>(_ value: Word, _ count: Int) -> Word {
    if count >= Word.bitWidth { return value == 0 ? 0 : 1 }
    let shifted = shiftRight(value, count)
    return shiftLeft(shifted, count) == value ? shifted : shifted | 1
}
