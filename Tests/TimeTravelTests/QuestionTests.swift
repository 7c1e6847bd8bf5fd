import Checkpointing
import Foundation
import GuestMemory
import Machine
import Testing
import TimeTravel

@testable import HistoryStore

/// Page history, differences, console text, listings and what a checkout writes out.
@Suite struct QuestionTests {
    private static let window = GuestVirtualAddress(0xffff_ffc0_0000_1000)
    private static let ticks = GuestVirtualAddress(0xffff_ffc0_0000_0000)

    @Test func aPagesHistoryTellsEveryEpochThatWroteItAndTheValueThen() throws {
        let recording = try Recording(.echo(), .instructions(30_000))
        let history = PageHistory(recording.store)
        let end = try recording.position("HEAD")
        let address = try history.translate(Self.ticks, at: end)
        let entries = try history.entries(of: address, in: recording.range(), valueByteCount: 8)
        let writers = try (0...recording.headEpoch).filter { epoch in
            try recording.store.dirtyPages(timeline: "main", epoch: epoch).contains { $0.page == address.page }
        }
        #expect(entries.map(\.epoch) == writers && entries.count > 5)
        for entry in entries {
            let checkout = try Checkout(recording.store, at: recording.position("\(entry.epoch)"))
            let bytes = try checkout.memory(at: address, byteCount: 8)
            #expect(bytes.withUnsafeBytes { $0.load(as: UInt64.self) } == entry.value)
            #expect(checkout.machine.icount == entry.icountTo && entry.icountFrom < entry.icountTo || entry.epoch == 0)
            let page = try checkout.page(holding: address)
            #expect(page.withUnsafeBytes { PageHash(page: $0.baseAddress!) } == entry.hash)
        }
        let ticks = try #require(entries.last?.value)
        #expect(ticks > 0 && entries.compactMap(\.value) == entries.compactMap(\.value).sorted())
        let low = try history.entries(of: address, in: recording.range("..HEAD"), valueByteCount: 1).last?.value
        #expect(low == ticks & 0xff)
        let part = try history.entries(of: address, in: recording.range("\(writers[2])..\(writers[4])"))
        #expect(part.map(\.epoch) == Array(writers[2...4]) && part.allSatisfy { $0.value == nil })
    }

    @Test func virtualAddressesAreTranslatedAsOfAPosition() throws {
        let recording = try Recording(.echo(), .instructions(5_000))
        let history = PageHistory(recording.store)
        var targets: Set<GuestPhysicalPage> = []
        for percent in stride(from: 30, through: 90, by: 6) {
            targets.insert(try history.translate(Self.window, at: recording.position("\(percent)%")).page)
        }
        #expect(targets.count > 2, "the window was mapped to several pages")
        let start = try recording.position("0")
        #expect(try history.translate(GuestVirtualAddress(0x8000_0123), at: start).rawValue == 0x8000_0123)
        let end = try recording.position("HEAD")
        #expect(throws: TimeTravelError.notMapped(GuestVirtualAddress(0x1_0000_0000_0000), position: "\(end)")) {
            try history.translate(GuestVirtualAddress(0x1_0000_0000_0000), at: end)
        }
        #expect(throws: TimeTravelError.noSuchHart(hart: 3, hartCount: 1)) {
            try history.translate(Self.window, at: end, hart: 3)
        }
        #expect(throws: TimeTravelError.notMemory(GuestPhysicalAddress(0x1000))) {
            try history.entries(of: GuestPhysicalAddress(0x1000), in: recording.range())
        }
        #expect(throws: TimeTravelError.valueCrossesPage(GuestPhysicalAddress(0x8000_0ffc), byteCount: 8)) {
            try history.entries(of: GuestPhysicalAddress(0x8000_0ffc), in: recording.range(), valueByteCount: 8)
        }
    }

    @Test(arguments: [("3", "3"), ("3", "9"), ("0", "HEAD"), ("3+100", "9+77"), ("9", "2+1"), ("4+5", "4+5")])
    func differencesAreExact(first: String, second: String) throws {
        let recording = try Recording(.echo(), .instructions(30_000))
        let (one, two) = (try recording.position(first), try recording.position(second))
        let diff = try PositionDiff(recording.store, one, two)
        let found = try diff.pages()
        // The same by brute force.
        let (a, b) = (try Checkout(recording.store, at: one), try Checkout(recording.store, at: two))
        var expected: [GuestPhysicalPage] = []
        for number in UInt64(0x80000)..<0x81000 {
            let address = GuestPhysicalPage(number).baseAddress
            let (old, new) = (try a.page(holding: address), try b.page(holding: address))
            if old == new { continue }
            let offsets = (0..<pageSize).filter { old[$0] != new[$0] }
            #expect(found.first { $0.page.number == number }?.ranges.flatMap { Array($0) } == offsets)
            expected.append(GuestPhysicalPage(number))
        }
        #expect(found.map(\.page) == expected)
        #expect(diff.stateDifferences() == a.state.differences(from: b.state))
        #expect(found.isEmpty == (first == second) && diff.stateDifferences().isEmpty == (first == second))
        #expect(found.allSatisfy { $0.differentByteCount > 0 })
    }

    @Test func whatWasPrintedBetweenTwoPositionsIsTold() throws {
        let recording = try Recording(.echo(), .instructions(30_000))
        let text = ConsoleText(recording.store)
        #expect(try text.bytes(in: recording.range()) == recording.console)
        #expect(String(decoding: recording.console, as: UTF8.self).contains("listening\naround "))
        // Cut anywhere, the parts are the whole.
        for cut in ["1", "17%", "4+12345", "50%", "93%", "HEAD"] {
            let before = try text.bytes(in: recording.range("..\(cut)"))
            let after = try text.bytes(in: recording.range("\(cut).."))
            #expect(before + after == recording.console, "cut at \(cut)")
        }
        let middle = try text.bytes(in: recording.range("20%..20%+9000"))
        let upTo = try text.bytes(in: recording.range("..20%+9000"))
        #expect(try text.bytes(in: recording.range("..20%")) + middle == upTo)
    }

    @Test func rowsTellEveryEpoch() throws {
        let recording = try Recording(.echo(), .instructions(30_000))
        let listing = EpochListing(recording.store)
        var rows: [EpochRow] = []
        try listing.forEachRow(in: recording.range()) {
            rows.append($0)
            return true
        }
        #expect(try rows.map(\.epoch) == Array(0...recording.headEpoch))
        #expect(rows.dropFirst().dropLast().allSatisfy { $0.instructionCount == 30_000 && $0.dirtyPageCount > 0 })
        #expect(rows.map(\.inputCount).reduce(0, +) == 11 && rows.last?.icountTo == recording.icount)
        #expect(rows.allSatisfy { $0.storedBytes > 0 && $0.pages.total == $0.dirtyPageCount })
        #expect(try listing.row(timeline: "main", epoch: 3) == rows[3])
    }

    @Test func aMemoryImageIsTheMemory() throws {
        let recording = try Recording(.echo(), .instructions(30_000))
        let directory = TemporaryDirectory()
        try FileManager.default.createDirectory(atPath: directory.path, withIntermediateDirectories: true)
        for text in ["0", "10", "10+1234"] {
            let position = try recording.position(text)
            let file = directory.path + "/image"
            try Checkout(recording.store, at: position).writeMemoryImage(
                to: ImageFile(path: file, replaces: true))
            let image = [UInt8](try Data(contentsOf: URL(fileURLWithPath: file)))
            let machine = try recording.scenario.run(until: position.icount)
            #expect(image == (try machine.memory.read(Machine.memoryBase, count: 16 << 20)), "at \(text)")
        }
        #expect(throws: TimeTravelError.self) {
            try Checkout(recording.store, at: recording.position("0"))
                .writeMemoryImage(to: ImageFile(path: directory.path + "/nowhere/image"))
        }
    }

    @Test func aCheckoutFetchesOnlyWhatIsTouched() throws {
        let recording = try Recording(.echo(), .instructions(30_000))
        let position = try recording.position("50%").checkpoint
        let lazy = try Checkout(recording.store, at: position)
        #expect(lazy.machine.memory.presentPages().isEmpty)
        _ = try lazy.machine.run(until: position.icount + 100)
        let touched = lazy.machine.memory.presentPages().count
        #expect(touched > 0 && touched < lazy.baseMap.pageCount)
        let whole = try Checkout(
            recording.store, at: position, options: CheckoutOptions(prefetchesMemory: true))
        #expect(whole.machine.memory.presentPages().count == whole.baseMap.pageCount)
        #expect(whole.machine.memory.source == nil)
        #expect(throws: TimeTravelError.interrupted) {
            try Checkout(
                recording.store, at: recording.position("0"), options: CheckoutOptions(shouldStop: { true })
            ).advance(to: recording.position("HEAD"))
        }
    }

    /// A store that gives other bytes than were written: the machine is refused, not handed out wrong.
    @Test func aDamagedPageIsNamed() throws {
        let recording = try Recording(.echo(), .instructions(30_000))
        let position = try recording.position("50%").checkpoint
        let core = try recording.store.core
        let written = try recording.store.dirtyPages(timeline: "main", epoch: position.epoch).map(\.page)
        let map = try recording.store.pageMap(timeline: "main", epoch: position.epoch)
        let page = try #require(written.first { map.location(of: $0).isStored })
        let key = StoreKey.segment(map.location(of: page).segment)
        var bytes = try #require(try core.engine.read(.segments, key: key) { [UInt8]($0) })
        // The last payload byte before the segment's own hash.
        bytes[bytes.count - 40] ^= 1
        var change = StoreChange()
        change.put(.segments, key: key, value: bytes)
        try core.engine.commit(change, durable: false)

        // A reader whose caches have not seen the data.
        let reader = try HistoryStore.open(path: recording.directory.path, mode: .readOnly)
        func isNamed(_ error: any Error) -> Bool {
            guard case .damaged(let what)? = error as? HistoryStoreError else { return false }
            return what.contains("page 0x") && what.contains("epoch") && what.contains("'main'")
                || what.contains("segment")
        }
        #expect(performing: { try Checkout(reader, at: position).prefetchMemory() }, throws: isNamed)
        let lazy = try Checkout(reader, at: position)
        #expect(
            performing: {
                for page in written { _ = try lazy.page(holding: page.baseAddress) }
            }, throws: isNamed)
        #expect(performing: { try lazy.digest() }, throws: isNamed)
    }
}
