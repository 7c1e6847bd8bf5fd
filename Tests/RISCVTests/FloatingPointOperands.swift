@testable import RISCV

/// SplitMix64: small, seeded, the same everywhere.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64
    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }

    mutating func below(_ bound: Int) -> Int { Int(next() % UInt64(bound)) }
}

/// A format seen from the tests: its patterns are the low `width` bits of a `UInt64`.
enum FloatShape: String, CaseIterable, Sendable {
    case binary32, binary64

    var width: Int { self == .binary32 ? 32 : 64 }
    var fractionBitCount: Int { self == .binary32 ? 23 : 52 }
    var bias: Int { self == .binary32 ? 127 : 1023 }
    var maximumExponent: Int { 2 * bias + 1 }
    var signBit: UInt64 { 1 << UInt64(width - 1) }
    var infinity: UInt64 { UInt64(maximumExponent) << UInt64(fractionBitCount) }
    var canonicalNaN: UInt64 { infinity | 1 << UInt64(fractionBitCount - 1) }

    func isNaN(_ pattern: UInt64) -> Bool { pattern & ~signBit > infinity }
    func isFinite(_ pattern: UInt64) -> Bool { pattern & ~signBit < infinity }
    func exponent(_ pattern: UInt64) -> Int { Int((pattern & ~signBit) >> UInt64(fractionBitCount)) }

    func pattern(negative: Bool, exponent: Int, fraction: UInt64) -> UInt64 {
        let clamped = UInt64(min(max(exponent, 0), maximumExponent))
        return (negative ? signBit : 0) | clamped << UInt64(fractionBitCount)
            | (fraction & (1 << UInt64(fractionBitCount) - 1))
    }
}

enum FloatOperation: String, CaseIterable, Sendable {
    case add, sub, mul, div, sqrt, mulAdd
}

struct FloatOutcome: Equatable, CustomStringConvertible {
    var pattern: UInt64
    var flags: UInt8
    var description: String { "0x\(String(pattern, radix: 16)) flags \(flags)" }
}

extension FloatShape {
    /// The public entry point, started with the given flags.
    func perform(
        _ operation: FloatOperation, _ a: UInt64, _ b: UInt64, _ c: UInt64, _ mode: SoftFloat.RoundingMode,
        flags initial: UInt8 = 0
    ) -> FloatOutcome {
        var flags = initial
        let result: UInt64
        if self == .binary64 {
            result =
                switch operation {
                case .add: SoftFloat.add64(a, b, mode, &flags)
                case .sub: SoftFloat.sub64(a, b, mode, &flags)
                case .mul: SoftFloat.mul64(a, b, mode, &flags)
                case .div: SoftFloat.div64(a, b, mode, &flags)
                case .sqrt: SoftFloat.sqrt64(a, mode, &flags)
                case .mulAdd: SoftFloat.mulAdd64(a, b, c, mode, &flags)
                }
        } else {
            let (a, b, c) = (UInt32(a), UInt32(b), UInt32(c))
            let narrow =
                switch operation {
                case .add: SoftFloat.add32(a, b, mode, &flags)
                case .sub: SoftFloat.sub32(a, b, mode, &flags)
                case .mul: SoftFloat.mul32(a, b, mode, &flags)
                case .div: SoftFloat.div32(a, b, mode, &flags)
                case .sqrt: SoftFloat.sqrt32(a, mode, &flags)
                case .mulAdd: SoftFloat.mulAdd32(a, b, c, mode, &flags)
                }
            result = UInt64(narrow)
        }
        return FloatOutcome(pattern: result, flags: flags)
    }

    /// The integer arithmetic alone.
    func performReference(
        _ operation: FloatOperation, _ a: UInt64, _ b: UInt64, _ c: UInt64, _ mode: SoftFloat.RoundingMode,
        flags initial: UInt8 = 0
    ) -> FloatOutcome {
        var flags = initial
        let result: UInt64
        if self == .binary64 {
            result =
                switch operation {
                case .add: SoftFloat.referenceAdd64(a, b, mode, &flags)
                case .sub: SoftFloat.referenceAdd64(a, b ^ signBit, mode, &flags)
                case .mul: SoftFloat.referenceMul64(a, b, mode, &flags)
                case .div: SoftFloat.referenceDiv64(a, b, mode, &flags)
                case .sqrt: SoftFloat.referenceSqrt64(a, mode, &flags)
                case .mulAdd: SoftFloat.referenceMulAdd64(a, b, c, mode, &flags)
                }
        } else {
            let (a, b, c) = (UInt32(a), UInt32(b), UInt32(c))
            let narrow =
                switch operation {
                case .add: SoftFloat.referenceAdd32(a, b, mode, &flags)
                case .sub: SoftFloat.referenceAdd32(a, b ^ 0x8000_0000, mode, &flags)
                case .mul: SoftFloat.referenceMul32(a, b, mode, &flags)
                case .div: SoftFloat.referenceDiv32(a, b, mode, &flags)
                case .sqrt: SoftFloat.referenceSqrt32(a, mode, &flags)
                case .mulAdd: SoftFloat.referenceMulAdd32(a, b, c, mode, &flags)
                }
            result = UInt64(narrow)
        }
        return FloatOutcome(pattern: result, flags: flags)
    }
}

/// Operands crowded around what goes wrong: the ends of the exponent range, ties, runs of ones, cancellation, results
/// at the borders of overflow and underflow, exact results.
struct FloatOperandGenerator {
    let shape: FloatShape
    var random: SeededGenerator

    init(_ shape: FloatShape, seed: UInt64) {
        self.shape = shape
        random = SeededGenerator(seed: seed)
    }

    private mutating func fraction() -> UInt64 {
        let bits = shape.fractionBitCount
        let all: UInt64 = 1 << UInt64(bits) - 1
        let place = UInt64(random.below(bits))
        return switch random.below(9) {
        case 0: 0
        case 1: all
        case 2: 1 << place
        case 3: all >> place
        case 4: all & ~(all >> place)
        case 5: random.next() & (all >> place)
        case 6: random.next() & all & ~(all >> place)
        case 7: (1 << place) ^ all
        default: random.next() & all
        }
    }

    private mutating func exponent() -> Int {
        switch random.below(8) {
        case 0: 0
        case 1: 1 + random.below(3)
        case 2: shape.maximumExponent - random.below(4)
        case 3, 4: shape.bias + random.below(2 * shape.fractionBitCount) - shape.fractionBitCount
        case 5: shape.bias + random.below(140) - 70
        default: random.below(shape.maximumExponent)
        }
    }

    mutating func single() -> UInt64 {
        shape.pattern(negative: random.below(2) == 0, exponent: exponent(), fraction: fraction())
    }

    /// A partner for `a`, for which the sum, product or quotient is delicate.
    private mutating func partner(_ a: UInt64) -> UInt64 {
        let bits = shape.fractionBitCount
        let e = shape.exponent(a)
        let nearUnderflow = 3 - random.below(bits + 8)
        let nearOverflow = shape.maximumExponent + 2 - random.below(5)
        let border = random.below(2) == 0 ? nearUnderflow : nearOverflow
        let partnerExponent =
            switch random.below(6) {
            case 0: e + random.below(2 * bits + 12) - bits - 6
            case 1: e
            case 2: border + shape.bias - e
            case 3: e + shape.bias - border
            default: exponent()
            }
        if random.below(8) == 0 {
            // Nearly the same magnitude: cancellation, quotients next to one.
            let magnitude = min((a & ~shape.signBit) &+ UInt64(random.below(4)), shape.infinity)
            return magnitude | (random.below(2) == 0 ? shape.signBit : 0)
        }
        return shape.pattern(negative: random.below(2) == 0, exponent: partnerExponent, fraction: fraction())
    }

    mutating func triple() -> (a: UInt64, b: UInt64, c: UInt64) {
        let a = single()
        let b = partner(a)
        if random.below(2) == 0 { return (a, b, partner(random.below(2) == 0 ? a : b)) }
        // An addend near the product, of either sign.
        let product = shape.performReference(.mul, a, b, 0, .towardZero).pattern
        if !shape.isFinite(product) { return (a, b, single()) }
        let nudged =
            switch random.below(3) {
            case 0: min((product & ~shape.signBit) &+ UInt64(random.below(4)), shape.infinity)
            case 1: product & ~shape.signBit
            default:
                shape.pattern(
                    negative: false,
                    exponent: shape.exponent(product) + random.below(4 * shape.fractionBitCount)
                        - 2 * shape.fractionBitCount,
                    fraction: fraction())
            }
        return (a, b, nudged | (random.below(2) == 0 ? shape.signBit : 0))
    }
}

#if DEBUG
    /// Cases a differential test runs, in a build without optimisation.
    let floatCaseCount = 5_000
#else
    /// Cases a differential test runs.
    let floatCaseCount = 250_000
#endif
