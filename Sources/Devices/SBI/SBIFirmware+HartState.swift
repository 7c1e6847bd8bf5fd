import GuestMemory

extension SBIFirmware {
    /// Chapter 9, "Hart State Management Extension".
    static func hsm(_ call: SBICall, _ host: any SBIHost) -> SBIResult {
        switch call.a6 {
        case 0: return start(call, host)
        case 1:
            host.stopHart(call.hart)
            return .success()
        case 2:
            guard let hart = hart(call.a0, host) else { return .failure(.invalidParameter) }
            return .success(host.hartState(hart).rawValue)
        case 3: return suspend(call, host)
        default: return .failure(.notSupported)
        }
    }

    private static func start(_ call: SBICall, _ host: any SBIHost) -> SBIResult {
        guard let hart = hart(call.a0, host) else { return .failure(.invalidParameter) }
        guard host.hartState(hart) == .stopped else { return .failure(.alreadyAvailable) }
        guard let address = entry(call.a1, host) else { return .failure(.invalidAddress) }
        host.startHart(hart, address: address, opaque: call.a2)
        return .success()
    }

    /// Section 9.4. The type is a 32-bit parameter; only the two default types exist here, platform-specific ones are
    /// not supported and the rest are reserved.
    private static func suspend(_ call: SBICall, _ host: any SBIHost) -> SBIResult {
        switch UInt32(truncatingIfNeeded: call.a0) {
        case 0x0000_0000:
            host.suspendHart(call.hart, resume: nil)
        case 0x8000_0000:
            guard let address = entry(call.a1, host) else { return .failure(.invalidAddress) }
            host.suspendHart(call.hart, resume: (address, call.a2))
        case 0x1000_0000...0x7fff_ffff, 0x9000_0000...0xffff_ffff:
            return .failure(.notSupported)
        default:
            return .failure(.invalidParameter)
        }
        return .success()
    }

    private static func hart(_ id: UInt64, _ host: any SBIHost) -> Int? {
        id < UInt64(host.hartCount) ? Int(id) : nil
    }

    /// Where a hart may begin: an instruction in memory.
    private static func entry(_ address: UInt64, _ host: any SBIHost) -> GuestPhysicalAddress? {
        let address = GuestPhysicalAddress(address)
        return address.rawValue & 1 == 0 && host.isMemory(address, byteCount: 2) ? address : nil
    }
}
