import GuestMemory
import Testing

@testable import Devices

/// A machine of three harts with 64 KiB of memory at 0x80000000, which notes what is asked of it.
private final class Host: SBIHost {
    let hartCount = 3
    let mvendorid: UInt64 = 11
    let marchid: UInt64 = 1 << 63 | 12
    let mimpid: UInt64 = 13
    var states: [SBIHartState] = [.started, .stopped, .started]
    var memory = [UInt8](repeating: 0, count: 65536)
    var log: [String] = []
    var console: [UInt8] = []
    var input: [UInt8] = []

    func hartState(_ hart: Int) -> SBIHartState { states[hart] }
    func startHart(_ hart: Int, address: GuestPhysicalAddress, opaque: UInt64) {
        states[hart] = .started
        log.append("start \(hart) \(address) \(opaque)")
    }
    func stopHart(_ hart: Int) {
        states[hart] = .stopped
        log.append("stop \(hart)")
    }
    func suspendHart(_ hart: Int, resume: (address: GuestPhysicalAddress, opaque: UInt64)?) {
        states[hart] = .suspended
        log.append("suspend \(hart)" + (resume.map { " \($0.address) \($0.opaque)" } ?? ""))
    }
    func setTimer(hart: Int, deadline_ticks: UInt64) { log.append("timer \(hart) \(deadline_ticks)") }
    func sendSoftwareInterrupt(hart: Int) { log.append("ipi \(hart)") }
    func fenceInstructions(hart: Int) { log.append("fence.i \(hart)") }
    func fenceTranslations(hart: Int, range: SBIFenceRange, asid: UInt64?) {
        let place =
            switch range {
            case .all: "all"
            case .bytes(let start, let byteCount): "\(start)+\(byteCount)"
            }
        log.append("sfence \(hart) \(place)" + (asid.map { " asid \($0)" } ?? ""))
    }
    func resetSystem(_ type: SBIResetType, reason: SBIResetReason) { log.append("\(type) \(reason)") }

    private func range(_ address: GuestPhysicalAddress, _ byteCount: UInt64) -> Range<Int>? {
        guard address.rawValue >= 0x8000_0000, address.rawValue <= 0x8001_0000 else { return nil }
        let offset = address.rawValue - 0x8000_0000
        guard byteCount <= 0x1_0000 - offset else { return nil }
        return Int(offset)..<Int(offset + byteCount)
    }
    func isMemory(_ address: GuestPhysicalAddress, byteCount: UInt64) -> Bool { range(address, byteCount) != nil }
    func readMemory(_ address: GuestPhysicalAddress, byteCount: Int) -> [UInt8] {
        Array(memory[range(address, UInt64(byteCount))!])
    }
    func writeMemory(_ address: GuestPhysicalAddress, bytes: [UInt8]) {
        memory.replaceSubrange(range(address, UInt64(bytes.count))!, with: bytes)
    }
    func writeConsole(_ bytes: [UInt8]) { console += bytes }
    func readConsole(byteCountMax: Int) -> [UInt8] {
        let taken = Array(input.prefix(byteCountMax))
        input.removeFirst(taken.count)
        return taken
    }
}

@Suite struct SBITests {
    private let host = Host()

    private func call(
        _ extension: UInt64, _ function: UInt64, _ a0: UInt64 = 0, _ a1: UInt64 = 0, _ a2: UInt64 = 0,
        _ a3: UInt64 = 0, _ a4: UInt64 = 0, hart: Int = 0
    ) -> SBIResult {
        SBIFirmware.handle(
            SBICall(hart: hart, a0: a0, a1: a1, a2: a2, a3: a3, a4: a4, a6: function, a7: `extension`), host: host)
    }

    private func value(_ value: Int64) -> SBIResult { SBIResult(error: 0, value: value) }
    private func error(_ error: SBIError) -> SBIResult { SBIResult(error: error.rawValue, value: 0) }

    @Test func base() {
        #expect(call(0x10, 0) == value(0x0200_0000))
        #expect(call(0x10, 1).value > 11)  // 0...11 are other implementations
        #expect(call(0x10, 2) == value(1))
        #expect(call(0x10, 4) == value(11))
        #expect(call(0x10, 5) == value(Int64.min | 12))
        #expect(call(0x10, 6) == value(13))
        #expect(call(0x10, 7) == error(.notSupported))
    }

    @Test func probe() {
        for name in ["TIME", "sPI", "RFNC", "HSM", "SRST", "DBCN"] {
            let id = name.utf8.reduce(0 as UInt64) { $0 << 8 | UInt64($1) }
            #expect(call(0x10, 3, id) == value(1), "\(name)")
        }
        #expect(call(0x10, 3, 0x10) == value(1))
        for absent: UInt64 in [0, 1, 0x504d55, 0x53555350, 0x5449_4d46, .max] {
            #expect(call(0x10, 3, absent) == value(0))
        }
    }

    @Test func unknownAndLegacyCalls() {
        #expect(call(0x504d55, 0) == error(.notSupported))
        #expect(call(.max, 0) == error(.notSupported))
        for legacy: UInt64 in 0...8 {
            // a1 must survive a legacy call.
            #expect(call(legacy, 0, 5, 77) == SBIResult(error: -2, value: 77))
        }
        for known in [0x5449_4d45, 0x73_5049, 0x5246_4e43, 0x48_534d, 0x5352_5354, 0x4442_434e] as [UInt64] {
            #expect(call(known, 99) == error(.notSupported))
        }
        #expect(host.log.isEmpty)
    }

    @Test func timer() {
        #expect(call(0x5449_4d45, 0, 12345, hart: 2) == value(0))
        #expect(call(0x5449_4d45, 0, .max) == value(0))
        #expect(host.log == ["timer 2 12345", "timer 0 \(UInt64.max)"])
    }

    @Test func hartMasks() {
        let ipi: UInt64 = 0x73_5049
        #expect(call(ipi, 0, 0b101, 0) == value(0))
        #expect(call(ipi, 0, 1, 2) == value(0))
        #expect(host.log == ["ipi 0", "ipi 2", "ipi 2"])
        host.log = []
        // A base of -1 is every hart that runs, whatever the mask.
        #expect(call(ipi, 0, 0xdead_0000, .max) == value(0))
        #expect(host.log == ["ipi 0", "ipi 2"])
        host.log = []
        // Stopped harts are passed over, suspended ones are not.
        host.states[2] = .suspended
        #expect(call(ipi, 0, 0b110, 0) == value(0))
        #expect(host.log == ["ipi 2"])
        host.log = []
        for (mask, base): (UInt64, UInt64) in [(0b1000, 0), (0b10, 2), (1, 3), (1 << 63, 0), (1, .max - 1), (.max, 2)] {
            #expect(call(ipi, 0, mask, base) == error(.invalidParameter))
        }
        #expect(call(ipi, 0, 0, 0) == value(0))
        #expect(host.log.isEmpty)
    }

    @Test func remoteFences() {
        let rfence: UInt64 = 0x5246_4e43
        #expect(call(rfence, 0, 0b101, 0) == value(0))
        #expect(call(rfence, 1, 0b100, 0, 0x1000, 0x2000) == value(0))
        #expect(call(rfence, 2, 0b001, 0, 0x1000, 0x1000, 9) == value(0))
        #expect(host.log == ["fence.i 0", "fence.i 2", "sfence 2 4096+8192", "sfence 0 4096+4096 asid 9"])
        host.log = []
        #expect(call(rfence, 1, 1, 0, 0, 0) == value(0))
        #expect(call(rfence, 1, 1, 0, 0x1000, .max) == value(0))
        #expect(call(rfence, 1, 1, 0, 0x1000, 0) == value(0))  // an empty range fences nothing
        #expect(host.log == ["sfence 0 all", "sfence 0 all"])
        for function: UInt64 in 3...6 { #expect(call(rfence, function, 1, 0) == error(.notSupported)) }
        #expect(call(rfence, 1, 8, 0, 0, 0) == error(.invalidParameter))
    }

    @Test func fenceRangesAreBounded() {
        let page: UInt64 = 4096
        let count = SBIFirmware.fencePageCountMax
        #expect(
            SBIFirmware.fenceRange(start: page, byteCount: count * page) == .bytes(start: page, byteCount: count * page)
        )
        #expect(SBIFirmware.fenceRange(start: page, byteCount: count * page + 1) == .all)
        #expect(SBIFirmware.fenceRange(start: page - 1, byteCount: count * page) == .all)
        // The last page of the address space is a range; what wraps is everything.
        #expect(SBIFirmware.fenceRange(start: 0 &- page, byteCount: page) == .bytes(start: 0 &- page, byteCount: page))
        #expect(SBIFirmware.fenceRange(start: 0 &- page, byteCount: page + 1) == .all)
        #expect(SBIFirmware.fenceRange(start: 0, byteCount: .max - 1) == .all)
    }

    @Test func hartStartAndStop() {
        let hsm: UInt64 = 0x48_534d
        #expect(call(hsm, 2, 0) == value(0))
        #expect(call(hsm, 2, 1) == value(1))
        #expect(call(hsm, 2, 3) == error(.invalidParameter))
        #expect(call(hsm, 0, 3, 0x8000_0000) == error(.invalidParameter))
        #expect(call(hsm, 0, .max, 0x8000_0000) == error(.invalidParameter))
        #expect(call(hsm, 0, 2, 0x8000_0000) == error(.alreadyAvailable))
        #expect(call(hsm, 0, 1, 0x1000) == error(.invalidAddress))
        #expect(call(hsm, 0, 1, 0x8000_0001) == error(.invalidAddress))
        #expect(call(hsm, 0, 1, 0x8000_ffff) == error(.invalidAddress))
        #expect(call(hsm, 0, 1, 0x8001_0000) == error(.invalidAddress))
        #expect(host.log.isEmpty)
        #expect(call(hsm, 0, 1, 0x8000_fffe, 42) == value(0))
        #expect(call(hsm, 2, 1) == value(0))
        #expect(call(hsm, 1, hart: 2) == value(0))
        #expect(call(hsm, 2, 2) == value(1))
        #expect(host.log == ["start 1 0x8000fffe 42", "stop 2"])
    }

    @Test func hartSuspend() {
        let hsm: UInt64 = 0x48_534d
        #expect(call(hsm, 3, 0, hart: 2) == value(0))
        #expect(call(hsm, 2, 2) == value(4))
        #expect(call(hsm, 3, 0x8000_0000, 0x8000_1000, 7) == value(0))
        // The type is 32 bits wide; calling conventions extend it by its sign.
        #expect(call(hsm, 3, 0xffff_ffff_8000_0000, 0x8000_1000, 8) == value(0))
        #expect(host.log == ["suspend 2", "suspend 0 0x80001000 7", "suspend 0 0x80001000 8"])
        #expect(call(hsm, 3, 0x8000_0000, 0x10) == error(.invalidAddress))
        #expect(call(hsm, 3, 1) == error(.invalidParameter))
        #expect(call(hsm, 3, 0x8000_0001) == error(.invalidParameter))
        #expect(call(hsm, 3, 0x1000_0000) == error(.notSupported))
        #expect(call(hsm, 3, 0x9000_0000) == error(.notSupported))
        #expect(host.log.count == 3)
    }

    @Test func systemReset() {
        let srst: UInt64 = 0x5352_5354
        for (type, reason): (UInt64, UInt64) in [(0, 0), (1, 1), (0xffff_ffff_0000_0002, 0)] {
            #expect(call(srst, 0, type, reason) == value(0))
        }
        #expect(host.log == ["shutdown none", "coldReboot systemFailure", "warmReboot none"])
        #expect(call(srst, 0, 3, 0) == error(.invalidParameter))
        #expect(call(srst, 0, 0, 2) == error(.invalidParameter))
        #expect(call(srst, 0, 0xf000_0000, 0) == error(.notSupported))
        #expect(call(srst, 0, 0, 0xe000_0000) == error(.notSupported))
        #expect(host.log.count == 3)
    }

    @Test func debugConsoleWrite() {
        let dbcn: UInt64 = 0x4442_434e
        host.memory.replaceSubrange(16..<21, with: "hello".utf8)
        #expect(call(dbcn, 0, 5, 0x8000_0010) == value(5))
        #expect(call(dbcn, 2, 0x121) == value(0))
        #expect(host.console == Array("hello!".utf8))
        host.console = []
        #expect(call(dbcn, 0, 0, 0) == value(0))
        // Long writes are partial, wild ones refused.
        #expect(call(dbcn, 0, 0x8000, 0x8000_0000) == value(4096))
        #expect(host.console.count == 4096)
        for (count, low, high): (UInt64, UInt64, UInt64) in [
            (5, 0x8000_fffc, 0), (.max, 0x8000_0000, 0), (1, 0x8001_0000, 0), (1, 0x1000, 0), (1, 0x8000_0000, 1),
            (.max, .max, 0),
        ] {
            #expect(call(dbcn, 0, count, low, high) == error(.invalidParameter))
            #expect(call(dbcn, 1, count, low, high) == error(.invalidParameter))
        }
        #expect(host.console.count == 4096)
    }

    @Test func debugConsoleRead() {
        let dbcn: UInt64 = 0x4442_434e
        host.input = Array("abc".utf8)
        #expect(call(dbcn, 1, 2, 0x8000_0100) == value(2))
        #expect(call(dbcn, 1, 0x1000, 0x8000_0102) == value(1))
        #expect(call(dbcn, 1, 0x1000, 0x8000_0103) == value(0))
        #expect(Array(host.memory[0x100..<0x104]) == Array("abc".utf8) + [0])
        host.input = Array(repeating: 1, count: 10_000)
        #expect(call(dbcn, 1, 0x1_0000, 0x8000_0000) == value(4096))
        #expect(host.input.count == 10_000 - 4096)
    }

    /// No call, however wild, stops the host program or answers with an error that the specification does not have.
    @Test func hostileCalls() {
        var numbers = SeededNumbers(state: 7)
        let extensions = Array(SBIFirmware.Extension.provided).sorted() + [0, 1, 8, .max]
        func argument() -> UInt64 {
            switch Int.random(in: 0..<5, using: &numbers) {
            case 0: numbers.next()
            case 1: .max - numbers.next() % 4
            case 2: 0x8000_0000 + numbers.next() % 0x1_0004
            case 3: 1 << (numbers.next() % 64)
            default: numbers.next() % 5
            }
        }
        for _ in 0..<100_000 {
            let result = SBIFirmware.handle(
                SBICall(
                    hart: Int.random(in: 0..<3, using: &numbers), a0: argument(), a1: argument(), a2: argument(),
                    a3: argument(), a4: argument(), a5: argument(), a6: UInt64.random(in: 0..<8, using: &numbers),
                    a7: extensions.randomElement(using: &numbers)!), host: host)
            #expect(-6...0 ~= result.error)
            host.console = []
        }
    }
}
