import GuestMemory

extension SBIFirmware {
    /// Chapter 8, "RFENCE Extension": fence.i, sfence.vma, sfence.vma with ASID. The hypervisor's fences (functions 3 to
    /// 6) belong to an extension that the harts have not.
    static func rfence(_ call: SBICall, _ host: any SBIHost) -> SBIResult {
        guard call.a6 <= 2 else { return .failure(.notSupported) }
        guard let harts = harts(mask: call.a0, base: call.a1, host) else { return .failure(.invalidParameter) }
        let range = fenceRange(start: call.a2, byteCount: call.a3)
        for hart in harts {
            switch call.a6 {
            case 0:
                host.fenceInstructions(hart: hart)
            case 1:
                if let range { host.fenceTranslations(hart: hart, range: range, asid: nil) }
            default:
                if let range { host.fenceTranslations(hart: hart, range: range, asid: call.a4) }
            }
        }
        return .success()
    }

    /// The range that a call names; nil is an empty one. Both zero, or a size of 2^64 - 1, mean everything (chapter 8). A
    /// range that passes the end of the address space also becomes everything: fencing too much is never wrong, and an
    /// error that the guest does not look at would leave it with stale translations.
    static func fenceRange(start: UInt64, byteCount: UInt64) -> SBIFenceRange? {
        if byteCount == 0 { return start == 0 ? .all : nil }
        let (last, overflow) = start.addingReportingOverflow(byteCount - 1)
        guard byteCount != .max, !overflow else { return .all }
        let pageCountLessOne = (last >> pageShift) - (start >> pageShift)
        return pageCountLessOne < fencePageCountMax ? .bytes(start: start, byteCount: byteCount) : .all
    }
}
