/// binary32 arithmetic, RISC-V's F extension. The public functions try the host's unit first.
extension SoftFloat {
    /// `a + b`.
    public static func add32(_ a: UInt32, _ b: UInt32, _ mode: RoundingMode, _ flags: inout UInt8) -> UInt32 {
        Binary32.hostAdd(a, b, mode, &flags) ?? referenceAdd32(a, b, mode, &flags)
    }

    /// `a − b`.
    public static func sub32(_ a: UInt32, _ b: UInt32, _ mode: RoundingMode, _ flags: inout UInt8) -> UInt32 {
        add32(a, b ^ Binary32.signBit, mode, &flags)
    }

    /// `a × b`.
    public static func mul32(_ a: UInt32, _ b: UInt32, _ mode: RoundingMode, _ flags: inout UInt8) -> UInt32 {
        Binary32.hostMultiply(a, b, mode, &flags) ?? referenceMul32(a, b, mode, &flags)
    }

    /// `a ÷ b`.
    public static func div32(_ a: UInt32, _ b: UInt32, _ mode: RoundingMode, _ flags: inout UInt8) -> UInt32 {
        Binary32.hostDivide(a, b, mode, &flags) ?? referenceDiv32(a, b, mode, &flags)
    }

    /// `√a`.
    public static func sqrt32(_ a: UInt32, _ mode: RoundingMode, _ flags: inout UInt8) -> UInt32 {
        Binary32.hostSquareRoot(a, mode, &flags) ?? referenceSqrt32(a, mode, &flags)
    }

    /// `a × b + c` with one rounding.
    public static func mulAdd32(_ a: UInt32, _ b: UInt32, _ c: UInt32, _ mode: RoundingMode, _ flags: inout UInt8)
        -> UInt32
    {
        Binary32.hostMultiplyAdd(a, b, c, mode, &flags) ?? referenceMulAdd32(a, b, c, mode, &flags)
    }

    /// IEEE 754-2019 minimumNumber: a NaN loses to a number, −0 is below +0.
    public static func min32(_ a: UInt32, _ b: UInt32, _ flags: inout UInt8) -> UInt32 {
        Binary32.extremum(a, b, wantsMaximum: false, &flags)
    }

    /// IEEE 754-2019 maximumNumber: a NaN loses to a number, −0 is below +0.
    public static func max32(_ a: UInt32, _ b: UInt32, _ flags: inout UInt8) -> UInt32 {
        Binary32.extremum(a, b, wantsMaximum: true, &flags)
    }

    /// `a = b`, false for NaNs; only a signaling NaN is invalid (FEQ).
    public static func eq32(_ a: UInt32, _ b: UInt32, _ flags: inout UInt8) -> Bool {
        Binary32.isEqual(a, b, &flags)
    }

    /// `a < b`, false for NaNs, all of which are invalid (FLT).
    public static func lt32(_ a: UInt32, _ b: UInt32, _ flags: inout UInt8) -> Bool {
        Binary32.isLess(a, b, &flags)
    }

    /// `a ≤ b`, false for NaNs, all of which are invalid (FLE).
    public static func le32(_ a: UInt32, _ b: UInt32, _ flags: inout UInt8) -> Bool {
        Binary32.isLessOrEqual(a, b, &flags)
    }

    /// The one-hot class of FCLASS: bit 0 −∞, 1 negative normal, 2 negative subnormal, 3 −0, 4 +0, 5 positive
    /// subnormal, 6 positive normal, 7 +∞, 8 signaling NaN, 9 quiet NaN.
    public static func classify32(_ a: UInt32) -> UInt64 {
        Binary32.classMask(a)
    }
}

// MARK: - The reference, out of line

extension SoftFloat {
    @inline(never)
    static func referenceAdd32(_ a: UInt32, _ b: UInt32, _ mode: RoundingMode, _ flags: inout UInt8) -> UInt32 {
        Binary32.add(a, b, mode, &flags)
    }

    @inline(never)
    static func referenceMul32(_ a: UInt32, _ b: UInt32, _ mode: RoundingMode, _ flags: inout UInt8) -> UInt32 {
        Binary32.multiply(a, b, mode, &flags)
    }

    @inline(never)
    static func referenceDiv32(_ a: UInt32, _ b: UInt32, _ mode: RoundingMode, _ flags: inout UInt8) -> UInt32 {
        Binary32.divide(a, b, mode, &flags)
    }

    @inline(never)
    static func referenceSqrt32(_ a: UInt32, _ mode: RoundingMode, _ flags: inout UInt8) -> UInt32 {
        Binary32.squareRoot(a, mode, &flags)
    }

    @inline(never)
    static func referenceMulAdd32(_ a: UInt32, _ b: UInt32, _ c: UInt32, _ mode: RoundingMode, _ flags: inout UInt8)
        -> UInt32
    {
        Binary32.multiplyAdd(a, b, c, mode, &flags)
    }
}
