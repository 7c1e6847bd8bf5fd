/// binary64 arithmetic, RISC-V's D extension. The public functions try the host's unit first.
extension SoftFloat {
    /// `a + b`.
    public static func add64(_ a: UInt64, _ b: UInt64, _ mode: RoundingMode, _ flags: inout UInt8) -> UInt64 {
        Binary64.hostAdd(a, b, mode, &flags) ?? referenceAdd64(a, b, mode, &flags)
    }

    /// `a − b`.
    public static func sub64(_ a: UInt64, _ b: UInt64, _ mode: RoundingMode, _ flags: inout UInt8) -> UInt64 {
        add64(a, b ^ Binary64.signBit, mode, &flags)
    }

    /// `a × b`.
    public static func mul64(_ a: UInt64, _ b: UInt64, _ mode: RoundingMode, _ flags: inout UInt8) -> UInt64 {
        Binary64.hostMultiply(a, b, mode, &flags) ?? referenceMul64(a, b, mode, &flags)
    }

    /// `a ÷ b`.
    public static func div64(_ a: UInt64, _ b: UInt64, _ mode: RoundingMode, _ flags: inout UInt8) -> UInt64 {
        Binary64.hostDivide(a, b, mode, &flags) ?? referenceDiv64(a, b, mode, &flags)
    }

    /// `√a`.
    public static func sqrt64(_ a: UInt64, _ mode: RoundingMode, _ flags: inout UInt8) -> UInt64 {
        Binary64.hostSquareRoot(a, mode, &flags) ?? referenceSqrt64(a, mode, &flags)
    }

    /// `a × b + c` with one rounding.
    public static func mulAdd64(_ a: UInt64, _ b: UInt64, _ c: UInt64, _ mode: RoundingMode, _ flags: inout UInt8)
        -> UInt64
    {
        Binary64.hostMultiplyAdd(a, b, c, mode, &flags) ?? referenceMulAdd64(a, b, c, mode, &flags)
    }

    /// IEEE 754-2019 minimumNumber: a NaN loses to a number, −0 is below +0.
    public static func min64(_ a: UInt64, _ b: UInt64, _ flags: inout UInt8) -> UInt64 {
        Binary64.extremum(a, b, wantsMaximum: false, &flags)
    }

    /// IEEE 754-2019 maximumNumber: a NaN loses to a number, −0 is below +0.
    public static func max64(_ a: UInt64, _ b: UInt64, _ flags: inout UInt8) -> UInt64 {
        Binary64.extremum(a, b, wantsMaximum: true, &flags)
    }

    /// `a = b`, false for NaNs; only a signaling NaN is invalid (FEQ).
    public static func eq64(_ a: UInt64, _ b: UInt64, _ flags: inout UInt8) -> Bool {
        Binary64.isEqual(a, b, &flags)
    }

    /// `a < b`, false for NaNs, all of which are invalid (FLT).
    public static func lt64(_ a: UInt64, _ b: UInt64, _ flags: inout UInt8) -> Bool {
        Binary64.isLess(a, b, &flags)
    }

    /// `a ≤ b`, false for NaNs, all of which are invalid (FLE).
    public static func le64(_ a: UInt64, _ b: UInt64, _ flags: inout UInt8) -> Bool {
        Binary64.isLessOrEqual(a, b, &flags)
    }

    /// The one-hot class of FCLASS: bit 0 −∞, 1 negative normal, 2 negative subnormal, 3 −0, 4 +0, 5 positive
    /// subnormal, 6 positive normal, 7 +∞, 8 signaling NaN, 9 quiet NaN.
    public static func classify64(_ a: UInt64) -> UInt64 {
        Binary64.classMask(a)
    }
}

// MARK: - The reference, out of line

extension SoftFloat {
    @inline(never)
    static func referenceAdd64(_ a: UInt64, _ b: UInt64, _ mode: RoundingMode, _ flags: inout UInt8) -> UInt64 {
        Binary64.add(a, b, mode, &flags)
    }

    @inline(never)
    static func referenceMul64(_ a: UInt64, _ b: UInt64, _ mode: RoundingMode, _ flags: inout UInt8) -> UInt64 {
        Binary64.multiply(a, b, mode, &flags)
    }

    @inline(never)
    static func referenceDiv64(_ a: UInt64, _ b: UInt64, _ mode: RoundingMode, _ flags: inout UInt8) -> UInt64 {
        Binary64.divide(a, b, mode, &flags)
    }

    @inline(never)
    static func referenceSqrt64(_ a: UInt64, _ mode: RoundingMode, _ flags: inout UInt8) -> UInt64 {
        Binary64.squareRoot(a, mode, &flags)
    }

    @inline(never)
    static func referenceMulAdd64(_ a: UInt64, _ b: UInt64, _ c: UInt64, _ mode: RoundingMode, _ flags: inout UInt8)
        -> UInt64
    {
        Binary64.multiplyAdd(a, b, c, mode, &flags)
    }
}
