import Foundation

/// Reads the states in a `-d cpu,fpu` log. Every state is printed alike: the places of the hexadecimal fields are learnt
/// from the first one, and every later one must have the same length and begin alike. One line may be missing: QEMU
/// does not print satp while S-mode runs with mstatus.TVM set; satp cannot have changed then.
struct QEMULogReader {
    private let descriptor: Int32
    private var buffer = [UInt8](repeating: 0, count: 1 << 20)
    private var start = 0
    private var end = 0
    /// Offsets of the fields in a state's text, in the order pc, CSRs, x, f.
    private var fields: [Int] = []
    private var stateByteCount = 0
    /// Where the last CSR's line, satp's, begins, and how long it is.
    private var satpLine = 0..<0
    /// The last satp printed, by hart.
    private var satp: [UInt64: UInt64] = [:]
    private var atEnd = false

    init(descriptor: Int32) { self.descriptor = descriptor }

    /// The next state, or nil at the log's end.
    mutating func next() throws -> ArchitecturalState? {
        if fields.isEmpty { try learn() }
        while end - start < stateByteCount {
            if try !fill() { return nil }
        }
        guard buffer[start] == 0x20, buffer[start + 1] == 0x70, buffer[start + 2] == 0x63 else {
            throw QEMUFailure.unreadableLog(text(start, start + 60))
        }
        let hasSATP = buffer[start + satpLine.lowerBound + 1] == 0x73
        defer { start += stateByteCount - (hasSATP ? 0 : satpLine.count) }
        return decode(hasSATP)
    }

    private mutating func decode(_ hasSATP: Bool) -> ArchitecturalState {
        var state = ArchitecturalState()
        var missing = 0
        buffer.withUnsafeBufferPointer { bytes in
            var index = 0
            func field() -> UInt64 {
                var value: UInt64 = 0
                let first = start + fields[index] - missing
                for byte in bytes[first..<first + 16] {
                    value = value << 4 | UInt64(byte < 0x3a ? byte &- 0x30 : byte &- 0x57)
                }
                index += 1
                return value
            }
            state.pc = field()
            for csr in 0..<state.csrs.count - 1 { state.csrs[csr] = field() }
            if hasSATP {
                satp[state.csrs[0]] = field()
            } else {
                missing = satpLine.count
                index += 1
            }
            state.csrs[state.csrs.count - 1] = satp[state.csrs[0]] ?? 0
            for register in 0..<32 { state.x[register] = field() }
            for register in 0..<32 { state.f[register] = field() }
        }
        return state
    }

    /// Finds the fields: each line holds names and 16-digit values in turn.
    private mutating func learn() throws {
        while end - start < 8192, try fill() {}
        let names =
            ["pc"] + ArchitecturalState.csrNames
            + ["x", "f"].flatMap { bank in (0..<32).map { "\(bank)\($0)/" } }
        var position = start
        var offsets: [Int] = []
        for name in names {
            while position < end, buffer[position] == 0x20 || buffer[position] == 0x0a { position += 1 }
            let wordEnd = skip(position) { $0 != 0x20 }
            let word = text(position, wordEnd)
            guard name.hasSuffix("/") ? word.hasPrefix(name) : word == name else {
                throw QEMUFailure.unreadableLog(
                    "found \(text(position, skip(position) { $0 != 0x0a })) where \(name) was expected")
            }
            let line = position - 1 - start
            position = skip(wordEnd) { $0 == 0x20 }
            offsets.append(position - start)
            position += 16
            if name == "satp" { satpLine = line..<position + 1 - start }
        }
        fields = offsets
        stateByteCount = position + 1 - start
    }

    private func skip(_ from: Int, while holds: (UInt8) -> Bool) -> Int {
        var position = from
        while position < end, holds(buffer[position]) { position += 1 }
        return position
    }

    private func text(_ from: Int, _ to: Int) -> String {
        String(decoding: buffer[from..<min(max(from, to), end)], as: UTF8.self)
    }

    /// How long QEMU may print nothing: a stream that waits for an interrupt which never comes is the generator's fault.
    private static let silence_ms: Int32 = 20_000

    private func waitForMore() -> Bool {
        var request = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        return poll(&request, 1, Self.silence_ms) > 0
    }

    /// Reads more behind what is there; false at the end.
    private mutating func fill() throws -> Bool {
        if atEnd { return false }
        if start > 0 {
            buffer.replaceSubrange(0..<end - start, with: buffer[start..<end])
            end -= start
            start = 0
        }
        guard waitForMore() else { throw QEMUFailure.silent(seconds: Int(Self.silence_ms) / 1000) }
        let count = buffer.withUnsafeMutableBytes { read(descriptor, $0.baseAddress! + end, $0.count - end) }
        atEnd = count <= 0
        end += max(count, 0)
        return !atEnd
    }
}
