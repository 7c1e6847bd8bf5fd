import Foundation
import GuestMemory
import Machine
import Synchronization
import Testing

@testable import HistoryStore
@testable import TimeTravel

/// Images on disk: complete or not there.
@Suite(.serialized) struct MemoryImageTests {
    private func folder() throws -> TemporaryDirectory {
        let directory = TemporaryDirectory()
        try FileManager.default.createDirectory(atPath: directory.path, withIntermediateDirectories: true)
        return directory
    }

    private func names(_ directory: TemporaryDirectory) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: directory.path).sorted()
    }

    @Test func aFileHasItsNameOnlyWhenItIsComplete() throws {
        let folder = try folder()
        let path = folder.path + "/image"
        do {
            let file = try ImageFile(path: path)
            try [1, 2, 3].withUnsafeBytes { try file.write($0, at: 0) }
            #expect(try names(folder).count == 1 && !names(folder).contains("image"))
        }
        #expect(try names(folder).isEmpty, "an unfinished file goes")
        try ImageFile(path: path).finish()
        #expect(try names(folder) == ["image"])
        let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
        #expect(mode == 0o600)
        #expect(throws: TimeTravelError.fileExists(path: path)) { try ImageFile(path: path) }
        try ImageFile(path: path, replaces: true).finish()
        // Somebody else was quicker.
        let second = try ImageFile(path: path + "2")
        try Data([7]).write(to: URL(fileURLWithPath: path + "2"))
        #expect(throws: TimeTravelError.fileExists(path: path + "2")) { try second.finish() }
        #expect(FileManager.default.contents(atPath: path + "2") == Data([7]))
        for (bad, replaces) in [(folder.path, true), ("/dev/null", true), (path + "/x", false), ("/nowhere/x", false)] {
            #expect(throws: TimeTravelError.self, "\(bad)") { try ImageFile(path: bad, replaces: replaces) }
        }
    }

    @Test func anInterruptLeavesNothing() throws {
        let recording = try Recording(.counter(), .instructions(500_000))
        let folder = try folder()
        let asked = Mutex(0)
        let options = CheckoutOptions(shouldStop: {
            asked.withLock {
                $0 += 1
                return $0 > 3
            }
        })
        let checkout = try Checkout(recording.store, at: recording.position("HEAD"), options: options)
        #expect(throws: TimeTravelError.interrupted) {
            try checkout.writeMemoryImage(to: ImageFile(path: folder.path + "/image"), .elf(hart: 0))
        }
        #expect(try names(folder).isEmpty)
    }

    /// A guest that resets itself has memory that its checkpoint does not tell of.
    @Test func theMachinesOwnPagesAreWritten() throws {
        let recording = try Recording(.reset(), .instructions(30_000))
        let folder = try folder()
        for position in stride(from: 0, through: recording.icount, by: 7001).map({ "i\($0)" }) {
            let checkout = try Checkout(recording.store, at: recording.position(position))
            let path = folder.path + "/image"
            let image = try checkout.writeMemoryImage(to: ImageFile(path: path, replaces: true))
            let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
            #expect(image.byteCount == 16 << 20 && bytes.count == 16 << 20 && image.segmentCount == 0)
            #expect(bytes == (try checkout.memory(at: Machine.memoryBase, byteCount: 16 << 20)), "\(position)")
        }
    }

    @Test func damagedPagesAreSkippedAndNamed() throws {
        let recording = try Recording(.echo(), .instructions(30_000))
        let position = try recording.position("50%").checkpoint
        let map = try recording.store.pageMap(timeline: "main", epoch: position.epoch)
        let whole = try Checkout(recording.store, at: position).memory(at: Machine.memoryBase, byteCount: 16 << 20)
        let page = try #require(
            try recording.store.dirtyPages(timeline: "main", epoch: position.epoch).map(\.page)
                .first { map.location(of: $0).isStored })
        let key = StoreKey.segment(map.location(of: page).segment)
        var change = StoreChange()
        change.delete(.segments, key: key)
        try recording.store.core.engine.commit(change, durable: false)

        let folder = try folder()
        let path = folder.path + "/image"
        let reader = try HistoryStore.open(path: recording.directory.path, mode: .readOnly)
        let checkout = try Checkout(reader, at: position)
        func namesAPage(_ error: any Error) -> Bool {
            guard case .damaged(let what)? = error as? HistoryStoreError else { return false }
            return what.hasPrefix("page 0x")
        }
        #expect(
            performing: { try checkout.writeMemoryImage(to: ImageFile(path: path)) }, throws: namesAPage)
        #expect(try names(folder).isEmpty)
        let image = try checkout.writeMemoryImage(to: ImageFile(path: path), skipsUnreadable: true)
        #expect(image.unreadablePages.map(\.page).contains(page))
        for missing in image.unreadablePages {
            #expect(missing.what.hasPrefix("\(missing.page) ") && missing.what.contains("timeline 'main'"))
        }
        var expected = whole
        for missing in image.unreadablePages {
            let begin = Int(missing.page.number - Machine.memoryBase.page.number) * pageSize
            expected.replaceSubrange(begin..<begin + pageSize, with: repeatElement(0, count: pageSize))
        }
        #expect([UInt8](try Data(contentsOf: URL(fileURLWithPath: path))) == expected)
    }
}
