import Foundation
import GuestMemory
import StoreTraffic
import Testing

@testable import HistoryStore

@Suite(.serialized) struct DamageTests {
    static let lastEpoch: UInt64 = 40

    /// A store as a kill would leave it (all in the log) or as `close` does (files).
    private func makeStore(closed: Bool) throws -> TemporaryDirectory {
        let directory = TemporaryDirectory()
        let image = TemporaryDirectory()
        let store = try HistoryStore.open(path: directory.path, mode: .create)
        let writer = try store.createTimeline(name: "main")
        try MainHistory.record(0...Self.lastEpoch, ReproducibleGuest(), to: writer)
        if closed { try store.close() }
        try FileManager.default.copyItem(atPath: directory.path, toPath: image.path)
        if !closed { try store.close() }
        return image
    }

    private enum Outcome: Equatable {
        case right, named, wrong(String)
    }

    /// What a reader makes of a store: everything as recorded, an error that names the damage, or silently wrong.
    private func outcome(_ path: String) -> Outcome {
        do {
            let store = try HistoryStore.open(path: path, mode: .readOnly)
            let head = try store.headEpoch(timeline: "main")
            guard head == Self.lastEpoch else { return .wrong("ends at epoch \(head)") }
            let comparison = MainHistory.compare(store, through: head)
            if let what = (comparison.wrong + comparison.outdated).first { return .wrong(what) }
            return comparison.named.isEmpty ? .right : .named
        } catch let error as HistoryStoreError {
            switch error {
            case .damaged, .newerFormat, .notAStore: return .named
            default: return .wrong("\(error)")
            }
        } catch { return .wrong("\(error)") }
    }

    private func files(_ image: TemporaryDirectory, suffix: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: image.path + "/database")
            .filter { $0.hasSuffix(suffix) || $0.hasPrefix(suffix) }
            .map { image.path + "/database/" + $0 }
            .filter { (try? Data(contentsOf: URL(fileURLWithPath: $0)).isEmpty) == false }
    }

    @Test(arguments: [(false, ".log", 120), (true, ".blob", 80), (true, ".sst", 80), (true, "MANIFEST", 40)])
    func aFlippedByteGivesRightDataOrANamedError(closed: Bool, suffix: String, flips: Int) throws {
        let image = try makeStore(closed: closed)
        let targets = try files(image, suffix: suffix)
        try #require(!targets.isEmpty)
        var generator = SeededGenerator(seed: 99)
        var named = 0
        for _ in 0..<flips {
            let url = URL(fileURLWithPath: targets.randomElement(using: &generator)!)
            let original = try Data(contentsOf: url)
            var data = original
            let index = Int.random(in: 0..<data.count, using: &generator)
            data[index] ^= UInt8.random(in: 1...255, using: &generator)
            try data.write(to: url)
            let found = outcome(image.path)
            if found == .named { named += 1 }
            if case .wrong(let what) = found {
                Issue.record("\(url.lastPathComponent) byte \(index) of \(data.count): \(what)")
            }
            try original.write(to: url)
        }
        #expect(outcome(image.path) == .right)
        #expect(named > 0, "no flip was noticed: they all missed")
    }

    @Test func aCutOrDeletedLogIsNamed() throws {
        let image = try makeStore(closed: false)
        let log = URL(fileURLWithPath: try #require(try files(image, suffix: ".log").max()))
        let original = try Data(contentsOf: log)
        var generator = SeededGenerator(seed: 5)
        for _ in 0..<40 {
            let length = Int.random(in: 0..<original.count - 1, using: &generator)
            try original.prefix(length).write(to: log)
            #expect(outcome(image.path) == .named, "cut to \(length) of \(original.count)")
        }
        try FileManager.default.removeItem(at: log)
        #expect(outcome(image.path) == .named)
        try original.write(to: log)
        #expect(outcome(image.path) == .right)
    }

    @Test func ourOwnFilesAreCheckedToo() throws {
        let image = try makeStore(closed: true)
        let format = image.path + "/PALIMPSEST"
        let marks = image.path + "/acknowledged"
        let originalFormat = try #require(FileManager.default.contents(atPath: format))
        try Data("palimpsest history\nformat 3\n".utf8).write(to: URL(fileURLWithPath: format))
        #expect(throws: HistoryStoreError.newerFormat(path: image.path, found: 3, supported: 2)) {
            try HistoryStore.open(path: image.path, mode: .readOnly)
        }
        try FileManager.default.removeItem(atPath: format)
        for mode in [HistoryStore.Mode.readOnly, .readWrite] {
            #expect(throws: HistoryStoreError.notAStore(path: image.path)) {
                try HistoryStore.open(path: image.path, mode: mode)
            }
        }
        try originalFormat.write(to: URL(fileURLWithPath: format))

        let original = try #require(FileManager.default.contents(atPath: marks))
        // One slot torn: the other stands in.
        var torn = original
        torn[original.count - 20] ^= 1
        try torn.write(to: URL(fileURLWithPath: marks))
        #expect(outcome(image.path) == .right)
        // Both: named.
        torn[original.count - 84] ^= 1
        try torn.write(to: URL(fileURLWithPath: marks))
        #expect(outcome(image.path) == .named)
        try FileManager.default.removeItem(atPath: marks)
        #expect(outcome(image.path) == .named)
        try FileManager.default.removeItem(atPath: image.path + "/database")
        #expect(outcome(image.path) == .named)
    }

    @Test func aDirectoryOfOtherThingsIsLeftAlone() throws {
        let directory = TemporaryDirectory()
        try FileManager.default.createDirectory(atPath: directory.path, withIntermediateDirectories: true)
        try Data("mine".utf8).write(to: URL(fileURLWithPath: directory.path + "/precious"))
        #expect(throws: HistoryStoreError.notAStore(path: directory.path)) {
            try HistoryStore.open(path: directory.path, mode: .create)
        }
        #expect(throws: HistoryStoreError.notAStore(path: directory.path + "/absent")) {
            try HistoryStore.open(path: directory.path + "/absent", mode: .readWrite)
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: directory.path) == ["precious"])
    }

    @Test func aNewStoreIsForItsOwnerOnly() throws {
        let directory = TemporaryDirectory()
        try HistoryStore.open(path: directory.path, mode: .create).close()
        let attributes = try FileManager.default.attributesOfItem(atPath: directory.path)
        #expect(attributes[.posixPermissions] as? Int == 0o700)
    }

    /// Damage inside the engine's values, past its own checksums: only our hashes can tell.
    @Test func verifyNamesWhatIsWrong() throws {
        let directory = TemporaryDirectory()
        let store = try HistoryStore.open(path: directory.path, mode: .create)
        let writer = try store.createTimeline(name: "main")
        try MainHistory.record(0...70, ReproducibleGuest(), to: writer)
        try writer.close()
        try store.indexer.finish()
        #expect(try store.verify(VerifyOptions(data: .all)).findings == [])
        let core = try store.core
        let timeline = try core.timeline(named: "main").id
        func corrupt(_ space: KeySpace, _ key: [UInt8], _ change: (inout [UInt8]) -> Void) throws -> [Finding] {
            let original = try #require(try core.engine.value(space, key: key))
            var value = original
            change(&value)
            func put(_ value: [UInt8]) throws {
                var change = StoreChange()
                change.put(space, key: key, value: value)
                try core.engine.commit(change, durable: false)
            }
            try put(value)
            // A reader of its own, whose caches have not seen the data.
            let findings = try HistoryStore.open(path: directory.path, mode: .readOnly).verify(
                VerifyOptions(data: .all)
            ).findings
            try put(original)
            return findings
        }
        let segment = try store.manifest(timeline: "main", epoch: 7).record.segments[0].number
        let pageDamage = try corrupt(.segments, StoreKey.segment(segment)) { $0[$0.count - 40] ^= 1 }
        #expect(
            pageDamage.contains { $0.epoch == 7 && $0.timeline == "main" && $0.what.contains("segment \(segment)") })
        #expect(pageDamage.contains { $0.what.contains("page 0x") && $0.what.contains("epoch 7 of timeline 'main'") })
        let manifest = try corrupt(.manifests, StoreKey.epoch(timeline, 9)) { $0[30] ^= 1 }
        #expect(manifest.contains { $0.epoch == 9 && $0.what.contains("manifest") })
        let key = StoreKey.epoch(timeline, 9)
        let forged = try corrupt(.manifests, key) { value in
            // A manifest that is whole in itself but not the one that was written: the chain tells.
            var record = try! core.epochRecord(timeline, 9)
            record.icountTo += 1
            value = try! RecordEnvelope.seal(record, space: .manifests, key: key)
        }
        #expect(forged.contains { $0.epoch == 10 && $0.what.contains("does not follow") })
        let map = try corrupt(.maps, StoreKey.map(timeline, 63)) { value in
            let other = PageMap()
            other.set(3, .zero)
            value = try! RecordEnvelope.seal(other.encoded(), space: .maps, key: StoreKey.map(timeline, 63))
        }
        #expect(map.contains { $0.epoch == 63 && $0.what.contains("map") })
        let history = try corrupt(.history, StoreKey.history(timeline, ReproducibleGuest.page(5).number, lastEpoch: 70))
        { $0.removeLast() }
        #expect(history.contains { $0.timeline == "main" && $0.what.contains("index") })
        #expect(try store.verify(VerifyOptions(data: .all)).findings == [])
        try store.close()
    }

    /// One damaged byte of a page costs that page, and `verify` names no other.
    @Test func aDamagedPageIsNamedAloneAndTheRestIsRead() throws {
        let image = try makeStore(closed: true)
        let store = try HistoryStore.open(path: image.path, mode: .readOnly)
        let core = try store.core
        // A page stored whole late, so that nothing is stored against it.
        let location = try #require(
            try Self.keyframes(core).max { $0.segment < $1.segment })
        let segment = try core.reader.segment(location.segment)
        let payload = Array(segment.payload(of: segment.entries[location.entry]))
        let place = try #require(try find(payload, in: files(image, suffix: ".blob")))
        var data = try Data(contentsOf: place.file)
        data[place.offset + payload.count / 2] ^= 0x10
        try data.write(to: place.file)

        let damaged = try HistoryStore.open(path: image.path, mode: .readOnly)
        let report = try damaged.verify(VerifyOptions(data: .all))
        #expect(report.epochCount == Int(Self.lastEpoch) + 1)
        let page = segment.entries[location.entry].page
        let others = report.findings.filter {
            !$0.what.contains("\(GuestPhysicalPage(page))") && !$0.what.contains("segment \(location.segment)")
        }
        #expect(others == [] && !report.findings.isEmpty, "\(report.findings)")
        #expect(report.timelines.map(\.damagedPages) == [[page]])
        let map = try damaged.pageMap(timeline: "main", epoch: Self.lastEpoch)
        let buffer = UnsafeMutableRawPointer.allocate(byteCount: pageSize, alignment: pageSize)
        defer { buffer.deallocate() }
        map.forEach { other, location in
            guard other.number != page else { return }
            #expect(throws: Never.self) { try damaged.readPage(at: location, into: buffer) }
        }
    }

    /// Where nothing can be had of many values, `verify` still comes to its end and names what they were.
    @Test func cutFilesOfValuesAreNamed() throws {
        let image = try makeStore(closed: true)
        for file in try files(image, suffix: ".blob") {
            let url = URL(fileURLWithPath: file)
            let data = try Data(contentsOf: url)
            try data.prefix(data.count / 2).write(to: url)
        }
        do {
            let report = try HistoryStore.open(path: image.path, mode: .readOnly).verify(VerifyOptions(data: .all))
            #expect(!report.findings.isEmpty)
        } catch HistoryStoreError.damaged {}
    }

    private static func keyframes(_ core: StoreCore) throws -> [PageLocation] {
        var found: [PageLocation] = []
        try core.engine.scan(.segments, from: [], to: nil) { key, value in
            let number = StoreKey.readBigEndian(UInt64.self, key, at: 0) ?? 0
            let segment = try Segment(number: number, copying: value)
            guard segment.content == .pages else { return true }
            for (index, entry) in segment.entries.enumerated()
            where !entry.kind.isDelta && entry.payloadByteCount > 200 {
                found.append(PageLocation(segment: number, entry: index))
            }
            return true
        }
        return found
    }

    private func find(_ bytes: [UInt8], in files: [String]) throws -> (file: URL, offset: Int)? {
        for file in files {
            let url = URL(fileURLWithPath: file)
            let data = try Data(contentsOf: url)
            if let range = data.firstRange(of: bytes) { return (url, range.lowerBound) }
        }
        return nil
    }
}
