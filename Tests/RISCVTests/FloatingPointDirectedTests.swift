import Testing

@testable import RISCV

private let nv = SoftFloat.Flag.invalid
private let nx = SoftFloat.Flag.inexact

/// What RISC-V fixes beyond rounding, case by case, in both formats.
@Suite struct FloatingPointDirectedTests {
    /// The values of a format that the rules speak of.
    private struct Values {
        let one, two, largest, leastNormal, leastSubnormal, infinity, quietNaN, payloadNaN, signalingNaN: UInt64
        let sign: UInt64

        init(_ shape: FloatShape) {
            one = shape.pattern(negative: false, exponent: shape.bias, fraction: 0)
            two = shape.pattern(negative: false, exponent: shape.bias + 1, fraction: 0)
            largest = shape.infinity - 1
            leastNormal = 1 << UInt64(shape.fractionBitCount)
            leastSubnormal = 1
            infinity = shape.infinity
            quietNaN = shape.canonicalNaN
            payloadNaN = shape.canonicalNaN | shape.signBit | 5
            signalingNaN = shape.infinity | 1
            sign = shape.signBit
        }
    }

    @Test(arguments: FloatShape.allCases)
    func classes(shape: FloatShape) {
        let v = Values(shape)
        let table: [(UInt64, Int)] = [
            (v.infinity | v.sign, 0), (v.largest | v.sign, 1), (v.leastNormal | v.sign, 1),
            (v.leastNormal - 1 | v.sign, 2), (v.leastSubnormal | v.sign, 2), (v.sign, 3), (0, 4), (v.leastSubnormal, 5),
            (v.leastNormal - 1, 5), (v.leastNormal, 6), (v.one, 6), (v.largest, 6), (v.infinity, 7),
            (v.signalingNaN, 8), (v.signalingNaN | v.sign, 8), (v.quietNaN, 9), (v.payloadNaN, 9),
        ]
        for (pattern, bit) in table {
            let mask =
                shape == .binary64 ? SoftFloat.classify64(pattern) : SoftFloat.classify32(UInt32(pattern))
            #expect(mask == 1 << UInt64(bit), "class of 0x\(String(pattern, radix: 16))")
        }
    }

    /// All pairs from an ascending list, so that the order of the list is the oracle.
    @Test(arguments: FloatShape.allCases)
    func ordering(shape: FloatShape) {
        let v = Values(shape)
        let positive = [0, v.leastSubnormal, v.leastNormal - 1, v.leastNormal, v.one, v.two, v.largest, v.infinity]
        let ascending = positive.reversed().map { $0 | v.sign } + positive
        for (i, a) in ascending.enumerated() {
            for (j, b) in ascending.enumerated() {
                let bothZero = (a | b) & ~v.sign == 0
                let outcome = comparisons(shape, a, b)
                #expect(outcome.flags == [0, 0, 0, 0, 0])
                #expect(outcome.eq == (i == j || bothZero))
                #expect(outcome.lt == (i < j && !bothZero))
                #expect(outcome.le == (i <= j || bothZero))
                #expect(outcome.minimum == ascending[min(i, j)])
                #expect(outcome.maximum == ascending[max(i, j)])
            }
        }
    }

    @Test(arguments: FloatShape.allCases)
    func orderingOfNaNs(shape: FloatShape) {
        let v = Values(shape)
        let nans = [v.quietNaN, v.payloadNaN, v.signalingNaN, v.signalingNaN | v.sign]
        for nan in nans {
            for other in nans + [v.one, v.sign, v.infinity] {
                let isSignaling = [nan, other].contains { $0 & ~v.sign == v.signalingNaN }
                let quiet = isSignaling ? nv : 0
                let survivor = shape.isNaN(other) ? v.quietNaN : other
                for (a, b) in [(nan, other), (other, nan)] {
                    let outcome = comparisons(shape, a, b)
                    #expect(!outcome.eq && !outcome.lt && !outcome.le)
                    #expect(outcome.minimum == survivor && outcome.maximum == survivor)
                    #expect(outcome.flags == [quiet, nv, nv, quiet, quiet])
                }
            }
        }
    }

    /// Flags in the order eq, lt, le, min, max.
    private struct Comparisons {
        let eq, lt, le: Bool
        let minimum, maximum: UInt64
        let flags: [UInt8]
    }

    private func comparisons(_ shape: FloatShape, _ a: UInt64, _ b: UInt64) -> Comparisons {
        var flags = [UInt8](repeating: 0, count: 5)
        if shape == .binary64 {
            return Comparisons(
                eq: SoftFloat.eq64(a, b, &flags[0]), lt: SoftFloat.lt64(a, b, &flags[1]),
                le: SoftFloat.le64(a, b, &flags[2]), minimum: SoftFloat.min64(a, b, &flags[3]),
                maximum: SoftFloat.max64(a, b, &flags[4]), flags: flags)
        }
        let (a, b) = (UInt32(a), UInt32(b))
        return Comparisons(
            eq: SoftFloat.eq32(a, b, &flags[0]), lt: SoftFloat.lt32(a, b, &flags[1]),
            le: SoftFloat.le32(a, b, &flags[2]), minimum: UInt64(SoftFloat.min32(a, b, &flags[3])),
            maximum: UInt64(SoftFloat.max32(a, b, &flags[4])), flags: flags)
    }

    @Test(arguments: FloatShape.allCases)
    func operationsWithoutAResult(shape: FloatShape) {
        let v = Values(shape)
        let minusInfinity = v.infinity | v.sign
        let invalid: [(FloatOperation, UInt64, UInt64, UInt64)] = [
            (.add, v.infinity, minusInfinity, 0), (.sub, v.infinity, v.infinity, 0), (.mul, 0, v.infinity, 0),
            (.mul, minusInfinity, v.sign, 0), (.div, 0, 0, 0), (.div, v.infinity, minusInfinity, 0),
            (.sqrt, v.one | v.sign, 0, 0), (.sqrt, minusInfinity, 0, 0), (.sqrt, v.leastSubnormal | v.sign, 0, 0),
            (.mulAdd, v.infinity, 0, v.one), (.mulAdd, 0, v.infinity, v.quietNaN),
            (.mulAdd, minusInfinity, v.sign, v.payloadNaN), (.mulAdd, v.infinity, v.one, minusInfinity),
            (.mulAdd, minusInfinity, v.two, v.infinity), (.mulAdd, v.one, v.one, v.signalingNaN),
            (.add, v.signalingNaN, v.one, 0), (.add, v.quietNaN, v.signalingNaN, 0), (.sub, v.one, v.signalingNaN, 0),
            (.mul, v.signalingNaN, v.quietNaN, 0), (.div, v.one, v.signalingNaN, 0), (.sqrt, v.signalingNaN, 0, 0),
            (.mulAdd, v.signalingNaN, v.one, v.one), (.mulAdd, v.quietNaN, v.signalingNaN, v.one),
        ]
        let quiet: [(FloatOperation, UInt64, UInt64, UInt64)] = [
            (.add, v.payloadNaN, v.one, 0), (.sub, v.one, v.payloadNaN, 0), (.mul, v.payloadNaN, v.infinity, 0),
            (.div, v.payloadNaN, 0, 0), (.sqrt, v.payloadNaN, 0, 0), (.mulAdd, v.one, v.one, v.payloadNaN),
            (.mulAdd, v.infinity, v.one, v.payloadNaN), (.mulAdd, v.payloadNaN, 0, v.infinity),
        ]
        for mode in SoftFloat.RoundingMode.allCases {
            for (cases, flags) in [(invalid, nv), (quiet, 0)] {
                for (operation, a, b, c) in cases {
                    let outcome = shape.perform(operation, a, b, c, mode)
                    #expect(
                        outcome == FloatOutcome(pattern: shape.canonicalNaN, flags: flags), "\(operation) \(a) \(b)")
                }
            }
            let byZero = shape.perform(.div, v.one | v.sign, 0, 0, mode)
            #expect(byZero == FloatOutcome(pattern: minusInfinity, flags: SoftFloat.Flag.divideByZero))
            let infinityByZero = shape.perform(.div, v.infinity, v.sign, 0, mode)
            #expect(infinityByZero == FloatOutcome(pattern: minusInfinity, flags: 0))
            let kept = shape.perform(.mulAdd, v.one, v.two, minusInfinity, mode)
            #expect(kept == FloatOutcome(pattern: minusInfinity, flags: 0))
        }
    }

    @Test func flagsAccumulate() {
        let all = nv | SoftFloat.Flag.overflow
        let outcome = FloatShape.binary64.perform(
            .div, 0x3ff0_0000_0000_0000, 0x4008_0000_0000_0000, 0, .up, flags: all)
        #expect(outcome == FloatOutcome(pattern: 0x3fd5_5555_5555_5556, flags: all | nx))
    }

    @Test(arguments: FloatShape.allCases)
    func integerConversionsSaturate(shape: FloatShape) {
        check(shape, as: Int32.self)
        check(shape, as: UInt32.self)
        check(shape, as: Int64.self)
        check(shape, as: UInt64.self)
    }

    private func check<Integer: FixedWidthInteger>(_ shape: FloatShape, as type: Integer.Type) {
        let v = Values(shape)
        let valueBitCount = Integer.bitWidth - (Integer.isSigned ? 1 : 0)
        let beyond = shape.pattern(negative: false, exponent: shape.bias + valueBitCount, fraction: 0)
        let half = shape.pattern(negative: false, exponent: shape.bias - 1, fraction: 0)
        let table: [(UInt64, Integer, UInt8)] = [
            (v.quietNaN, .max, nv), (v.payloadNaN, .max, nv), (v.signalingNaN | v.sign, .max, nv),
            (v.infinity, .max, nv), (v.infinity | v.sign, .min, nv), (v.largest, .max, nv),
            (v.largest | v.sign, .min, nv), (beyond, .max, nv),
            (beyond | v.sign, .min, Integer.isSigned ? 0 : nv),
            ((beyond + v.leastNormal) | v.sign, .min, nv), (0, 0, 0), (v.sign, 0, 0), (v.one, 1, 0), (half, 0, nx),
            (half | v.sign, 0, nx), (v.leastSubnormal, 0, nx), (v.leastSubnormal | v.sign, 0, nx),
            (v.leastNormal | v.sign, 0, nx),
        ]
        for (pattern, result, flags) in table {
            let actual = shape.integer(pattern, .towardZero, as: type)
            #expect(actual.result == result && actual.flags == flags, "0x\(String(pattern, radix: 16)) to \(type)")
        }
        // −1/2 rounded down is −1: a value in signed types, out of range, and so not inexact, in unsigned ones.
        let down = shape.integer(half | v.sign, .down, as: type)
        #expect(down.result == (Integer.isSigned ? 0 &- 1 : 0) && down.flags == (Integer.isSigned ? nx : nv))
    }

    @Test func roundingReachesTheIntegerLimit() {
        var flags: UInt8 = 0
        // 2147483647.5: in range cut off, out of range rounded.
        let pattern: UInt64 = 0x41df_ffff_ffe0_0000
        #expect(SoftFloat.f64ToInt32(pattern, .towardZero, &flags) == .max && flags == nx)
        flags = 0
        #expect(SoftFloat.f64ToInt32(pattern, .nearestEven, &flags) == .max && flags == nv)
        flags = 0
        // −2147483648.5 is a tie to the even minimum.
        let negative: UInt64 = 0xc1e0_0000_0010_0000
        #expect(SoftFloat.f64ToInt32(negative, .nearestEven, &flags) == .min && flags == nx)
        flags = 0
        #expect(SoftFloat.f64ToInt32(negative, .nearestMaxMagnitude, &flags) == .min && flags == nv)
    }

    @Test func zeroConvertsToPlusZero() {
        var flags: UInt8 = 0
        for mode in SoftFloat.RoundingMode.allCases {
            #expect(SoftFloat.int64ToF64(0, mode, &flags) == 0)
            #expect(SoftFloat.uint32ToF32(0, mode, &flags) == 0)
        }
        #expect(flags == 0)
    }

    @Test func nansConvertToTheCanonicalOne() {
        var flags: UInt8 = 0
        #expect(SoftFloat.f64ToF32(0xfff8_0000_1234_0000, .nearestEven, &flags) == 0x7fc0_0000 && flags == 0)
        #expect(SoftFloat.f32ToF64(0xffc0_1234, &flags) == 0x7ff8_0000_0000_0000 && flags == 0)
        #expect(SoftFloat.f64ToF32(0x7ff0_0000_0000_0001, .nearestEven, &flags) == 0x7fc0_0000 && flags == nv)
        flags = 0
        #expect(SoftFloat.f32ToF64(0x7f80_0001, &flags) == 0x7ff8_0000_0000_0000 && flags == nv)
    }

    @Test func boxing() {
        #expect(SoftFloat.box32(0x3f80_0000) == 0xffff_ffff_3f80_0000)
        #expect(SoftFloat.unbox32(0xffff_ffff_3f80_0000) == 0x3f80_0000)
        #expect(SoftFloat.unbox32(0xffff_ffff_0000_0000) == 0)
        #expect(SoftFloat.unbox32(0xffff_fffe_ffff_ffff) == 0x7fc0_0000)
        #expect(SoftFloat.unbox32(0x0000_0000_3f80_0000) == 0x7fc0_0000)
    }
}
