@testable import RISCV

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The host's floating-point unit as an oracle, with its rounding mode and its flags.
///
/// The compilers know nothing of rounding modes: they fold, reorder and share floating-point expressions. So operands
/// and result live in memory that has escaped, and the functions that compute are not optimised.
final class HostUnit {
    struct Cell {
        var a: Double = 0
        var b: Double = 0
        var c: Double = 0
        var result: Double = 0
        var a32: Float = 0
        var b32: Float = 0
        var c32: Float = 0
        var result32: Float = 0
        var integer: Int64 = 0
    }

    enum Conversion: CaseIterable { case f64ToF32, f32ToF64, int64ToF64, int64ToF32, f64ToInt64 }

    private let defaultMode: Int32 = FE_TONEAREST
    private let hostFlags: [(host: Int32, flag: UInt8)] = [
        (FE_INEXACT, SoftFloat.Flag.inexact), (FE_UNDERFLOW, SoftFloat.Flag.underflow),
        (FE_OVERFLOW, SoftFloat.Flag.overflow), (FE_DIVBYZERO, SoftFloat.Flag.divideByZero),
        (FE_INVALID, SoftFloat.Flag.invalid),
    ]
    private let cell: UnsafeMutablePointer<Cell>

    init() {
        cell = .allocate(capacity: 1)
        cell.initialize(to: Cell())
    }

    deinit { cell.deallocate() }

    func perform(
        _ shape: FloatShape, _ operation: FloatOperation, _ a: UInt64, _ b: UInt64, _ c: UInt64,
        _ mode: SoftFloat.RoundingMode
    ) -> FloatOutcome {
        if shape == .binary64 {
            cell.pointee.a = Double(bitPattern: a)
            cell.pointee.b = Double(bitPattern: b)
            cell.pointee.c = Double(bitPattern: c)
            let flags = collectingFlags(mode) { hostCompute64(operation, cell) }
            return canonical(shape, cell.pointee.result.bitPattern, flags)
        }
        cell.pointee.a32 = Float(bitPattern: UInt32(a))
        cell.pointee.b32 = Float(bitPattern: UInt32(b))
        cell.pointee.c32 = Float(bitPattern: UInt32(c))
        let flags = collectingFlags(mode) { hostCompute32(operation, cell) }
        return canonical(shape, UInt64(cell.pointee.result32.bitPattern), flags)
    }

    func narrow(_ a: UInt64, _ mode: SoftFloat.RoundingMode) -> FloatOutcome {
        cell.pointee.a = Double(bitPattern: a)
        let flags = collectingFlags(mode) { hostConvert(.f64ToF32, cell) }
        return canonical(.binary32, UInt64(cell.pointee.result32.bitPattern), flags)
    }

    func widen(_ a: UInt32) -> FloatOutcome {
        cell.pointee.a32 = Float(bitPattern: a)
        let flags = collectingFlags(.nearestEven) { hostConvert(.f32ToF64, cell) }
        return canonical(.binary64, cell.pointee.result.bitPattern, flags)
    }

    func convert(_ integer: Int64, to shape: FloatShape, _ mode: SoftFloat.RoundingMode) -> FloatOutcome {
        cell.pointee.integer = integer
        if shape == .binary64 {
            let flags = collectingFlags(mode) { hostConvert(.int64ToF64, cell) }
            return FloatOutcome(pattern: cell.pointee.result.bitPattern, flags: flags)
        }
        let flags = collectingFlags(mode) { hostConvert(.int64ToF32, cell) }
        return FloatOutcome(pattern: UInt64(cell.pointee.result32.bitPattern), flags: flags)
    }

    /// `llrint`; the integer means nothing when the flags say invalid.
    func roundToInt64(_ a: UInt64, _ mode: SoftFloat.RoundingMode) -> (integer: Int64, flags: UInt8) {
        cell.pointee.a = Double(bitPattern: a)
        let flags = collectingFlags(mode) { hostConvert(.f64ToInt64, cell) }
        return (cell.pointee.integer, flags)
    }

    /// Runs `body` in a rounding mode of the host's and leaves the default one behind, as the code under test needs.
    private func collectingFlags(_ mode: SoftFloat.RoundingMode, _ body: () -> Void) -> UInt8 {
        let hostMode: Int32 =
            switch mode {
            case .nearestEven: FE_TONEAREST
            case .towardZero: FE_TOWARDZERO
            case .down: FE_DOWNWARD
            case .up: FE_UPWARD
            case .nearestMaxMagnitude: fatalError("no host has this mode")
            }
        precondition(fesetround(hostMode) == 0)
        feclearexcept(hostFlags.reduce(0) { $0 | $1.host })
        body()
        let raised = fetestexcept(hostFlags.reduce(0) { $0 | $1.host })
        precondition(fesetround(defaultMode) == 0)
        var flags: UInt8 = 0
        for (host, flag) in hostFlags where raised & host != 0 { flags |= flag }
        return flags
    }

    private func canonical(_ shape: FloatShape, _ pattern: UInt64, _ flags: UInt8) -> FloatOutcome {
        FloatOutcome(pattern: shape.isNaN(pattern) ? shape.canonicalNaN : pattern, flags: flags)
    }

    /// The flags in which hosts may rightly differ from RISC-V for this operation and result.
    static func unspecifiedFlags(
        _ shape: FloatShape, _ operation: FloatOperation, _ a: UInt64, _ b: UInt64, _ c: UInt64, result: UInt64
    ) -> UInt8 {
        var flags: UInt8 = 0
        let (magnitudeA, magnitudeB) = (a & ~shape.signBit, b & ~shape.signBit)
        let isInfinityTimesZero =
            (magnitudeA == 0 && magnitudeB == shape.infinity) || (magnitudeA == shape.infinity && magnitudeB == 0)
        // IEEE 754 section 7.2 leaves ∞ × 0 + qNaN open; `FloatingPointDirectedTests` has it.
        if operation == .mulAdd, isInfinityTimesZero, shape.isNaN(c) { flags |= SoftFloat.Flag.invalid }
        #if !arch(x86_64)
            // Section 7.5 leaves tininess before or after rounding open: it matters where a result becomes normal.
            if result & ~shape.signBit == 1 << UInt64(shape.fractionBitCount) { flags |= SoftFloat.Flag.underflow }
        #endif
        return flags
    }
}

@_optimize(none) @inline(never)
private func hostCompute64(_ operation: FloatOperation, _ cell: UnsafeMutablePointer<HostUnit.Cell>) {
    switch operation {
    case .add: cell.pointee.result = cell.pointee.a + cell.pointee.b
    case .sub: cell.pointee.result = cell.pointee.a - cell.pointee.b
    case .mul: cell.pointee.result = cell.pointee.a * cell.pointee.b
    case .div: cell.pointee.result = cell.pointee.a / cell.pointee.b
    case .sqrt: cell.pointee.result = cell.pointee.a.squareRoot()
    case .mulAdd: cell.pointee.result = fma(cell.pointee.a, cell.pointee.b, cell.pointee.c)
    }
}

@_optimize(none) @inline(never)
private func hostCompute32(_ operation: FloatOperation, _ cell: UnsafeMutablePointer<HostUnit.Cell>) {
    switch operation {
    case .add: cell.pointee.result32 = cell.pointee.a32 + cell.pointee.b32
    case .sub: cell.pointee.result32 = cell.pointee.a32 - cell.pointee.b32
    case .mul: cell.pointee.result32 = cell.pointee.a32 * cell.pointee.b32
    case .div: cell.pointee.result32 = cell.pointee.a32 / cell.pointee.b32
    case .sqrt: cell.pointee.result32 = cell.pointee.a32.squareRoot()
    case .mulAdd: cell.pointee.result32 = fmaf(cell.pointee.a32, cell.pointee.b32, cell.pointee.c32)
    }
}

@_optimize(none) @inline(never)
private func hostConvert(_ conversion: HostUnit.Conversion, _ cell: UnsafeMutablePointer<HostUnit.Cell>) {
    switch conversion {
    case .f64ToF32: cell.pointee.result32 = Float(cell.pointee.a)
    case .f32ToF64: cell.pointee.result = Double(cell.pointee.a32)
    case .int64ToF64: cell.pointee.result = Double(cell.pointee.integer)
    case .int64ToF32: cell.pointee.result32 = Float(cell.pointee.integer)
    case .f64ToInt64: cell.pointee.integer = Int64(llrint(cell.pointee.a))
    }
}
