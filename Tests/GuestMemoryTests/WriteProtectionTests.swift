import Testing

@testable import GuestMemory

/// Pages without W (patents.md, requirements 8 and 9).
@Suite struct WriteProtectionTests {
    /// A page that was written once and is protected now.
    private func protectedPage() throws -> (memory: GuestMemory, page: GuestPhysicalPage) {
        let memory = try makeMemory(mebibytes: 16)
        let page = GuestPhysicalPage(memory.firstPage + 700)
        memory.store(1, page.baseAddress)
        _ = memory.scanAndClear()
        memory.writeProtect(page: page.number)
        return (memory, page)
    }

    private func write(_ value: UInt8, _ page: GuestPhysicalPage, in memory: GuestMemory) {
        let leaf = memory.leaf(page.number)!
        memory.markDirty(leaf)
        GuestMemory.hostAddress(leaf.pointee).storeBytes(of: value, as: UInt8.self)
    }

    @Test func theFirstWriteIsToldBeforeItHappens() throws {
        let (memory, page) = try protectedPage()
        var told: [(GuestPhysicalPage, UInt8)] = []
        memory.onProtectedWrite = { told.append(($0, $1.load(as: UInt8.self))) }
        #expect(memory.isWriteProtected(page))
        write(2, page, in: memory)
        write(3, page, in: memory)
        #expect(told.count == 1 && told[0] == (page, 1))
        #expect(!memory.isWriteProtected(page))
        #expect(Array(memory.scanAndClear()) == [page.number])
    }

    @Test func readingDoesNotEndIt() throws {
        let (memory, page) = try protectedPage()
        memory.onProtectedWrite = { _, _ in Issue.record("nobody wrote") }
        _ = memory.leaf(page.number)
        _ = try memory.read(page.baseAddress, count: 8)
        #expect(memory.scanAndClear().isEmpty)
        #expect(memory.isWriteProtected(page))
    }

    /// Everything that writes marks the page first: images, and the zeros of a reset.
    @Test func otherWritersAreTold() throws {
        for writer in 0..<3 {
            let (memory, page) = try protectedPage()
            var contents: [UInt8] = []
            memory.onProtectedWrite = { contents.append($1.load(as: UInt8.self)) }
            switch writer {
            case 0: try [UInt8](repeating: 9, count: 10).withUnsafeBytes { try memory.load(page.baseAddress, $0) }
            case 1: memory.clear()
            default: memory.markAllDirty()
            }
            #expect(contents == [1])
            #expect(memory.scanAndClear().contains(page.number))
        }
    }

    @Test func withoutAListenerTheWriteIsPermitted() throws {
        let (memory, page) = try protectedPage()
        write(2, page, in: memory)
        #expect(!memory.isWriteProtected(page))
    }
}
