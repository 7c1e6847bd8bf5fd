/// Operands that sit where arithmetic goes wrong: sign and width boundaries, powers of two, and for floating point the
/// zeros, subnormals, halfway cases, infinities, both kinds of NaN and values that are not NaN-boxed.
enum EdgeValues {
    static func integer(_ random: inout SeededRandom) -> UInt64 {
        switch random.below(8) {
        case 0: return random.pick([0, 1, 2, 3, UInt64.max, UInt64.max - 1])
        case 1: return 1 << UInt64(random.below(64))
        case 2: return (1 << UInt64(random.below(64))) &- 1
        case 3: return ~(1 << UInt64(random.below(64)))
        case 4:
            return random.pick([
                0x7fff_ffff, 0x8000_0000, 0xffff_ffff, 0xffff_ffff_8000_0000, 0x1_0000_0000, 0x7fff_ffff_ffff_ffff,
                0x8000_0000_0000_0000, 0x8000_0000_0000_0001, 0xffff_ffff_7fff_ffff, 0x7f, 0x80, 0x7fff, 0x8000,
            ])
        case 5: return UInt64(bitPattern: Int64(random.within(-300...300)))
        case 6: return UInt64(UInt32(truncatingIfNeeded: random.next()))
        default: return random.next()
        }
    }

    /// The bits of a double-precision value.
    static func double(_ random: inout SeededRandom) -> UInt64 {
        let sign = random.next() & 0x8000_0000_0000_0000
        switch random.below(12) {
        case 0: return sign
        case 1: return sign | 0x7ff0_0000_0000_0000
        case 2: return sign | 0x7ff8_0000_0000_0000 | random.next() & 0x7_ffff_ffff_ffff
        case 3: return sign | 0x7ff0_0000_0000_0001 | random.next() & 0x7_ffff_ffff_ffff
        case 4: return sign | random.pick([1, 2, 0xf_ffff_ffff_ffff, 0x8_0000_0000_0000, random.next() >> 12])
        case 5: return sign | random.pick([0x10_0000_0000_0000, 0x10_0000_0000_0001, 0x1f_ffff_ffff_ffff])
        case 6: return sign | random.pick([0x7fef_ffff_ffff_ffff, 0x7fef_ffff_ffff_fffe, 0x7fe0_0000_0000_0000])
        case 7:
            let exact = random.pick([0.5, 1, 1.5, 2, 2.5, 3, 0.49999999999999994, 0.99999994, 4503599627370495.5])
            return sign | exact.bitPattern
        case 8: return sign | aroundIntegerLimits(&random).bitPattern
        case 9:
            // Near one another in exponent, so that sums cancel and round.
            return sign | UInt64(random.within(0x3f0...0x40f)) << 52 | sparse(&random, bits: 52)
        case 10:
            // Near the limits of single precision, for the conversion between the two.
            let exponent = random.pick([0x380, 0x381, 0x36a, 0x369, 0x368, 0x47e, 0x47f, 0x37f])
            return sign | UInt64(exponent) << 52 | sparse(&random, bits: 52)
        default: return random.next()
        }
    }

    /// The bits of a single-precision value, unboxed.
    static func single(_ random: inout SeededRandom) -> UInt32 {
        let sign = UInt32(truncatingIfNeeded: random.next()) & 0x8000_0000
        switch random.below(11) {
        case 0: return sign
        case 1: return sign | 0x7f80_0000
        case 2: return sign | 0x7fc0_0000 | UInt32(truncatingIfNeeded: random.next()) & 0x3f_ffff
        case 3: return sign | 0x7f80_0001 | UInt32(truncatingIfNeeded: random.next()) & 0x3f_ffff
        case 4:
            return sign | random.pick([1, 2, 0x7f_ffff, 0x40_0000, UInt32(truncatingIfNeeded: random.next() >> 41)])
        case 5: return sign | random.pick([0x80_0000, 0x80_0001, 0xff_ffff])
        case 6: return sign | random.pick([0x7f7f_ffff, 0x7f7f_fffe, 0x7f00_0000])
        case 7:
            return sign
                | random.pick([0.5, 1, 1.5, 2, 2.5, 3, 0.49999997, 0.99999994, 8388607.5] as [Float]).bitPattern
        case 8: return sign | Float(aroundIntegerLimits(&random)).bitPattern
        case 9: return sign | UInt32(random.within(0x70...0x8f)) << 23 | UInt32(sparse(&random, bits: 23))
        default: return UInt32(truncatingIfNeeded: random.next())
        }
    }

    /// A floating-point register's 64 bits: a boxed single, a double, or a single whose upper half is not all ones.
    static func register(_ random: inout SeededRandom, singles: Int) -> UInt64 {
        guard random.chance(singles) else { return double(&random) }
        let low = UInt64(single(&random))
        switch random.below(16) {
        case 0: return low
        case 1: return 0xffff_fffe_0000_0000 | low
        case 2: return 0x7fff_ffff_0000_0000 | low
        default: return 0xffff_ffff_0000_0000 | low
        }
    }

    private static func aroundIntegerLimits(_ random: inout SeededRandom) -> Double {
        let limit = random.pick([2147483648.0, 4294967296.0, 9223372036854775808.0, 18446744073709551616.0, 0.0, 128.0])
        return limit + random.pick([-1025.0, -1.0, -0.75, -0.5, -0.25, 0.0, 0.25, 0.5, 0.75, 1.0, 2049.0])
    }

    /// A fraction with few bits set, or few clear, where rounding and sticky bits matter.
    private static func sparse(_ random: inout SeededRandom, bits: UInt64) -> UInt64 {
        let mask: UInt64 = (1 << bits) - 1
        var value: UInt64 = 0
        for _ in 0..<random.below(4) { value |= 1 << UInt64(random.below(Int(bits))) }
        switch random.below(3) {
        case 0: return value
        case 1: return ~value & mask
        default: return random.next() & mask
        }
    }
}
