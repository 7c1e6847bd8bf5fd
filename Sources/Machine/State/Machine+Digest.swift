import Crypto
import GuestMemory

/// SHA-256 over the canonical machine state and memory: equal digests mean that two machines go on alike.
public struct MachineDigest: Hashable, Sendable, CustomStringConvertible {
    public let bytes: [UInt8]

    /// 64 hexadecimal digits.
    public var description: String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}

extension Machine {
    /// The digest at this moment. Pages of zeros do not count, so that it is the same whether a page was ever touched.
    ///
    /// Covered: the encoded `MachineState`, then for every page that is not all zeros its number and SHA-256.
    /// - Throws: the error of a page that could not be fetched.
    public func digest() throws -> MachineDigest {
        var hasher = SHA256()
        var state = save()
        // Decides which events there will be and nothing of what the guest does.
        state.tablePages = nil
        hasher.update(data: state.encoded())
        for number in memory.firstPage..<memory.firstPage + memory.pageCount {
            guard let page = memory.peek(GuestPhysicalPage(number)) else { continue }
            let content = UnsafeRawBufferPointer(start: page, count: pageSize)
            if Self.isZero(content) { continue }
            withUnsafeBytes(of: number.littleEndian) { hasher.update(bufferPointer: $0) }
            var pageHasher = SHA256()
            pageHasher.update(bufferPointer: content)
            pageHasher.finalize().withUnsafeBytes { hasher.update(bufferPointer: $0) }
        }
        if let failure = memory.fetchFailure { throw failure }
        return MachineDigest(bytes: Array(hasher.finalize()))
    }

    private static func isZero(_ page: UnsafeRawBufferPointer) -> Bool {
        let words = page.bindMemory(to: UInt64.self)
        for word in words where word != 0 { return false }
        return true
    }
}
