import Testing

@testable import Devices

@Suite struct CLINTTests {
    @Test func softwareInterruptsReportChangesOnce() {
        let clint = CLINT(hartCount: 2, clock: ManualClock())
        var changes: [String] = []
        clint.onSoftwareInterruptChange = { changes.append("\($0)\($1 ? "+" : "-")") }
        clint.write(offset: 4, value: 0xffff_ffff, size: 4)
        clint.write(offset: 4, value: 1, size: 4)
        #expect(clint.read(offset: 4, size: 4) == 1)
        #expect(clint.isSoftwareInterruptPending(hart: 1))
        clint.write(offset: 4, value: 2, size: 4)
        clint.write(offset: 8, value: 1, size: 4)  // a hart that this board has not
        #expect(changes == ["1+", "1-"])
        clint.write(offset: 0, value: 1 << 32 | 1, size: 8)
        #expect(changes == ["1+", "1-", "0+", "1+"])
        #expect(clint.read(offset: 0, size: 8) == 1 << 32 | 1)
        #expect(clint.read(offset: 8, size: 4) == 0)
    }

    @Test func timerComparesAndTellsItsDeadline() {
        let clock = ManualClock()
        clock.now_ticks = 1000
        let clint = CLINT(hartCount: 2, clock: clock)
        var changes = 0
        clint.onTimerChange = { changes += 1 }
        #expect(!clint.isTimerPending(hart: 0))
        // .max of mtime is the end of time, which has no sooner deadline.
        #expect(clint.nextDeadline_ticks == .max)
        clint.write(offset: 0x4008, value: 1500, size: 8)
        #expect(changes == 1)
        #expect(clint.mtimecmp_ticks(hart: 1) == 1500)
        #expect(clint.nextDeadline_ticks == 1500)
        clock.now_ticks = 1499
        #expect(!clint.isTimerPending(hart: 1))
        clock.now_ticks = 1500
        #expect(clint.isTimerPending(hart: 1))
        #expect(!clint.isTimerPending(hart: 0))
        #expect(clint.deadline_ticks(hart: 1) == nil)
    }

    @Test func halvesOfATimerRegister() {
        let clint = CLINT(hartCount: 1, clock: ManualClock())
        clint.write(offset: 0x4004, value: 0x1234, size: 4)
        clint.write(offset: 0x4000, value: 0x5678, size: 4)
        #expect(clint.read(offset: 0x4000, size: 8) == 0x1234_0000_5678)
        #expect(clint.read(offset: 0x4004, size: 4) == 0x1234)
        clint.write(offset: 0x4000, value: 0xff, size: 2)
        #expect(clint.read(offset: 0x4000, size: 8) == 0x1234_0000_5678)
        #expect(clint.read(offset: 0x4008, size: 8) == 0)
    }

    @Test func mtimeFollowsTheClockAndCanBeSet() {
        let clock = ManualClock()
        clock.now_ticks = 77
        let clint = CLINT(hartCount: 1, clock: clock)
        #expect(clint.read(offset: 0xbff8, size: 8) == 77)
        clint.write(offset: 0xbff8, value: 10, size: 8)
        clint.write(offset: 0x4000, value: 30, size: 8)
        #expect(clint.mtime_ticks == 10)
        #expect(clint.nextDeadline_ticks == 97)
        clock.now_ticks = 97
        #expect(clint.read(offset: 0xbff8, size: 8) == 30)
        #expect(clint.isTimerPending(hart: 0))
    }

    @Test func deadlineBeyondTheClockIsNone() {
        let clock = ManualClock()
        clock.now_ticks = 100
        let clint = CLINT(hartCount: 1, clock: clock)
        clint.write(offset: 0xbff8, value: 10, size: 8)
        #expect(clint.deadline_ticks(hart: 0) == nil)
    }

    @Test func stateRoundTrips() throws {
        let clock = ManualClock()
        let clint = CLINT(hartCount: 3, clock: clock)
        clint.write(offset: 8, value: 1, size: 4)
        clint.write(offset: 0x4010, value: 99, size: 8)
        clint.write(offset: 0xbff8, value: 5, size: 8)
        let other = CLINT(hartCount: 3, clock: clock)
        try other.load(clint.save())
        #expect(other.save() == clint.save())
        #expect(other.nextDeadline_ticks == 94)
        #expect(other.isSoftwareInterruptPending(hart: 2))
        #expect(throws: DeviceStateError.wrongCount(device: "clint", what: "harts", expected: 2, found: 3)) {
            try CLINT(hartCount: 2, clock: clock).load(clint.save())
        }
    }

    @Test func hostileAccesses() throws {
        let clock = ManualClock()
        let clint = CLINT(hartCount: 8, clock: clock)
        fuzz(clint, hot: [0, 8, 0x20, 0x4000, 0x4038, 0xbff8], seed: 3) {
            clock.now_ticks += 1
            for hart in 0..<8 where clint.isTimerPending(hart: hart) {
                #expect(clint.deadline_ticks(hart: hart) == nil)
            }
        }
        try CLINT(hartCount: 8, clock: clock).load(clint.save())
    }
}
