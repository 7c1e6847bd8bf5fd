import Foundation
import GuestMemory
import StoreTraffic
import Testing

@testable import HistoryStore

@Suite struct CodingTests {
    @Test func patchesRestoreThePage() {
        var generator = SeededGenerator(seed: 31)
        let base = UnsafeMutableRawPointer.allocate(byteCount: 4 * pageSize, alignment: pageSize)
        defer { base.deallocate() }
        let (page, output, result) = (base + pageSize, base + 2 * pageSize, base + 3 * pageSize)
        for round in 0..<2000 {
            for word in 0..<512 { base.storeBytes(of: generator.next(), toByteOffset: word * 8, as: UInt64.self) }
            page.copyMemory(from: base, byteCount: pageSize)
            // First and last byte, then ever more bytes at random.
            for _ in 0..<round / 20 {
                let offset = [0, pageSize - 1, Int.random(in: 0..<pageSize, using: &generator)].randomElement(
                    using: &generator)!
                page.storeBytes(of: UInt8.random(in: 0...255, using: &generator), toByteOffset: offset, as: UInt8.self)
            }
            let limit = Int.random(in: 0...600, using: &generator)
            guard let size = PagePatch.encode(page, base: base, into: output, byteCountMax: limit) else { continue }
            #expect(size <= limit)
            result.copyMemory(from: base, byteCount: pageSize)
            #expect(PagePatch.apply(UnsafeRawBufferPointer(start: output, count: size), to: result))
            #expect(memcmp(result, page, pageSize) == 0)
        }
    }

    @Test func malformedPatchesAreRefusedInBounds() {
        var generator = SeededGenerator(seed: 32)
        let page = UnsafeMutableRawPointer.allocate(byteCount: pageSize, alignment: pageSize)
        defer { page.deallocate() }
        page.initializeMemory(as: UInt8.self, repeating: 0, count: pageSize)
        var refused = 0
        for _ in 0..<20_000 {
            let bytes = (0..<Int.random(in: 0...40, using: &generator)).map { _ in
                UInt8.random(in: 0...255, using: &generator)
            }
            if !bytes.withUnsafeBytes({ PagePatch.apply($0, to: page) }) { refused += 1 }
        }
        #expect(refused > 10_000)
    }

    @Test func encodedPagesDecode() {
        var encoder = PageEncoder()
        let decoder = PageDecoder()
        let guest = SyntheticGuest(pageCount: 64, seed: 33)
        let old = UnsafeMutableRawPointer.allocate(byteCount: 65 * pageSize, alignment: pageSize)
        defer { old.deallocate() }
        var kinds: Set<SegmentFormat.PayloadKind> = []
        var generator = SeededGenerator(seed: 34)
        for round in 0..<50 {
            old.copyMemory(from: guest.memory, byteCount: 64 * pageSize)
            guest.run(dirtyPages: 40)
            if round % 10 == 0 {
                for word in 0..<512 {
                    guest.page(5).storeBytes(of: generator.next(), toByteOffset: word * 8, as: UInt64.self)
                }
            }
            for index in 0..<64 {
                let base = round % 3 == 0 ? nil : UnsafeRawPointer(old + index * pageSize)
                let (kind, payload) = encoder.encode(guest.page(index), base: base)
                kinds.insert(kind)
                let result = old + 64 * pageSize
                #expect(decoder.decode(kind, payload, base: kind.isDelta ? base : nil, into: result))
                #expect(memcmp(result, guest.page(index), pageSize) == 0)
            }
        }
        #expect(kinds == [.raw, .zstd, .zstdDelta, .patch])
    }

    @Test func damagedSegmentsAreRefusedOrFailTheirHash() throws {
        let guest = SyntheticGuest(pageCount: 20, seed: 35)
        var builder = SegmentBuilder()
        var encoder = PageEncoder()
        for index in 0..<20 {
            let (kind, payload) = encoder.encode(guest.page(index), base: nil)
            _ = builder.add(
                page: UInt64(index) * 1000, kind: kind, versionIndex: 0, base: nil,
                hash: PageHash(page: guest.page(index)), payload: payload, segment: 9)
        }
        let bytes = builder.finish(number: 9, timeline: 2, epoch: 77)
        func segment(_ bytes: [UInt8]) throws -> Segment {
            try bytes.withUnsafeBytes { try Segment(number: 9, copying: $0) }
        }
        let good = try segment(bytes)
        #expect(good.matchesItsHash() && good.timeline == 2 && good.epoch == 77)
        #expect(good.entries.map(\.page) == (0..<20).map { $0 * 1000 })
        var generator = SeededGenerator(seed: 36)
        var refused = 0
        for _ in 0..<3000 {
            var flipped = bytes
            flipped[Int.random(in: 0..<bytes.count, using: &generator)] ^= UInt8.random(in: 1...255, using: &generator)
            guard let segment = try? segment(flipped) else {
                refused += 1
                continue
            }
            #expect(!segment.matchesItsHash())
        }
        #expect(refused > 0)
        for length in stride(from: 0, to: bytes.count, by: 97) {
            #expect(throws: HistoryStoreError.self) { try segment(Array(bytes.prefix(length))) }
        }
        var newer = bytes
        newer[4] = 3
        #expect(throws: HistoryStoreError.newerFormat(path: "segment 9", found: 3, supported: 2)) { try segment(newer) }
    }

    @Test func recordsOfANewerFormatAreRefused() throws {
        let key: [UInt8] = [1, 2]
        let sealed = try RecordEnvelope.seal(
            Palimpsest_History_V1_TagRecord.with { $0.name = "t" }, space: .records, key: key)
        func open(_ bytes: [UInt8], key: [UInt8]) throws -> String {
            try bytes.withUnsafeBytes {
                try RecordEnvelope.open(
                    Palimpsest_History_V1_TagRecord.self, $0, space: .records, key: key, name: "a tag"
                ).name
            }
        }
        #expect(try open(sealed, key: key) == "t")
        #expect(throws: HistoryStoreError.damaged(what: "a tag does not match its hash")) {
            try open(sealed, key: [1, 3])
        }
        for (index, name) in [(0, "format"), (1, "encoding")] {
            var newer = sealed
            newer[index] = 7
            #expect(throws: HistoryStoreError.self, "\(name)") { try open(newer, key: key) }
        }
    }

    @Test func pageMapsComeBackAsTheyWere() throws {
        var generator = SeededGenerator(seed: 37)
        let map = PageMap()
        var expected: [UInt64: UInt64] = [:]
        for _ in 0..<20_000 {
            let page =
                UInt64.random(in: 0..<100_000, using: &generator) + (Bool.random(using: &generator) ? 1 << 40 : 0)
            let location = UInt64.random(in: 1...(1 << 45), using: &generator)
            map.set(page, PageLocation(rawValue: location))
            expected[page] = location
        }
        let copy = try #require(PageMap(map.encoded()))
        #expect(copy.pageCount == expected.count)
        var order: [UInt64] = []
        copy.forEach { page, location in
            order.append(page.number)
            #expect(expected[page.number] == location.rawValue)
        }
        #expect(order == expected.keys.sorted())
        var record = map.encoded()
        record.pageCount += 1
        #expect(PageMap(record) == nil)
        record = map.encoded()
        record.encoded[record.encoded.count / 2] ^= 0x55
        _ = PageMap(record)
    }

    /// Generated code is committed; this fails when a schema was changed and `tools/generate` not run.
    @Test func generatedCodeIsUpToDate() throws {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let process = Process()
        process.executableURL = root.appendingPathComponent("tools/generate")
        process.arguments = ["--check"]
        try process.run()
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
    }
}
