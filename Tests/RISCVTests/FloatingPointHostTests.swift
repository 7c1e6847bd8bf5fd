import Testing

@testable import RISCV

private let hostModes: [SoftFloat.RoundingMode] = [.nearestEven, .towardZero, .down, .up]

/// Results and flags against the host's floating-point unit, on seeded operands.
@Suite struct FloatingPointHostTests {
    @Test(arguments: FloatShape.allCases, FloatOperation.allCases)
    func arithmeticEqualsTheHost(shape: FloatShape, operation: FloatOperation) {
        let host = HostUnit()
        var operands = FloatOperandGenerator(shape, seed: 1)
        var raised: UInt8 = 0
        for _ in 0..<floatCaseCount {
            let (a, b, c) = operands.triple()
            for mode in hostModes {
                let expected = host.perform(shape, operation, a, b, c, mode)
                let open = HostUnit.unspecifiedFlags(shape, operation, a, b, c, result: expected.pattern)
                let actual = shape.performReference(operation, a, b, c, mode)
                raised |= actual.flags
                if actual.pattern != expected.pattern || (actual.flags ^ expected.flags) & ~open != 0 {
                    let operands = [a, b, c].map { String($0, radix: 16) }
                    Issue.record("\(operation) \(operands) \(mode): \(actual), the host says \(expected)")
                    return
                }
            }
        }
        // The operands must have reached everything that the operation can raise.
        let reachable: UInt8 =
            switch operation {
            case .add, .sub: 0b10101
            case .mul, .mulAdd: 0b10111
            case .div: 0b11111
            case .sqrt: 0b10001
            }
        #expect(raised == reachable)
    }

    /// The host's unit against the integer arithmetic, with the inexact flag clear and set.
    @Test(arguments: FloatShape.allCases, FloatOperation.allCases)
    func hostUnitEqualsTheReference(shape: FloatShape, operation: FloatOperation) {
        var operands = FloatOperandGenerator(shape, seed: 2)
        for _ in 0..<4 * floatCaseCount {
            let (a, b, c) = operands.triple()
            for flags: UInt8 in [0, SoftFloat.Flag.inexact] {
                let actual = shape.perform(operation, a, b, c, .nearestEven, flags: flags)
                let expected = shape.performReference(operation, a, b, c, .nearestEven, flags: flags)
                if actual != expected {
                    let operands = [a, b, c].map { String($0, radix: 16) }
                    Issue.record("\(operation) \(operands): \(actual), the reference says \(expected)")
                    return
                }
            }
        }
    }

    /// Operands of few bits, so that most results are exact and the rest barely not: what the exactness tests of the
    /// host's unit are about.
    @Test(arguments: FloatShape.allCases, FloatOperation.allCases)
    func hostUnitFindsExactResultsExact(shape: FloatShape, operation: FloatOperation) {
        var random = SeededGenerator(seed: 3)
        var exactCount = 0
        var inexactCount = 0
        for _ in 0..<4 * floatCaseCount {
            var values = (0..<3).map { _ in
                let bits = random.below(shape.fractionBitCount + 1)
                let odd = random.next() >> UInt64(63 - bits) | 1
                let exact = shape.converting(odd, .nearestEven).pattern
                let scaled = exact + UInt64(random.below(shape.fractionBitCount)) << UInt64(shape.fractionBitCount)
                return scaled | (random.below(2) == 0 ? shape.signBit : 0)
            }
            // Squares and multiples, nudged now and then: roots and quotients next to exact ones.
            if operation == .sqrt { values[0] &= ~shape.signBit }
            if operation == .sqrt, random.below(2) == 0 {
                let square = shape.performReference(.mul, values[0], values[0], 0, .nearestEven).pattern
                values[0] = square &+ UInt64(random.below(2))
            }
            if operation == .div, random.below(2) == 0 {
                let multiple = shape.performReference(.mul, values[0], values[1], 0, .nearestEven).pattern
                values[0] = multiple &+ UInt64(random.below(2))
            }
            let actual = shape.perform(operation, values[0], values[1], values[2], .nearestEven)
            let expected = shape.performReference(operation, values[0], values[1], values[2], .nearestEven)
            if actual != expected {
                Issue.record("\(operation) \(values): \(actual), the reference says \(expected)")
                return
            }
            if actual.flags == 0 { exactCount += 1 } else { inexactCount += 1 }
        }
        #expect(exactCount > floatCaseCount / 10)
        #expect(inexactCount > floatCaseCount / 10)
    }

    @Test func conversionsEqualTheHost() {
        let host = HostUnit()
        var doubles = FloatOperandGenerator(.binary64, seed: 4)
        var floats = FloatOperandGenerator(.binary32, seed: 5)
        var random = SeededGenerator(seed: 6)
        for _ in 0..<floatCaseCount {
            // Half of the binary64 operands in the range where binary32 rounds, over- and underflows.
            var a = doubles.single()
            if random.below(2) == 0 {
                let exponent = 1023 + random.below(320) - 180
                a = FloatShape.binary64.pattern(negative: random.below(2) == 0, exponent: exponent, fraction: a)
            }
            let b = UInt32(floats.single())
            let integer = Int64(bitPattern: random.next()) >> Int64(random.below(64))

            var flags: UInt8 = 0
            let widened = FloatOutcome(pattern: SoftFloat.f32ToF64(b, &flags), flags: flags)
            if widened != host.widen(b) { Issue.record("widening \(b) gives \(widened)") }

            for mode in hostModes {
                flags = 0
                let narrowed = FloatOutcome(pattern: UInt64(SoftFloat.f64ToF32(a, mode, &flags)), flags: flags)
                let expected = host.narrow(a, mode)
                let open = HostUnit.unspecifiedFlags(.binary32, .add, 0, 0, 0, result: expected.pattern)
                if narrowed.pattern != expected.pattern || (narrowed.flags ^ expected.flags) & ~open != 0 {
                    Issue.record("narrowing \(a) \(mode) gives \(narrowed), the host says \(expected)")
                }
                for shape in FloatShape.allCases {
                    let converted = shape.converting(integer, mode)
                    let expected = host.convert(integer, to: shape, mode)
                    if converted != expected {
                        Issue.record("\(integer) to \(shape) \(mode) gives \(converted), the host says \(expected)")
                    }
                }
                flags = 0
                let rounded = SoftFloat.f64ToInt64(a, mode, &flags)
                let hostRounded = host.roundToInt64(a, mode)
                let isInvalid = flags == SoftFloat.Flag.invalid
                if flags != hostRounded.flags || (!isInvalid && rounded != hostRounded.integer) {
                    Issue.record("\(a) to Int64 \(mode) gives \(rounded), the host says \(hostRounded)")
                }
            }
        }
    }
}

extension FloatShape {
    func converting(_ integer: Int64, _ mode: SoftFloat.RoundingMode) -> FloatOutcome {
        var flags: UInt8 = 0
        let pattern =
            self == .binary64
            ? SoftFloat.int64ToF64(integer, mode, &flags) : UInt64(SoftFloat.int64ToF32(integer, mode, &flags))
        return FloatOutcome(pattern: pattern, flags: flags)
    }

    func converting(_ integer: UInt64, _ mode: SoftFloat.RoundingMode) -> FloatOutcome {
        var flags: UInt8 = 0
        let pattern =
            self == .binary64
            ? SoftFloat.uint64ToF64(integer, mode, &flags) : UInt64(SoftFloat.uint64ToF32(integer, mode, &flags))
        return FloatOutcome(pattern: pattern, flags: flags)
    }
}
