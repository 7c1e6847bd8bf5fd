import Testing

@testable import Devices

/// A controller for two harts, driven through its registers, with its context lines recorded.
private final class Board {
    let plic = PLIC(contextCount: 4)
    var changes: [String] = []

    init() {
        plic.onContextChange = { [unowned self] context, pending in
            changes.append("\(context)\(pending ? "+" : "-")")
        }
    }

    func setPriority(_ source: UInt64, _ priority: UInt64) { plic.write(offset: 4 * source, value: priority, size: 4) }
    func enable(_ context: UInt64, _ sources: UInt64) {
        plic.write(offset: 0x2000 + 0x80 * context, value: sources, size: 8)
    }
    func setThreshold(_ context: UInt64, _ value: UInt64) {
        plic.write(offset: 0x20_0000 + 0x1000 * context, value: value, size: 4)
    }
    func claim(_ context: UInt64) -> UInt64 { plic.read(offset: 0x20_0004 + 0x1000 * context, size: 4) }
    func complete(_ context: UInt64, _ source: UInt64) {
        plic.write(offset: 0x20_0004 + 0x1000 * context, value: source, size: 4)
    }
    var pending: UInt64 { plic.read(offset: 0x1000, size: 8) }
}

@Suite struct PLICTests {
    @Test func interruptIsRaisedClaimedAndCompleted() {
        let board = Board()
        board.setPriority(10, 1)
        board.enable(1, 1 << 10)
        board.plic.setLine(10, high: true)
        #expect(board.changes == ["1+"])
        #expect(board.pending == 1 << 10)

        #expect(board.claim(1) == 10)
        #expect(board.changes == ["1+", "1-"])
        #expect(board.pending == 0)
        #expect(board.claim(1) == 0)

        // The line is still high: completion makes it pending again.
        board.complete(1, 10)
        #expect(board.changes == ["1+", "1-", "1+"])
        #expect(board.claim(1) == 10)
        board.plic.setLine(10, high: false)
        board.complete(1, 10)
        #expect(board.plic.pendingContexts == 0)
        #expect(board.pending == 0)
    }

    @Test func requestOutlivesItsLine() {
        let board = Board()
        board.setPriority(3, 1)
        board.enable(0, 1 << 3)
        board.plic.setLine(3, high: true)
        board.plic.setLine(3, high: false)
        #expect(board.claim(0) == 3)
        board.complete(0, 3)
        #expect(board.claim(0) == 0)
    }

    @Test func gatewayIsShutWhileInService() {
        let board = Board()
        board.setPriority(3, 1)
        board.enable(0, 1 << 3)
        board.plic.setLine(3, high: true)
        #expect(board.claim(0) == 3)
        board.plic.setLine(3, high: false)
        board.plic.setLine(3, high: true)
        #expect(board.pending == 0)
        board.complete(0, 3)
        #expect(board.pending == 1 << 3)
    }

    @Test func highestPriorityWinsThenLowestNumber() {
        let board = Board()
        for (source, priority): (UInt64, UInt64) in [(5, 2), (40, 7), (41, 7), (6, 0)] {
            board.setPriority(source, priority)
            board.plic.setLine(Int(source), high: true)
        }
        board.enable(2, ~0)
        #expect([board.claim(2), board.claim(2), board.claim(2), board.claim(2)] == [40, 41, 5, 0])
        #expect(board.pending == 1 << 6)  // priority 0 means never
    }

    @Test func thresholdMasksTheLineButNotTheClaim() {
        let board = Board()
        board.setPriority(7, 3)
        board.enable(3, 1 << 7)
        board.setThreshold(3, 3)
        board.plic.setLine(7, high: true)
        #expect(board.changes.isEmpty)
        board.setThreshold(3, 2)
        #expect(board.changes == ["3+"])
        board.setThreshold(3, 7)
        #expect(board.changes == ["3+", "3-"])
        #expect(board.claim(3) == 7)
    }

    @Test func claimByOneContextLowersTheOthers() {
        let board = Board()
        board.setPriority(9, 1)
        board.enable(1, 1 << 9)
        board.enable(3, 1 << 9)
        board.plic.setLine(9, high: true)
        #expect(board.plic.pendingContexts == 0b1010)
        #expect(board.claim(3) == 9)
        #expect(board.plic.pendingContexts == 0)
        #expect(board.claim(1) == 0)
    }

    @Test func completionOfADisabledSourceIsIgnored() {
        let board = Board()
        board.setPriority(9, 1)
        board.enable(1, 1 << 9)
        board.plic.setLine(9, high: true)
        #expect(board.claim(1) == 9)
        board.enable(1, 0)
        board.complete(1, 9)
        board.enable(1, 1 << 9)
        #expect(board.claim(1) == 0)
        board.complete(1, 9)
        #expect(board.claim(1) == 9)
    }

    @Test func registersKeepOnlyTheBitsTheyHave() {
        let board = Board()
        let plic = board.plic
        board.setPriority(0, 7)
        board.setPriority(63, 0xffff_ffff)
        board.setPriority(64, 7)
        #expect(plic.read(offset: 0, size: 4) == 0)
        #expect(plic.read(offset: 4 * 63, size: 4) == 7)
        #expect(plic.read(offset: 4 * 64, size: 4) == 0)
        board.enable(0, ~0)
        #expect(plic.read(offset: 0x2000, size: 8) == ~1)
        #expect(plic.read(offset: 0x2004, size: 4) == 0xffff_ffff)
        board.enable(4, ~0)  // a context that this board has not
        #expect(plic.read(offset: 0x2200, size: 8) == 0)
        plic.write(offset: 0x1000, value: ~0, size: 8)
        #expect(board.pending == 0)
        plic.write(offset: 4, value: 5, size: 1)
        #expect(plic.read(offset: 4, size: 4) == 0)
    }

    @Test func linesThatDoNotExistAreIgnored() {
        let board = Board()
        for source in [Int.min, -1, 0, 64, Int.max] { board.plic.setLine(source, high: true) }
        #expect(board.pending == 0)
    }

    @Test func stateRoundTripsAndDrivesTheSameLines() throws {
        let board = Board()
        for source: UInt64 in 1...63 { board.setPriority(source, source & 7) }
        for context: UInt64 in 0..<4 {
            board.enable(context, 0xf0f0 << context)
            board.setThreshold(context, context)
        }
        for source in [4, 9, 13, 22] { board.plic.setLine(source, high: true) }
        _ = board.claim(1)
        let saved = board.plic.save()

        let other = PLIC(contextCount: 4)
        try other.load(saved)
        #expect(other.save() == saved)
        #expect(other.pendingContexts == board.plic.pendingContexts)
        #expect(board.plic.pendingContexts != 0)
        for context: UInt64 in 0..<4 {
            #expect(other.read(offset: 0x20_0004 + 0x1000 * context, size: 4) == board.claim(context))
        }
    }

    @Test func stateOfAnotherShapeIsRefused() {
        let plic = PLIC(contextCount: 4)
        #expect(throws: DeviceStateError.self) { try plic.load(PLIC(contextCount: 2).save()) }
        var state = plic.save()
        state.priorities[0] = 1
        #expect(throws: DeviceStateError.self) { try plic.load(state) }
        state = plic.save()
        state.thresholds[1] = 8
        #expect(throws: DeviceStateError.self) { try plic.load(state) }
        state = plic.save()
        state.enables[0] = 1
        #expect(throws: DeviceStateError.self) { try plic.load(state) }
        #expect(plic.save() == PLIC(contextCount: 4).save())
    }

    /// Whatever a guest does, the lines out are what the registers say, and the state can be saved and loaded.
    @Test func hostileAccesses() throws {
        let plic = PLIC(contextCount: 16)
        var lines: UInt64 = 0
        plic.onContextChange = { context, pending in
            let bit: UInt64 = 1 << UInt64(context)
            #expect((lines & bit != 0) != pending)
            lines ^= bit
        }
        var numbers = SeededNumbers(state: 2)
        fuzz(plic, hot: [0, 40, 0x1000, 0x2000, 0x2080, 0x20_0000, 0x20_1000, 0x20_f000], seed: 1) {
            plic.setLine(Int.random(in: 0...70, using: &numbers), high: Bool.random(using: &numbers))
        }
        #expect(lines == plic.computedPendingContexts())
        try PLIC(contextCount: 16).load(plic.save())
    }
}
