import GuestMemory
import Machine

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Writing out what a machine holds.
extension Checkout {
    /// The bytes of memory from `address` on.
    /// - Throws: `TimeTravelError.notMemory`, `HistoryStoreError.damaged`.
    public func memory(at address: GuestPhysicalAddress, byteCount: Int) throws -> [UInt8] {
        guard machine.memory.contains(address, count: byteCount) else { throw TimeTravelError.notMemory(address) }
        let bytes = try machine.memory.read(address, count: byteCount)
        if let failure = machine.memory.fetchFailure { throw failure }
        return bytes
    }

    /// The 4096 bytes of the page that holds `address`.
    /// - Throws: as `memory(at:byteCount:)`.
    public func page(holding address: GuestPhysicalAddress) throws -> [UInt8] {
        guard machine.memory.contains(address, count: 1) else { throw TimeTravelError.notMemory(address) }
        return try memory(at: address.page.baseAddress, byteCount: pageSize)
    }

    /// Everything but memory: registers and devices.
    public var state: MachineState { machine.save() }

    /// Where a guest-virtual address lies for a hart at this position; rights are not checked.
    /// - Throws: `TimeTravelError.noSuchHart`, `.notMapped`, `HistoryStoreError.damaged`.
    public func translate(_ address: GuestVirtualAddress, hart: Int = 0) throws -> GuestPhysicalAddress {
        guard machine.cluster.harts.indices.contains(hart) else {
            throw TimeTravelError.noSuchHart(hart: hart, hartCount: machine.cluster.hartCount)
        }
        let satp = machine.cluster.harts[hart].pointee.satp
        let found = machine.cluster.inspectTranslation(satp: satp, address.rawValue)
        if let failure = machine.memory.fetchFailure { throw failure }
        guard let found else { throw TimeTravelError.notMapped(address, position: "\(position)") }
        return found.address
    }

    /// Writes all of memory as a raw image; byte 0 is the first byte of RAM. Pages of zeros become holes.
    /// - Throws: `TimeTravelError.file`, `HistoryStoreError.damaged`, `TimeTravelError.interrupted`.
    public func writeMemoryImage(toFile path: String) throws {
        try prefetchMemory()
        let file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard file >= 0 else { throw Self.failure(path) }
        defer { close(file) }
        guard ftruncate(file, off_t(machine.memory.byteCount)) == 0 else { throw Self.failure(path) }
        for page in machine.memory.presentPages() {
            guard let frame = machine.memory.peek(page), !Self.isZero(frame) else { continue }
            if machine.shouldPause?() == true { throw TimeTravelError.interrupted }
            try Self.write(frame, at: off_t((page.number - machine.memory.firstPage) << pageShift), file, path)
        }
    }

    private static func write(_ frame: UnsafeRawPointer, at offset: off_t, _ file: Int32, _ path: String) throws {
        var done = 0
        while done < pageSize {
            let count = pwrite(file, frame + done, pageSize - done, offset + off_t(done))
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw failure(path) }
            done += count
        }
    }

    private static func failure(_ path: String) -> TimeTravelError {
        .file(path: path, what: String(cString: strerror(errno)))
    }

    private static func isZero(_ frame: UnsafeRawPointer) -> Bool {
        let words = UnsafeRawBufferPointer(start: frame, count: pageSize).bindMemory(to: UInt64.self)
        return words.allSatisfy { $0 == 0 }
    }
}
