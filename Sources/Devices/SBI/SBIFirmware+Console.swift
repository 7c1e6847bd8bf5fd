import GuestMemory

extension SBIFirmware {
    /// Chapter 12, "Debug Console Extension".
    static func dbcn(_ call: SBICall, _ host: any SBIHost) -> SBIResult {
        switch call.a6 {
        case 0:
            guard let address = buffer(call, host) else { return .failure(.invalidParameter) }
            let byteCount = Int(min(call.a0, UInt64(consoleByteCountMax)))
            if byteCount > 0 { host.writeConsole(host.readMemory(address, byteCount: byteCount)) }
            return .success(Int64(byteCount))
        case 1:
            guard let address = buffer(call, host) else { return .failure(.invalidParameter) }
            let byteCountMax = Int(min(call.a0, UInt64(consoleByteCountMax)))
            let bytes = byteCountMax > 0 ? host.readConsole(byteCountMax: byteCountMax) : []
            precondition(bytes.count <= byteCountMax, "the console gave more bytes than were asked for")
            if !bytes.isEmpty { host.writeMemory(address, bytes: bytes) }
            return .success(Int64(bytes.count))
        case 2:
            host.writeConsole([UInt8(truncatingIfNeeded: call.a0)])
            return .success()
        default:
            return .failure(.notSupported)
        }
    }

    /// The memory that a read or write names: a0 bytes at a1 (low half) and a2 (high half, zero when addresses have 64
    /// bits).
    private static func buffer(_ call: SBICall, _ host: any SBIHost) -> GuestPhysicalAddress? {
        let address = GuestPhysicalAddress(call.a1)
        guard call.a2 == 0, call.a0 == 0 || host.isMemory(address, byteCount: call.a0) else { return nil }
        return address
    }
}
