/// IEEE 754-2019 arithmetic for the RISC-V F and D extensions, identical on every host.
///
/// Values are bit patterns: a binary32 is a `UInt32`, a binary64 a `UInt64`; function names end in the width they work
/// on. Every operation takes its rounding mode as a value and ORs the exceptions it raises into `flags`, laid out as
/// `fcsr.fflags` (see ``Flag``). There is no other state, and nothing here traps, for any operand.
///
/// What RISC-V fixes where IEEE 754 leaves a choice (unprivileged specification, chapters "F" and "D"):
/// - a NaN result is always the canonical quiet NaN, payloads are not propagated;
/// - tininess is detected after rounding;
/// - ∞ × 0 + qNaN raises the invalid flag;
/// - a conversion to an integer that is out of range, or of a NaN, saturates and raises invalid alone.
///
/// The reference is integer arithmetic (`FloatFormat`). Where rounding is to nearest even and operands and result are
/// normal numbers, the host's adder, multiplier, divider and square root are used, for they cannot differ there;
/// inexactness is then found exactly, and only when the flag is not already set (`SoftFloat+HostUnit.swift`).
///
/// NaN boxing of binary32 in 64-bit registers is up to the caller, with ``box32(_:)`` and ``unbox32(_:)``; so is the
/// choice of signs of the FNMADD family, by flipping sign bits of the operands of ``mulAdd64(_:_:_:_:_:)``.
public enum SoftFloat {
    /// The rounding modes, with the encodings of the `rm` field and of `fcsr.frm`. The reserved encodings 5 and 6 and
    /// the dynamic one, 7, are resolved by the decoder.
    public enum RoundingMode: UInt8, Sendable, CaseIterable {
        /// RNE: to nearest, ties to even.
        case nearestEven = 0
        /// RTZ: towards zero.
        case towardZero = 1
        /// RDN: towards −∞.
        case down = 2
        /// RUP: towards +∞.
        case up = 3
        /// RMM: to nearest, ties away from zero.
        case nearestMaxMagnitude = 4
    }

    /// The bits of `fcsr.fflags`.
    public enum Flag {
        /// NX: the result was rounded.
        public static let inexact: UInt8 = 1
        /// UF: the result was rounded, and tiny after rounding.
        public static let underflow: UInt8 = 2
        /// OF: the rounded result exceeds the largest finite number.
        public static let overflow: UInt8 = 4
        /// DZ: a finite number was divided by zero.
        public static let divideByZero: UInt8 = 8
        /// NV: the operation has no meaningful result, or an operand is a signaling NaN.
        public static let invalid: UInt8 = 16
    }

    /// The quiet NaN that every operation returns for a NaN, in binary32.
    public static let canonicalNaN32: UInt32 = 0x7fc0_0000

    /// The quiet NaN that every operation returns for a NaN, in binary64.
    public static let canonicalNaN64: UInt64 = 0x7ff8_0000_0000_0000

    /// The 64-bit register image of a binary32: its upper half is all ones.
    @inline(__always)
    public static func box32(_ value: UInt32) -> UInt64 {
        0xffff_ffff_0000_0000 | UInt64(value)
    }

    /// The binary32 that a 64-bit register holds; the canonical NaN when the upper half is not all ones.
    @inline(__always)
    public static func unbox32(_ register: UInt64) -> UInt32 {
        register >= 0xffff_ffff_0000_0000 ? UInt32(truncatingIfNeeded: register) : canonicalNaN32
    }
}
