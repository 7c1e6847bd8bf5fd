import Foundation
import GuestMemory

/// The other end has hung up, or says what no such program would.
struct ChannelEnded: Error {}

/// Messages over a stream socket, each after its length; and an epoch's parts, as they are.
final class WriterChannel: @unchecked Sendable {
    let descriptor: Int32
    private static let messageByteCountMax = 1 << 24
    private static let blobByteCountMax = 1 << 30
    /// 64 GiB of guest.
    private static let pageCountMax = 1 << 24

    /// - Parameter descriptor: a connected stream socket; taken over.
    init(descriptor: Int32) { self.descriptor = descriptor }

    deinit { Foundation.close(descriptor) }

    // MARK: Messages

    /// - Throws: `ChannelEnded`.
    func send(_ message: some Encodable) throws {
        let body = try JSONEncoder().encode(message)
        try withUnsafeBytes(of: UInt32(body.count)) { try write($0) }
        try body.withUnsafeBytes { try write($0) }
    }

    /// - Throws: `ChannelEnded`.
    func receive<Message: Decodable>(_ type: Message.Type) throws -> Message {
        let length = Int(try readValue(UInt32.self))
        guard length <= Self.messageByteCountMax else { throw ChannelEnded() }
        guard let message = try? JSONDecoder().decode(type, from: Data(readBytes(length))) else { throw ChannelEnded() }
        return message
    }

    // MARK: Epochs

    /// Sends what follows an `EpochHead`.
    func sendParts(of input: EpochInput) throws {
        let entries = input.pages.map { page in
            WriterMessage.PageEntry(
                page: page.page.number,
                contentLength: PageContent.isZero(page.content) ? 0 : UInt32(pageSize),
                patchLength: page.patch.map { UInt32($0.count) } ?? WriterMessage.PageEntry.noPatch)
        }
        try entries.withUnsafeBytes { try write($0) }
        try input.pageMarks.withUnsafeBytes { try write($0) }
        for blob in [input.machineState, input.inputs, input.tlbEvents, input.consoleOutput] {
            try blob.withUnsafeBytes { try write($0) }
        }
        for (page, entry) in zip(input.pages, entries) {
            try write(UnsafeRawBufferPointer(start: page.content, count: Int(entry.contentLength)))
            if let patch = page.patch { try write(patch) }
        }
    }

    /// Receives an epoch after its head, and hands it to `body`; its pages are there only while that runs.
    func receiveParts<Result>(
        after head: WriterMessage.EpochHead, _ body: (EpochInput) throws -> Result
    ) throws -> Result {
        guard 0...Self.pageCountMax ~= head.pageCount, 0...Self.pageCountMax ~= head.pageMarkCount,
            head.blobLengths.count == 4, head.blobLengths.allSatisfy({ 0...Self.blobByteCountMax ~= $0 })
        else { throw ChannelEnded() }
        var input = head.input
        let entries = try readArray(WriterMessage.PageEntry(page: 0, contentLength: 0, patchLength: 0), head.pageCount)
        input.pageMarks = try readArray(PageMark(page: 0, detail: 0), head.pageMarkCount)
        input.machineState = try readBytes(head.blobLengths[0])
        input.inputs = try readBytes(head.blobLengths[1])
        input.tlbEvents = try readBytes(head.blobLengths[2])
        input.consoleOutput = try readBytes(head.blobLengths[3])
        let room = try PageRoom(entries)
        for entry in entries { input.pages.append(try room.take(entry, from: self)) }
        return try withExtendedLifetime(room) { try body(input) }
    }

    /// Sends what became of an epoch.
    func send(_ receipt: EpochReceipt) throws {
        try send(WriterMessage.Reply.stored(receipt, changeCount: receipt.pageChanges.count))
        try receipt.pageChanges.withUnsafeBytes { try write($0) }
    }

    /// Completes what became of an epoch.
    func receiveChanges(_ count: Int, of receipt: EpochReceipt) throws -> EpochReceipt {
        guard 0...Self.pageCountMax ~= count else { throw ChannelEnded() }
        var receipt = receipt
        receipt.pageChanges = try readArray(PageChange(page: GuestPhysicalPage(0), changedWords: 0), count)
        return receipt
    }

    // MARK: Bytes

    func read(into buffer: UnsafeMutableRawBufferPointer) throws {
        var done = 0
        while done < buffer.count {
            let count = recv(descriptor, buffer.baseAddress! + done, buffer.count - done, 0)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw ChannelEnded() }
            done += count
        }
    }

    private func write(_ bytes: UnsafeRawBufferPointer) throws {
        var done = 0
        while done < bytes.count {
            let count = Foundation.send(
                descriptor, bytes.baseAddress! + done, bytes.count - done, Int32(MSG_NOSIGNAL))
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw ChannelEnded() }
            done += count
        }
    }

    private func readValue<Value: FixedWidthInteger>(_ type: Value.Type) throws -> Value {
        var value: Value = 0
        try withUnsafeMutableBytes(of: &value) { try read(into: $0) }
        return value
    }

    private func readBytes(_ count: Int) throws -> [UInt8] { try readArray(UInt8(0), count) }

    /// - Parameter empty: of a type that any bytes are a value of.
    private func readArray<Element: BitwiseCopyable>(_ empty: Element, _ count: Int) throws -> [Element] {
        var elements = [Element](repeating: empty, count: count)
        try elements.withUnsafeMutableBytes { try read(into: $0) }
        return elements
    }
}

/// Memory for an epoch's pages and patches.
private final class PageRoom {
    private let memory: UnsafeMutableRawPointer
    private let byteCount: Int
    private var used = pageSize
    private static let patchByteCountMax = 2 * pageSize

    /// - Throws: `ChannelEnded` for entries that cannot be.
    init(_ entries: [WriterMessage.PageEntry]) throws {
        // The first page stays as it is: zeros.
        var byteCount = pageSize
        for entry in entries {
            let patch = entry.patchLength == WriterMessage.PageEntry.noPatch ? 0 : Int(entry.patchLength)
            guard entry.contentLength == 0 || entry.contentLength == pageSize, patch <= Self.patchByteCountMax else {
                throw ChannelEnded()
            }
            byteCount += Int(entry.contentLength) + patch + 8
        }
        // Of the kernel, so that what is not touched costs nothing.
        let memory = mmap(
            nil, byteCount, PROT_READ | PROT_WRITE, Int32(MAP_PRIVATE) | Int32(MAP_ANONYMOUS) | Int32(MAP_NORESERVE),
            -1, 0)
        guard let memory, memory != MAP_FAILED else { throw ChannelEnded() }
        self.memory = memory
        self.byteCount = byteCount
    }

    deinit { munmap(memory, byteCount) }

    func take(_ entry: WriterMessage.PageEntry, from channel: WriterChannel) throws -> DirtyPage {
        let content = entry.contentLength == 0 ? UnsafeRawPointer(memory) : try fill(pageSize, from: channel)
        guard entry.patchLength != WriterMessage.PageEntry.noPatch else {
            return DirtyPage(page: GuestPhysicalPage(entry.page), content: content)
        }
        let length = Int(entry.patchLength)
        let patch = UnsafeRawBufferPointer(start: try fill(length, from: channel), count: length)
        return DirtyPage(page: GuestPhysicalPage(entry.page), content: content, patch: patch)
    }

    private func fill(_ count: Int, from channel: WriterChannel) throws -> UnsafeRawPointer {
        let start = memory + used
        try channel.read(into: UnsafeMutableRawBufferPointer(start: start, count: count))
        // Contents are read by words.
        used += (count + 7) & ~7
        return UnsafeRawPointer(start)
    }
}
