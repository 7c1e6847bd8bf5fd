import Testing

@testable import Devices

@Suite struct GoldfishRTCTests {
    private let clock = ManualClock()

    /// 2025-01-01 00:00:00 UTC, in nanoseconds.
    private let base_ns: UInt64 = 1_735_689_600_000_000_000

    private func read64(_ rtc: GoldfishRTC) -> UInt64 {
        let low = rtc.read(offset: 0x00, size: 4)
        return low | rtc.read(offset: 0x04, size: 4) << 32
    }

    @Test func timeIsBasePlusVirtualTime() {
        let rtc = GoldfishRTC(clock: clock, baseTime_ns: base_ns)
        #expect(read64(rtc) == base_ns)
        clock.now_ticks = 10_000_000
        #expect(read64(rtc) == base_ns + 1_000_000_000)
    }

    @Test func readingTheLowHalfLatchesTheHigh() {
        let rtc = GoldfishRTC(clock: clock, baseTime_ns: 0x1_ffff_ffff)
        #expect(rtc.read(offset: 0x00, size: 4) == 0xffff_ffff)
        clock.now_ticks = 1
        #expect(rtc.read(offset: 0x04, size: 4) == 1)
        #expect(read64(rtc) == 0x2_0000_0063)
    }

    @Test func timeCanBeSet() {
        let rtc = GoldfishRTC(clock: clock, baseTime_ns: base_ns)
        clock.now_ticks = 5
        rtc.write(offset: 0x04, value: 0x1234, size: 4)
        rtc.write(offset: 0x00, value: 0x5678, size: 4)
        #expect(read64(rtc) == 0x1234_0000_5678)
        clock.now_ticks = 6
        #expect(read64(rtc) == 0x1234_0000_5678 + 100)
    }

    @Test func alarmRingsAtItsDeadline() {
        let rtc = GoldfishRTC(clock: clock, baseTime_ns: 1000)
        var line = ""
        rtc.onInterruptChange = { line += $0 ? "+" : "-" }
        var deadlineChanges = 0
        rtc.onDeadlineChange = { deadlineChanges += 1 }
        rtc.write(offset: 0x10, value: 1, size: 4)
        rtc.write(offset: 0x0c, value: 0, size: 4)
        #expect(rtc.nextDeadline_ticks == nil)
        rtc.write(offset: 0x08, value: 1250, size: 4)
        #expect(rtc.read(offset: 0x18, size: 4) == 1)
        #expect(deadlineChanges == 1)
        // 250 ns are two and a half ticks: the third is the first at which the time has come.
        #expect(rtc.nextDeadline_ticks == 3)
        clock.now_ticks = 2
        rtc.advance()
        #expect(line.isEmpty)
        clock.now_ticks = 3
        rtc.advance()
        #expect(line == "+")
        #expect(rtc.nextDeadline_ticks == nil)
        #expect(rtc.read(offset: 0x18, size: 4) == 0)
        rtc.write(offset: 0x1c, value: 1, size: 4)
        #expect(line == "+-")
    }

    @Test func alarmInThePastRingsAtOnceAndMayBeMasked() {
        let rtc = GoldfishRTC(clock: clock, baseTime_ns: base_ns)
        var line = ""
        rtc.onInterruptChange = { line += $0 ? "+" : "-" }
        rtc.write(offset: 0x08, value: 1, size: 4)
        #expect(line.isEmpty)
        #expect(!rtc.isInterruptHigh)
        rtc.write(offset: 0x10, value: 1, size: 4)
        #expect(line == "+")
        rtc.write(offset: 0x10, value: 0, size: 4)
        #expect(line == "+-")
    }

    @Test func clearedAlarmNeverRings() {
        let rtc = GoldfishRTC(clock: clock, baseTime_ns: 0)
        rtc.write(offset: 0x10, value: 1, size: 4)
        rtc.write(offset: 0x08, value: 1000, size: 4)
        rtc.write(offset: 0x14, value: 1, size: 4)
        #expect(rtc.nextDeadline_ticks == nil)
        clock.now_ticks = 1000
        rtc.advance()
        #expect(!rtc.isInterruptHigh)
    }

    @Test func stateRoundTrips() {
        let rtc = GoldfishRTC(clock: clock, baseTime_ns: base_ns)
        rtc.write(offset: 0x10, value: 1, size: 4)
        rtc.write(offset: 0x0c, value: 0x7000_0000, size: 4)
        rtc.write(offset: 0x08, value: 7, size: 4)
        _ = read64(rtc)
        let other = GoldfishRTC(clock: clock, baseTime_ns: 0)
        other.load(rtc.save())
        #expect(other.save() == rtc.save())
        #expect(other.nextDeadline_ticks == rtc.nextDeadline_ticks)
        #expect(other.time_ns == base_ns)
    }

    @Test func hostileAccesses() {
        let rtc = GoldfishRTC(clock: clock, baseTime_ns: base_ns)
        var level = false
        rtc.onInterruptChange = {
            #expect($0 != level)
            level = $0
        }
        fuzz(rtc, hot: [0, 4, 8, 0x0c, 0x10, 0x14, 0x18, 0x1c], seed: 6) {
            clock.now_ticks += 3
            if let deadline = rtc.nextDeadline_ticks { #expect(deadline >= clock.now_ticks) }
            rtc.advance()
        }
        #expect(level == rtc.isInterruptHigh)
    }
}

@Suite struct PowerControllerTests {
    @Test func commandsBecomeRequests() {
        let power = PowerController()
        var requests: [PowerRequest] = []
        power.onRequest = { requests.append($0) }
        power.write(offset: 0, value: 0x5555, size: 4)
        power.write(offset: 0, value: 0x7777, size: 2)
        power.write(offset: 0, value: 0x002a_3333, size: 4)
        #expect(requests == [.powerOff, .reset, .fail(code: 42)])
        #expect(power.read(offset: 0, size: 4) == 0)
        #expect(power.save().lastCommand == 0x002a_3333)
        let other = PowerController()
        other.load(power.save())
        #expect(other.save() == power.save())
    }

    @Test func otherWritesAreIgnored() {
        let power = PowerController()
        power.onRequest = { Issue.record("unexpected \($0)") }
        power.write(offset: 4, value: 0x5555, size: 4)
        power.write(offset: 0, value: 0x55, size: 1)
        power.write(offset: 0, value: 0x1234, size: 8)
        #expect(power.save() == PowerController.State())
    }
}
