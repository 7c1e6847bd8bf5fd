/// Conversions. Those to integers saturate, and raise invalid alone, for NaN (which counts as +∞) and out of range;
/// values that round to an integer in range are inexact at most.
extension SoftFloat {
    /// FCVT.D.S: exact, except that a signaling NaN is invalid.
    public static func f32ToF64(_ a: UInt32, _ flags: inout UInt8) -> UInt64 {
        Binary32.widened(a, &flags)
    }

    /// FCVT.S.D.
    public static func f64ToF32(_ a: UInt64, _ mode: RoundingMode, _ flags: inout UInt8) -> UInt32 {
        Binary32.narrowed(a, mode, &flags)
    }

    /// FCVT.W.S.
    public static func f32ToInt32(_ a: UInt32, _ mode: RoundingMode, _ flags: inout UInt8) -> Int32 {
        Binary32.integer(a, as: Int32.self, mode, &flags)
    }

    /// FCVT.WU.S. RV64 sign-extends the result into its register.
    public static func f32ToUInt32(_ a: UInt32, _ mode: RoundingMode, _ flags: inout UInt8) -> UInt32 {
        Binary32.integer(a, as: UInt32.self, mode, &flags)
    }

    /// FCVT.L.S.
    public static func f32ToInt64(_ a: UInt32, _ mode: RoundingMode, _ flags: inout UInt8) -> Int64 {
        Binary32.integer(a, as: Int64.self, mode, &flags)
    }

    /// FCVT.LU.S.
    public static func f32ToUInt64(_ a: UInt32, _ mode: RoundingMode, _ flags: inout UInt8) -> UInt64 {
        Binary32.integer(a, as: UInt64.self, mode, &flags)
    }

    /// FCVT.W.D.
    public static func f64ToInt32(_ a: UInt64, _ mode: RoundingMode, _ flags: inout UInt8) -> Int32 {
        Binary64.integer(a, as: Int32.self, mode, &flags)
    }

    /// FCVT.WU.D. RV64 sign-extends the result into its register.
    public static func f64ToUInt32(_ a: UInt64, _ mode: RoundingMode, _ flags: inout UInt8) -> UInt32 {
        Binary64.integer(a, as: UInt32.self, mode, &flags)
    }

    /// FCVT.L.D.
    public static func f64ToInt64(_ a: UInt64, _ mode: RoundingMode, _ flags: inout UInt8) -> Int64 {
        Binary64.integer(a, as: Int64.self, mode, &flags)
    }

    /// FCVT.LU.D.
    public static func f64ToUInt64(_ a: UInt64, _ mode: RoundingMode, _ flags: inout UInt8) -> UInt64 {
        Binary64.integer(a, as: UInt64.self, mode, &flags)
    }

    /// FCVT.S.W.
    public static func int32ToF32(_ integer: Int32, _ mode: RoundingMode, _ flags: inout UInt8) -> UInt32 {
        Binary32.converted(integer, mode, &flags)
    }

    /// FCVT.S.WU.
    public static func uint32ToF32(_ integer: UInt32, _ mode: RoundingMode, _ flags: inout UInt8) -> UInt32 {
        Binary32.converted(integer, mode, &flags)
    }

    /// FCVT.S.L.
    public static func int64ToF32(_ integer: Int64, _ mode: RoundingMode, _ flags: inout UInt8) -> UInt32 {
        Binary32.converted(integer, mode, &flags)
    }

    /// FCVT.S.LU.
    public static func uint64ToF32(_ integer: UInt64, _ mode: RoundingMode, _ flags: inout UInt8) -> UInt32 {
        Binary32.converted(integer, mode, &flags)
    }

    /// FCVT.D.W; always exact.
    public static func int32ToF64(_ integer: Int32, _ mode: RoundingMode, _ flags: inout UInt8) -> UInt64 {
        Binary64.converted(integer, mode, &flags)
    }

    /// FCVT.D.WU; always exact.
    public static func uint32ToF64(_ integer: UInt32, _ mode: RoundingMode, _ flags: inout UInt8) -> UInt64 {
        Binary64.converted(integer, mode, &flags)
    }

    /// FCVT.D.L.
    public static func int64ToF64(_ integer: Int64, _ mode: RoundingMode, _ flags: inout UInt8) -> UInt64 {
        Binary64.converted(integer, mode, &flags)
    }

    /// FCVT.D.LU.
    public static func uint64ToF64(_ integer: UInt64, _ mode: RoundingMode, _ flags: inout UInt8) -> UInt64 {
        Binary64.converted(integer, mode, &flags)
    }
}
