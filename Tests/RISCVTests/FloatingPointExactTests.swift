import Testing

@testable import RISCV

/// Every rounding mode, RMM among them, against the definition of rounding in exact arithmetic. No host's
/// floating-point unit takes part in the oracle.
@Suite struct FloatingPointExactTests {
    private static let caseCount = floatCaseCount / 25

    @Test(arguments: FloatShape.allCases, FloatOperation.allCases)
    func arithmeticIsTheExactResultRounded(shape: FloatShape, operation: FloatOperation) {
        var operands = FloatOperandGenerator(shape, seed: 11)
        var checkedCount = 0
        while checkedCount < Self.caseCount {
            let (a, b, c) = operands.triple()
            guard shape.isFinite(a), shape.isFinite(b), shape.isFinite(c) else { continue }
            let (x, y, z) = (Dyadic(shape, a), Dyadic(shape, b), Dyadic(shape, c))
            if operation == .div && y.mantissa.isZero { continue }
            if operation == .sqrt && x.isNegative { continue }
            checkedCount += 1
            for mode in SoftFloat.RoundingMode.allCases {
                let outcome = shape.perform(operation, a, b, c, mode)
                if let complaint = complaint(about: outcome, shape, operation, x, y, z, mode) {
                    let operands = [a, b, c].map { String($0, radix: 16) }
                    Issue.record("\(shape) \(operation) \(operands) \(mode) = \(outcome): \(complaint)")
                    return
                }
            }
        }
    }

    private func complaint(
        about outcome: FloatOutcome, _ shape: FloatShape, _ operation: FloatOperation, _ x: Dyadic, _ y: Dyadic,
        _ z: Dyadic, _ mode: SoftFloat.RoundingMode
    ) -> String? {
        var minusY = y
        minusY.isNegative.toggle()
        switch operation {
        case .add: return complaint(about: outcome, shape, sum: x, y, mode)
        case .sub: return complaint(about: outcome, shape, sum: x, minusY, mode)
        case .mulAdd: return complaint(about: outcome, shape, sum: x * y, z, mode)
        case .mul where (x * y).mantissa.isZero:
            return zeroComplaint(about: outcome, shape, isNegative: (x * y).isNegative)
        case .div where x.mantissa.isZero:
            return zeroComplaint(about: outcome, shape, isNegative: (x * y).isNegative)
        case .sqrt where x.mantissa.isZero:
            return zeroComplaint(about: outcome, shape, isNegative: x.isNegative)
        case .mul: return ExactReal(x * y).complaint(about: outcome, shape, mode)
        case .div: return ExactReal(x, over: y).complaint(about: outcome, shape, mode)
        case .sqrt: return ExactReal(squareRootOf: x).complaint(about: outcome, shape, mode)
        }
    }

    private func complaint(
        about outcome: FloatOutcome, _ shape: FloatShape, sum x: Dyadic, _ y: Dyadic, _ mode: SoftFloat.RoundingMode
    ) -> String? {
        let sum = x + y
        if !sum.mantissa.isZero { return ExactReal(sum).complaint(about: outcome, shape, mode) }
        // IEEE 754 section 6.3: like zeros keep their sign, everything else that cancels is +0, or −0 rounding down.
        let isNegative = x.isNegative == y.isNegative ? x.isNegative : mode == .down
        return zeroComplaint(about: outcome, shape, isNegative: isNegative)
    }

    private func zeroComplaint(about outcome: FloatOutcome, _ shape: FloatShape, isNegative: Bool) -> String? {
        outcome == FloatOutcome(pattern: isNegative ? shape.signBit : 0, flags: 0) ? nil : "should be a signed zero"
    }

    @Test func narrowingIsTheExactValueRounded() {
        var operands = FloatOperandGenerator(.binary64, seed: 12)
        for _ in 0..<Self.caseCount {
            let exponent = 1023 + operands.random.below(320) - 180
            let pattern = FloatShape.binary64.pattern(
                negative: operands.random.below(2) == 0, exponent: exponent, fraction: operands.single())
            for mode in SoftFloat.RoundingMode.allCases {
                var flags: UInt8 = 0
                let result = UInt64(SoftFloat.f64ToF32(pattern, mode, &flags))
                let outcome = FloatOutcome(pattern: result, flags: flags)
                let exact = ExactReal(Dyadic(.binary64, pattern))
                if let complaint = exact.complaint(about: outcome, .binary32, mode) {
                    Issue.record("narrowing \(String(pattern, radix: 16)) \(mode) = \(outcome): \(complaint)")
                }
            }
        }
    }

    @Test(arguments: FloatShape.allCases)
    func integersBecomeTheirExactValueRounded(shape: FloatShape) {
        var operands = FloatOperandGenerator(.binary64, seed: 13)
        for _ in 0..<Self.caseCount {
            // Fractions of the generator are full of ties and runs of ones; they are moved to any place of a word.
            let word = (operands.single() << 12) >> UInt64(operands.random.below(64))
            if word == 0 { continue }
            let signed = Int64(bitPattern: word)
            var signedExact = Dyadic(signed.magnitude, exponent: 0)
            signedExact.isNegative = signed < 0
            for mode in SoftFloat.RoundingMode.allCases {
                let fromUnsigned = shape.converting(word, mode)
                if let complaint = ExactReal(Dyadic(word, exponent: 0)).complaint(about: fromUnsigned, shape, mode) {
                    Issue.record("\(word) to \(shape) \(mode) = \(fromUnsigned): \(complaint)")
                }
                let fromSigned = shape.converting(signed, mode)
                if let complaint = ExactReal(signedExact).complaint(about: fromSigned, shape, mode) {
                    Issue.record("\(signed) to \(shape) \(mode) = \(fromSigned): \(complaint)")
                }
                let halves = shape.convertingHalves(word, mode)
                let low = UInt32(truncatingIfNeeded: word)
                #expect(halves.unsigned == shape.converting(UInt64(low), mode))
                #expect(halves.signed == shape.converting(Int64(Int32(bitPattern: low)), mode))
            }
        }
    }

    @Test(arguments: FloatShape.allCases)
    func integersAreTheExactValueRoundedAndSaturated(shape: FloatShape) {
        var operands = FloatOperandGenerator(shape, seed: 14)
        for _ in 0..<Self.caseCount {
            let pattern = shape.pattern(
                negative: operands.random.below(2) == 0, exponent: shape.bias - 3 + operands.random.below(70),
                fraction: operands.single())
            for mode in SoftFloat.RoundingMode.allCases {
                check(shape, pattern, mode, as: Int32.self)
                check(shape, pattern, mode, as: UInt32.self)
                check(shape, pattern, mode, as: Int64.self)
                check(shape, pattern, mode, as: UInt64.self)
            }
        }
    }

    private func check<Integer: FixedWidthInteger>(
        _ shape: FloatShape, _ pattern: UInt64, _ mode: SoftFloat.RoundingMode, as type: Integer.Type
    ) {
        let (result, flags) = shape.integer(pattern, mode, as: type)
        let expected = exactInteger(shape, pattern, mode, as: type)
        if result != expected.result || flags != expected.flags {
            let operand = String(pattern, radix: 16)
            Issue.record("\(shape) \(operand) to \(type) \(mode) = \(result), \(flags), exactly \(expected)")
        }
    }

    /// In 128-bit fixed point with 60 binary places, where every number of either format from 2^−3 up to 2^67 is exact.
    private func exactInteger<Integer: FixedWidthInteger>(
        _ shape: FloatShape, _ pattern: UInt64, _ mode: SoftFloat.RoundingMode, as type: Integer.Type
    ) -> (result: Integer, flags: UInt8) {
        let isNegative = pattern & shape.signBit != 0
        let places = 60
        let fraction = pattern & (1 << UInt64(shape.fractionBitCount) - 1)
        let significand = UInt128(fraction) + (1 << UInt128(shape.fractionBitCount))
        let fixed = significand << UInt128(places - shape.fractionBitCount + shape.exponent(pattern) - shape.bias)
        let whole = fixed >> UInt128(places)
        let rest = fixed - whole << UInt128(places)
        let half: UInt128 = 1 << UInt128(places - 1)
        let roundsAway =
            switch mode {
            case .nearestEven: rest > half || (rest == half && whole % 2 == 1)
            case .nearestMaxMagnitude: rest >= half
            case .towardZero: false
            case .down: isNegative && rest != 0
            case .up: !isNegative && rest != 0
            }
        let magnitude = Int128(whole) + (roundsAway ? 1 : 0)
        if let result = Integer(exactly: isNegative ? -magnitude : magnitude) {
            return (result, rest == 0 ? 0 : SoftFloat.Flag.inexact)
        }
        return (isNegative ? .min : .max, SoftFloat.Flag.invalid)
    }
}

extension FloatShape {
    func convertingHalves(
        _ word: UInt64, _ mode: SoftFloat.RoundingMode
    ) -> (unsigned: FloatOutcome, signed: FloatOutcome) {
        let low = UInt32(truncatingIfNeeded: word)
        let signedLow = Int32(bitPattern: low)
        var (unsignedFlags, signedFlags): (UInt8, UInt8) = (0, 0)
        if self == .binary64 {
            let unsigned = SoftFloat.uint32ToF64(low, mode, &unsignedFlags)
            let signed = SoftFloat.int32ToF64(signedLow, mode, &signedFlags)
            return (
                FloatOutcome(pattern: unsigned, flags: unsignedFlags), FloatOutcome(pattern: signed, flags: signedFlags)
            )
        }
        let unsigned = UInt64(SoftFloat.uint32ToF32(low, mode, &unsignedFlags))
        let signed = UInt64(SoftFloat.int32ToF32(signedLow, mode, &signedFlags))
        return (
            FloatOutcome(pattern: unsigned, flags: unsignedFlags), FloatOutcome(pattern: signed, flags: signedFlags)
        )
    }

    /// The public conversion to `type`, one of the four integer types of RISC-V.
    func integer<Integer: FixedWidthInteger>(
        _ pattern: UInt64, _ mode: SoftFloat.RoundingMode, as type: Integer.Type
    ) -> (result: Integer, flags: UInt8) {
        var flags: UInt8 = 0
        let isDouble = self == .binary64
        let single = UInt32(truncatingIfNeeded: pattern)
        let result: any FixedWidthInteger =
            switch Integer.zero {
            case is Int32:
                isDouble ? SoftFloat.f64ToInt32(pattern, mode, &flags) : SoftFloat.f32ToInt32(single, mode, &flags)
            case is UInt32:
                isDouble ? SoftFloat.f64ToUInt32(pattern, mode, &flags) : SoftFloat.f32ToUInt32(single, mode, &flags)
            case is Int64:
                isDouble ? SoftFloat.f64ToInt64(pattern, mode, &flags) : SoftFloat.f32ToInt64(single, mode, &flags)
            default:
                isDouble ? SoftFloat.f64ToUInt64(pattern, mode, &flags) : SoftFloat.f32ToUInt64(single, mode, &flags)
            }
        return (result as! Integer, flags)
    }
}
