import GuestMemory

/// The supervisor binary interface, version 2.0, that the machine itself provides in place of M-mode firmware: BASE,
/// TIME, IPI, RFENCE, HSM, SRST and DBCN. Without state of its own: everything it does, it does to an `SBIHost`.
///
/// Section numbers are those of the RISC-V SBI specification 2.0.
public enum SBIFirmware {
    /// Section 4.1: the major version in bits 24...30.
    static let specificationVersion: Int64 = 2 << 24
    /// "PALI"; not among the registered ids of section 4.9, so that no guest takes it for one and applies its quirks.
    static let implementationID: Int64 = 0x5041_4c49
    static let implementationVersion: Int64 = 1

    /// Bytes that one console call moves. The specification allows partial transfers (section 12.1), and one `ecall`
    /// must not hold the machine, or grow its memory, for as long as a guest likes.
    public static let consoleByteCountMax = 4096

    /// Pages that a remote fence names one by one; larger ranges become `.all`, which is always allowed and bounds the
    /// work of one `ecall`.
    public static let fencePageCountMax: UInt64 = 64

    public enum Extension {
        public static let base: UInt64 = 0x10
        public static let time: UInt64 = 0x5449_4d45
        public static let ipi: UInt64 = 0x0073_5049
        public static let rfence: UInt64 = 0x5246_4e43
        public static let hsm: UInt64 = 0x0048_534d
        public static let srst: UInt64 = 0x5352_5354
        public static let dbcn: UInt64 = 0x4442_434e

        static let provided: Set<UInt64> = [base, time, ipi, rfence, hsm, srst, dbcn]
        /// Chapter 5. None is provided.
        static let legacy: ClosedRange<UInt64> = 0...0x0f
    }

    /// Carries out one call. The machine then writes the result to a0 and a1 of the calling hart, whose pc is already
    /// past the `ecall`.
    public static func handle(_ call: SBICall, host: any SBIHost) -> SBIResult {
        switch call.a7 {
        case Extension.base: base(call, host)
        case Extension.time: time(call, host)
        case Extension.ipi: ipi(call, host)
        case Extension.rfence: rfence(call, host)
        case Extension.hsm: hsm(call, host)
        case Extension.srst: srst(call, host)
        case Extension.dbcn: dbcn(call, host)
        case Extension.legacy:
            // A legacy call answers in a0 only and preserves a1.
            SBIResult(error: SBIError.notSupported.rawValue, value: Int64(bitPattern: call.a1))
        default: .failure(.notSupported)
        }
    }

    /// Chapter 4, "Base Extension".
    private static func base(_ call: SBICall, _ host: any SBIHost) -> SBIResult {
        switch call.a6 {
        case 0: .success(specificationVersion)
        case 1: .success(implementationID)
        case 2: .success(implementationVersion)
        case 3: .success(Extension.provided.contains(call.a0) ? 1 : 0)
        case 4: .success(Int64(bitPattern: host.mvendorid))
        case 5: .success(Int64(bitPattern: host.marchid))
        case 6: .success(Int64(bitPattern: host.mimpid))
        default: .failure(.notSupported)
        }
    }

    /// Chapter 6, "Timer Extension".
    private static func time(_ call: SBICall, _ host: any SBIHost) -> SBIResult {
        guard call.a6 == 0 else { return .failure(.notSupported) }
        host.setTimer(hart: call.hart, deadline_ticks: call.a0)
        return .success()
    }

    /// Chapter 7, "s-mode IPI".
    private static func ipi(_ call: SBICall, _ host: any SBIHost) -> SBIResult {
        guard call.a6 == 0 else { return .failure(.notSupported) }
        guard let harts = harts(mask: call.a0, base: call.a1, host) else { return .failure(.invalidParameter) }
        for hart in harts { host.sendSoftwareInterrupt(hart: hart) }
        return .success()
    }

    /// Chapter 10, "System Reset Extension". Type and reason are 32-bit parameters.
    private static func srst(_ call: SBICall, _ host: any SBIHost) -> SBIResult {
        guard call.a6 == 0 else { return .failure(.notSupported) }
        let type: SBIResetType
        switch UInt32(truncatingIfNeeded: call.a0) {
        case 0: type = .shutdown
        case 1: type = .coldReboot
        case 2: type = .warmReboot
        case 0xf000_0000...: return .failure(.notSupported)  // vendor's or platform's, of which there are none
        default: return .failure(.invalidParameter)
        }
        let reason: SBIResetReason
        switch UInt32(truncatingIfNeeded: call.a1) {
        case 0: reason = .none
        case 1: reason = .systemFailure
        case 0xe000_0000...: return .failure(.notSupported)
        default: return .failure(.invalidParameter)
        }
        host.resetSystem(type, reason: reason)
        return .success()
    }

    /// Resolves a hart mask (chapter 3, "Hart list parameter"): bit *i* of `mask` is hart `base + i`; a base of -1 is
    /// every hart, whatever the mask. Nil when a hart does not exist. Harts that are stopped have nothing to be told:
    /// starting one clears its interrupts and translations.
    static func harts(mask: UInt64, base: UInt64, _ host: any SBIHost) -> [Int]? {
        let named: [Int]
        if base == .max {
            named = Array(0..<host.hartCount)
        } else if mask == 0 {
            named = []
        } else {
            let highest = UInt64(63 - mask.leadingZeroBitCount)
            guard base < UInt64(host.hartCount), highest < UInt64(host.hartCount) - base else { return nil }
            named = (0...Int(highest)).filter { mask >> UInt64($0) & 1 != 0 }.map { Int(base) + $0 }
        }
        return named.filter { host.hartState($0) != .stopped }
    }
}
