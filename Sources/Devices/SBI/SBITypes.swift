/// An `ecall` from S-mode: a7 is the extension, a6 the function in it (SBI specification 2.0 chapter 3, "Binary
/// Encoding").
public struct SBICall: Equatable, Sendable {
    /// The hart that called.
    public var hart: Int
    public var a0, a1, a2, a3, a4, a5, a6, a7: UInt64

    public init(
        hart: Int, a0: UInt64 = 0, a1: UInt64 = 0, a2: UInt64 = 0, a3: UInt64 = 0, a4: UInt64 = 0, a5: UInt64 = 0,
        a6: UInt64 = 0, a7: UInt64
    ) {
        self.hart = hart
        (self.a0, self.a1, self.a2, self.a3) = (a0, a1, a2, a3)
        (self.a4, self.a5, self.a6, self.a7) = (a4, a5, a6, a7)
    }
}

/// What goes to a0 (error) and a1 (value). After a call that does not return (stop, non-retentive suspend, reset) it is
/// of no consequence, and may be written all the same.
public struct SBIResult: Equatable, Sendable {
    public var error: Int64
    public var value: Int64

    public init(error: Int64, value: Int64) {
        self.error = error
        self.value = value
    }

    static func success(_ value: Int64 = 0) -> Self { Self(error: 0, value: value) }
    static func failure(_ error: SBIError) -> Self { Self(error: error.rawValue, value: 0) }
}

/// SBI specification 2.0 chapter 3, "Standard SBI Errors": those that this implementation gives.
public enum SBIError: Int64, Sendable {
    case failed = -1
    case notSupported = -2
    case invalidParameter = -3
    case denied = -4
    case invalidAddress = -5
    case alreadyAvailable = -6
}

/// SBI specification 2.0 chapter 9, "HSM Hart States". This machine has no pending transitions: what a call asks for has
/// happened before the next instruction.
public enum SBIHartState: Int64, Sendable {
    case started = 0
    case stopped = 1
    case suspended = 4
}

/// Which translations a remote fence orders.
public enum SBIFenceRange: Equatable, Sendable {
    case all
    /// Every page that overlaps `start ..< start + byteCount`; at most `SBIFirmware.fencePageCountMax` pages.
    case bytes(start: UInt64, byteCount: UInt64)
}

/// SBI specification 2.0 section 10.1: what a guest asked of the whole machine.
public enum SBIResetType: Equatable, Sendable {
    case shutdown, coldReboot, warmReboot
}

/// Why, in the guest's own opinion.
public enum SBIResetReason: Equatable, Sendable {
    case none, systemFailure
}
