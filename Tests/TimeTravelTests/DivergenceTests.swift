import Checkpointing
import GuestMemory
import HistoryStore
import Machine
import Testing
import TimeTravel

/// Recordings that tell a lie about one epoch: a replay must name the epoch and the lie.
@Suite struct DivergenceTests {
    private static let liar: UInt64 = 12

    /// Copies a recording epoch by epoch, with one epoch altered.
    private static func copy(
        _ recording: Recording, into store: HistoryStore, alter: (inout EpochInput, PageBuffers) throws -> Void
    ) throws {
        let source = recording.store
        let metadata = try source.timeline(named: "main").metadata
        let writer = try store.createTimeline(
            name: "main", metadata: metadata, options: WriterOptions(durability: .off))
        for epoch in 0...(try recording.headEpoch) {
            let manifest = try source.manifest(timeline: "main", epoch: epoch)
            let buffers = PageBuffers()
            let map = try source.pageMap(timeline: "main", epoch: epoch)
            for page in try source.dirtyPages(timeline: "main", epoch: epoch).map(\.page) {
                try source.readPage(at: map.location(of: page), into: buffers.add(page))
            }
            var input = EpochInput(
                epoch: epoch, icountFrom: manifest.icountFrom, icountTo: manifest.icountTo,
                virtualTime_ns: manifest.virtualTime_ns, pages: buffers.pages,
                machineState: try manifest.machineState(), inputs: try manifest.inputs(),
                inputCount: manifest.inputCount, tlbEvents: try manifest.tlbEvents(),
                tlbEventCount: manifest.tlbEventCount, consoleOutput: try manifest.consoleOutput())
            if epoch == liar { try alter(&input, buffers) }
            _ = try writer.append(input)
        }
        try writer.close()
    }

    /// What a replay says of a recording that was altered so.
    private static func divergence(
        jobCount: Int = 1, _ alter: (inout EpochInput, PageBuffers) throws -> Void
    ) throws -> Divergence? {
        let recording = try Recording(.echo(), .instructions(20_000))
        let directory = TemporaryDirectory()
        let store = try HistoryStore.open(path: directory.path, mode: .create)
        try copy(recording, into: store, alter: alter)
        let range = try PositionResolver(store).resolve(PositionRange.all)
        let result = try Replayer(store, options: ReplayOptions(jobCount: jobCount)).replay(range)
        if jobCount == 1, result.divergence != nil { #expect(result.epochCount == Int(liar) - 1) }
        return result.divergence
    }

    private func alterState(_ input: inout EpochInput, _ alter: (inout MachineState) -> Void) throws {
        var state = try MachineState(encoded: input.machineState)
        alter(&state)
        input.machineState = state.encoded()
    }

    @Test func aFaithfulCopyIsReproduced() throws {
        #expect(try Self.divergence { _, _ in } == nil)
    }

    @Test func registersAndDevicesAreNamed() throws {
        let lies: [(String, (inout MachineState) -> Void)] = [
            ("hart 0 x10", { $0.harts[0].x[10] ^= 1 }),
            ("hart 0 f31", { $0.harts[0].f[31] ^= 1 << 63 }),
            ("hart 0 pc", { $0.harts[0].pc += 2 }),
            ("hart 0 mstatus", { $0.harts[0].registers[0] ^= MStatusBit.sum }),
            ("hart 0 satp", { $0.harts[0].registers[20] += 1 }),
            ("hart 0 pmpAddress[3]", { $0.harts[0].pmpAddress[3] += 1 }),
            ("hart 0 trapCount", { $0.harts[0].trapCount += 1 }),
            ("plic enables[1]", { $0.devices.plic.enables[1] ^= 2 }),
            ("clint mtimecmp_ticks[0]", { $0.devices.clint.mtimecmp_ticks[0] += 1 }),
            ("uart scratch", { $0.devices.uart.scratch ^= 0x55 }),
            ("quantum left", { $0.quantumLeft ^= 1 }),
            ("skipped_ns", { $0.skipped_ns += 1 }),
        ]
        for (name, lie) in lies {
            let divergence = try Self.divergence { input, _ in try alterState(&input, lie) }
            #expect(divergence?.epoch == Self.liar)
            guard case .state(let difference)? = divergence?.what else {
                Issue.record("\(name): found \(String(describing: divergence))")
                continue
            }
            #expect(difference.name == name && difference.first != difference.second)
        }
    }

    private enum MStatusBit { static let sum: UInt64 = 1 << 18 }

    @Test(arguments: [1, 2]) func aPagesContentIsNamed(jobCount: Int) throws {
        var lie: GuestPhysicalPage?
        let divergence = try Self.divergence(jobCount: jobCount) { input, buffers in
            lie = input.pages[1].page
            buffers.frame(1).storeBytes(of: 0xa5, toByteOffset: 4095, as: UInt8.self)
        }
        #expect(divergence?.epoch == Self.liar)
        guard case .pageContent(let page, let recorded, let replayed)? = divergence?.what else {
            Issue.record("found \(String(describing: divergence))")
            return
        }
        #expect(page == lie && recorded != replayed)
    }

    @Test func pagesOfOnlyOneDirtySetAreNamed() throws {
        var missing: GuestPhysicalPage?
        let written = try Self.divergence { input, _ in missing = input.pages.remove(at: 1).page }
        #expect(written == Divergence(timeline: "main", epoch: Self.liar, what: .pageWritten(missing!)))

        let page = GuestPhysicalPage(0x80ff0)
        let buffers = PageBuffers()
        buffers.add(page).initializeMemory(as: UInt8.self, repeating: 0, count: pageSize)
        let notWritten = try Self.divergence { input, _ in input.pages += buffers.pages }
        #expect(notWritten == Divergence(timeline: "main", epoch: Self.liar, what: .pageNotWritten(page)))
    }

    @Test func eventsInputsAndConsoleBytesAreNamed() throws {
        let event = try Self.divergence { input, _ in
            var events = try TLBEventLog.decode(input.tlbEvents)
            #expect(events.count >= 1)
            events[0].newValue ^= 4
            input.tlbEvents = TLBEventLog.encode(events)
        }
        guard case .tlbEvent(index: 0, let recorded?, let replayed?)? = event?.what else {
            Issue.record("found \(String(describing: event))")
            return
        }
        #expect(event?.epoch == Self.liar && recorded.newValue == replayed.newValue ^ 4)

        let dropped = try Self.divergence { input, _ in
            var events = try TLBEventLog.decode(input.tlbEvents)
            for index in events.indices { events[index].droppedCount += 1 }
            input.tlbEvents = TLBEventLog.encode(events)
        }
        #expect(dropped == nil, "how many translations were dropped depends on the TLB's size")

        var offset = 0
        let byte = try Self.divergence { input, _ in
            offset = input.consoleOutput.count / 2
            input.consoleOutput[offset] ^= 0x20
        }
        guard case .consoleByte(offset, _, _)? = byte?.what else {
            Issue.record("found \(String(describing: byte))")
            return
        }

        // An input that the guest never got: the console has no room for so many bytes at once.
        let input = try Self.divergence { input, _ in
            let event = InputEvent(
                kind: .consoleBytes, icount: input.icountFrom + 5, virtualTime_ns: 0,
                bytes: Array(repeating: 7, count: 64))
            input.inputs = InputLog.encode([event])
            input.inputCount = 1
        }
        guard case .execution(let why)? = input?.what else {
            Issue.record("found \(String(describing: input))")
            return
        }
        #expect(why.contains("no room") && input?.epoch == Self.liar)
    }

    /// A replay that starts behind the lie sees nothing of it; one that starts from it is led astray.
    @Test func onlyReplaysThatMeetTheLieSeeIt() throws {
        let recording = try Recording(.echo(), .instructions(20_000))
        let directory = TemporaryDirectory()
        let store = try HistoryStore.open(path: directory.path, mode: .create)
        try Self.copy(recording, into: store) { input, _ in
            try alterState(&input) { $0.harts[0].trapCount += 1 }
        }
        func divergence(_ text: String) throws -> Divergence? {
            let range = try PositionResolver(store).resolve(PositionRange(parsing: text))
            return try Replayer(store).replay(range).divergence
        }
        #expect(try divergence("..11") == nil)
        #expect(try divergence("13..") == nil)
        #expect(try divergence("..")?.epoch == 12)
        #expect(try divergence("12..")?.epoch == 13)
    }
}

/// Room for the pages of one epoch.
final class PageBuffers {
    private(set) var pages: [DirtyPage] = []

    deinit { for page in pages { page.content.deallocate() } }

    func add(_ page: GuestPhysicalPage) -> UnsafeMutableRawPointer {
        let frame = UnsafeMutableRawPointer.allocate(byteCount: pageSize, alignment: pageSize)
        pages.append(DirtyPage(page: page, content: UnsafeRawPointer(frame)))
        return frame
    }

    func frame(_ index: Int) -> UnsafeMutableRawPointer { UnsafeMutableRawPointer(mutating: pages[index].content) }
}
