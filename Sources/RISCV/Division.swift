/// Division as the M extension defines it: no traps; by zero gives all ones and the dividend, overflow wraps.
enum Division {
    @inline(__always)
    static func signed(_ a: UInt64, _ b: UInt64) -> UInt64 {
        if b == 0 { return .max }
        let (quotient, overflow) = Int64(bitPattern: a).dividedReportingOverflow(by: Int64(bitPattern: b))
        return overflow ? a : UInt64(bitPattern: quotient)
    }
    @inline(__always)
    static func unsigned(_ a: UInt64, _ b: UInt64) -> UInt64 { b == 0 ? .max : a / b }
    @inline(__always)
    static func signedRemainder(_ a: UInt64, _ b: UInt64) -> UInt64 {
        if b == 0 { return a }
        let (remainder, overflow) = Int64(bitPattern: a).remainderReportingOverflow(dividingBy: Int64(bitPattern: b))
        return overflow ? 0 : UInt64(bitPattern: remainder)
    }
    @inline(__always)
    static func unsignedRemainder(_ a: UInt64, _ b: UInt64) -> UInt64 { b == 0 ? a : a % b }

    @inline(__always)
    static func signed(_ a: Int32, _ b: Int32) -> Int32 {
        if b == 0 { return -1 }
        let (quotient, overflow) = a.dividedReportingOverflow(by: b)
        return overflow ? a : quotient
    }
    @inline(__always)
    static func unsigned(_ a: Int32, _ b: Int32) -> Int32 {
        b == 0 ? -1 : Int32(bitPattern: UInt32(bitPattern: a) / UInt32(bitPattern: b))
    }
    @inline(__always)
    static func signedRemainder(_ a: Int32, _ b: Int32) -> Int32 {
        if b == 0 { return a }
        let (remainder, overflow) = a.remainderReportingOverflow(dividingBy: b)
        return overflow ? 0 : remainder
    }
    @inline(__always)
    static func unsignedRemainder(_ a: Int32, _ b: Int32) -> Int32 {
        b == 0 ? a : Int32(bitPattern: UInt32(bitPattern: a) % UInt32(bitPattern: b))
    }
}
