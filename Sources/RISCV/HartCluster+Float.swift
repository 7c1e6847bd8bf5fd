/// Floating-point instructions but loads and stores (Unprivileged ISA, chapters F and D).
extension HartCluster {
    private static let double: UInt32 = 1

    /// Executes one.
    /// - Returns: `.done`, or `.trap` after raising an illegal-instruction exception.
    @inline(never)
    func executeFloat(_ h: Hart, _ word: UInt32) -> Outcome {
        guard h.pointee.mstatus & MStatus.fs != 0 else { return illegal(h, word) }
        let format = (word >> 25) & 3
        guard format <= Self.double else { return illegal(h, word) }
        var flags: UInt8 = 0
        let isLegal: Bool
        if word & 0x7f != 0x53 {
            isLegal = multiplyAdd(h, word, isDouble: format == Self.double, &flags)
        } else if format == Self.double {
            isLegal = operation64(h, word, &flags)
        } else {
            isLegal = operation32(h, word, &flags)
        }
        guard isLegal else { return illegal(h, word) }
        if flags != 0 {
            h.pointee.fcsr |= UInt64(flags)
            h.pointee.mstatus |= MStatus.fs
        }
        return .done
    }

    /// The instruction's rounding mode, or frm's where it says dynamic; nil where reserved.
    @inline(__always)
    private func roundingMode(_ h: Hart, _ word: UInt32) -> SoftFloat.RoundingMode? {
        let field = UInt8(Decoder.funct3(word))
        return SoftFloat.RoundingMode(rawValue: field == 7 ? UInt8(h.pointee.fcsr >> 5) : field)
    }

    @inline(__always)
    private func single(_ h: Hart, _ register: UInt8) -> UInt32 { SoftFloat.unbox32(h.pointee.f[Int(register)]) }

    @inline(__always)
    private func setSingle(_ h: Hart, _ word: UInt32, _ value: UInt32) -> Bool {
        setDouble(h, word, SoftFloat.box32(value))
    }

    @inline(__always)
    private func setDouble(_ h: Hart, _ word: UInt32, _ value: UInt64) -> Bool {
        h.pointee.f[Int(Decoder.rd(word))] = value
        h.pointee.mstatus |= MStatus.fs
        return true
    }

    @inline(__always)
    private func setInteger(_ h: Hart, _ word: UInt32, _ value: UInt64) -> Bool {
        if Decoder.rd(word) != 0 { h.pointee.x[Int(Decoder.rd(word))] = value }
        return true
    }

    @inline(__always)
    private static func signExtended(_ value: UInt32) -> UInt64 {
        UInt64(bitPattern: Int64(Int32(bitPattern: value)))
    }

    /// FMADD, FMSUB, FNMSUB, FNMADD: opcode bits 2 and 3 negate the product and the addend.
    private func multiplyAdd(_ h: Hart, _ word: UInt32, isDouble: Bool, _ flags: inout UInt8) -> Bool {
        guard let mode = roundingMode(h, word) else { return false }
        let negatesProduct = word & 8 != 0
        let negatesAddend = word & 4 != 0
        let third = UInt8(word >> 27)
        if isDouble {
            let sign: UInt64 = 1 << 63
            let a = h.pointee.f[Int(Decoder.rs1(word))] ^ (negatesProduct ? sign : 0)
            let c = h.pointee.f[Int(third)] ^ (negatesAddend ? sign : 0)
            return setDouble(
                h, word, SoftFloat.mulAdd64(a, h.pointee.f[Int(Decoder.rs2(word))], c, mode, &flags))
        }
        let sign: UInt32 = 1 << 31
        let a = single(h, Decoder.rs1(word)) ^ (negatesProduct ? sign : 0)
        let c = single(h, third) ^ (negatesAddend ? sign : 0)
        return setSingle(h, word, SoftFloat.mulAdd32(a, single(h, Decoder.rs2(word)), c, mode, &flags))
    }

    private func operation32(_ h: Hart, _ word: UInt32, _ flags: inout UInt8) -> Bool {
        let a = single(h, Decoder.rs1(word))
        let selector = Decoder.rs2(word)
        let variant = Decoder.funct3(word)
        switch word >> 27 {
        case 0x04, 0x05, 0x14: return select32(h, word, a, &flags)
        case 0x1c:
            guard selector == 0, variant <= 1 else { return false }
            let raw = UInt32(truncatingIfNeeded: h.pointee.f[Int(Decoder.rs1(word))])
            return setInteger(h, word, variant == 0 ? Self.signExtended(raw) : SoftFloat.classify32(a))
        case 0x1e:
            guard selector == 0, variant == 0 else { return false }
            return setSingle(h, word, UInt32(truncatingIfNeeded: h.pointee.x[Int(Decoder.rs1(word))]))
        default: break
        }
        guard let mode = roundingMode(h, word) else { return false }
        let b = single(h, selector)
        switch word >> 27 {
        case 0x00: return setSingle(h, word, SoftFloat.add32(a, b, mode, &flags))
        case 0x01: return setSingle(h, word, SoftFloat.sub32(a, b, mode, &flags))
        case 0x02: return setSingle(h, word, SoftFloat.mul32(a, b, mode, &flags))
        case 0x03: return setSingle(h, word, SoftFloat.div32(a, b, mode, &flags))
        case 0x0b where selector == 0: return setSingle(h, word, SoftFloat.sqrt32(a, mode, &flags))
        case 0x08 where selector == 1:
            return setSingle(h, word, SoftFloat.f64ToF32(h.pointee.f[Int(Decoder.rs1(word))], mode, &flags))
        case 0x18: return toInteger32(h, word, a, mode, &flags)
        case 0x1a: return fromInteger32(h, word, mode, &flags)
        default: return false
        }
    }

    private func select32(_ h: Hart, _ word: UInt32, _ a: UInt32, _ flags: inout UInt8) -> Bool {
        let b = single(h, Decoder.rs2(word))
        let sign: UInt32 = 1 << 31
        switch (word >> 27, Decoder.funct3(word)) {
        case (0x04, 0): return setSingle(h, word, a & ~sign | b & sign)
        case (0x04, 1): return setSingle(h, word, a & ~sign | ~b & sign)
        case (0x04, 2): return setSingle(h, word, a ^ (b & sign))
        case (0x05, 0): return setSingle(h, word, SoftFloat.min32(a, b, &flags))
        case (0x05, 1): return setSingle(h, word, SoftFloat.max32(a, b, &flags))
        case (0x14, 0): return setInteger(h, word, SoftFloat.le32(a, b, &flags) ? 1 : 0)
        case (0x14, 1): return setInteger(h, word, SoftFloat.lt32(a, b, &flags) ? 1 : 0)
        case (0x14, 2): return setInteger(h, word, SoftFloat.eq32(a, b, &flags) ? 1 : 0)
        default: return false
        }
    }

    private func toInteger32(
        _ h: Hart, _ word: UInt32, _ a: UInt32, _ mode: SoftFloat.RoundingMode, _ flags: inout UInt8
    ) -> Bool {
        switch Decoder.rs2(word) {
        case 0:
            return setInteger(
                h, word, Self.signExtended(UInt32(bitPattern: SoftFloat.f32ToInt32(a, mode, &flags))))
        case 1: return setInteger(h, word, Self.signExtended(SoftFloat.f32ToUInt32(a, mode, &flags)))
        case 2: return setInteger(h, word, UInt64(bitPattern: SoftFloat.f32ToInt64(a, mode, &flags)))
        case 3: return setInteger(h, word, SoftFloat.f32ToUInt64(a, mode, &flags))
        default: return false
        }
    }

    private func fromInteger32(
        _ h: Hart, _ word: UInt32, _ mode: SoftFloat.RoundingMode, _ flags: inout UInt8
    ) -> Bool {
        let a = h.pointee.x[Int(Decoder.rs1(word))]
        switch Decoder.rs2(word) {
        case 0: return setSingle(h, word, SoftFloat.int32ToF32(Int32(truncatingIfNeeded: a), mode, &flags))
        case 1: return setSingle(h, word, SoftFloat.uint32ToF32(UInt32(truncatingIfNeeded: a), mode, &flags))
        case 2: return setSingle(h, word, SoftFloat.int64ToF32(Int64(bitPattern: a), mode, &flags))
        case 3: return setSingle(h, word, SoftFloat.uint64ToF32(a, mode, &flags))
        default: return false
        }
    }

    private func operation64(_ h: Hart, _ word: UInt32, _ flags: inout UInt8) -> Bool {
        let a = h.pointee.f[Int(Decoder.rs1(word))]
        let selector = Decoder.rs2(word)
        let variant = Decoder.funct3(word)
        switch word >> 27 {
        case 0x04, 0x05, 0x14: return select64(h, word, a, &flags)
        case 0x1c:
            guard selector == 0, variant <= 1 else { return false }
            return setInteger(h, word, variant == 0 ? a : SoftFloat.classify64(a))
        case 0x1e:
            guard selector == 0, variant == 0 else { return false }
            return setDouble(h, word, h.pointee.x[Int(Decoder.rs1(word))])
        default: break
        }
        guard let mode = roundingMode(h, word) else { return false }
        let b = h.pointee.f[Int(selector)]
        switch word >> 27 {
        case 0x00: return setDouble(h, word, SoftFloat.add64(a, b, mode, &flags))
        case 0x01: return setDouble(h, word, SoftFloat.sub64(a, b, mode, &flags))
        case 0x02: return setDouble(h, word, SoftFloat.mul64(a, b, mode, &flags))
        case 0x03: return setDouble(h, word, SoftFloat.div64(a, b, mode, &flags))
        case 0x0b where selector == 0: return setDouble(h, word, SoftFloat.sqrt64(a, mode, &flags))
        case 0x08 where selector == 0:
            return setDouble(h, word, SoftFloat.f32ToF64(single(h, Decoder.rs1(word)), &flags))
        case 0x18: return toInteger64(h, word, a, mode, &flags)
        case 0x1a: return fromInteger64(h, word, mode, &flags)
        default: return false
        }
    }

    private func select64(_ h: Hart, _ word: UInt32, _ a: UInt64, _ flags: inout UInt8) -> Bool {
        let b = h.pointee.f[Int(Decoder.rs2(word))]
        let sign: UInt64 = 1 << 63
        switch (word >> 27, Decoder.funct3(word)) {
        case (0x04, 0): return setDouble(h, word, a & ~sign | b & sign)
        case (0x04, 1): return setDouble(h, word, a & ~sign | ~b & sign)
        case (0x04, 2): return setDouble(h, word, a ^ (b & sign))
        case (0x05, 0): return setDouble(h, word, SoftFloat.min64(a, b, &flags))
        case (0x05, 1): return setDouble(h, word, SoftFloat.max64(a, b, &flags))
        case (0x14, 0): return setInteger(h, word, SoftFloat.le64(a, b, &flags) ? 1 : 0)
        case (0x14, 1): return setInteger(h, word, SoftFloat.lt64(a, b, &flags) ? 1 : 0)
        case (0x14, 2): return setInteger(h, word, SoftFloat.eq64(a, b, &flags) ? 1 : 0)
        default: return false
        }
    }

    private func toInteger64(
        _ h: Hart, _ word: UInt32, _ a: UInt64, _ mode: SoftFloat.RoundingMode, _ flags: inout UInt8
    ) -> Bool {
        switch Decoder.rs2(word) {
        case 0:
            return setInteger(
                h, word, Self.signExtended(UInt32(bitPattern: SoftFloat.f64ToInt32(a, mode, &flags))))
        case 1: return setInteger(h, word, Self.signExtended(SoftFloat.f64ToUInt32(a, mode, &flags)))
        case 2: return setInteger(h, word, UInt64(bitPattern: SoftFloat.f64ToInt64(a, mode, &flags)))
        case 3: return setInteger(h, word, SoftFloat.f64ToUInt64(a, mode, &flags))
        default: return false
        }
    }

    private func fromInteger64(
        _ h: Hart, _ word: UInt32, _ mode: SoftFloat.RoundingMode, _ flags: inout UInt8
    ) -> Bool {
        let a = h.pointee.x[Int(Decoder.rs1(word))]
        switch Decoder.rs2(word) {
        case 0: return setDouble(h, word, SoftFloat.int32ToF64(Int32(truncatingIfNeeded: a), mode, &flags))
        case 1: return setDouble(h, word, SoftFloat.uint32ToF64(UInt32(truncatingIfNeeded: a), mode, &flags))
        case 2: return setDouble(h, word, SoftFloat.int64ToF64(Int64(bitPattern: a), mode, &flags))
        case 3: return setDouble(h, word, SoftFloat.uint64ToF64(a, mode, &flags))
        default: return false
        }
    }
}
