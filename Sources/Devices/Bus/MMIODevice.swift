/// A device behind memory-mapped registers.
///
/// The guest is hostile: `offset` is below `size` and `offset + size of the access` does not pass the device's end (the
/// `Bus` sees to both), but any register may be accessed with any width at any time. A device never traps on that: what
/// its registers do not define reads as zero and is ignored when written.
public protocol MMIODevice: AnyObject {
    /// A short name for messages and listings, such as `uart0`.
    var name: String { get }
    /// Bytes of address space that the device occupies.
    var size: UInt64 { get }
    /// Reads `size` bytes (1, 2, 4 or 8) at `offset`, zero-extended. Reading may have side effects.
    func read(offset: UInt64, size: Int) -> UInt64
    /// Writes the low `size` bytes (1, 2, 4 or 8) of `value` at `offset`.
    func write(offset: UInt64, value: UInt64, size: Int)
}

/// A device's saved state that does not fit the device it is loaded into.
public enum DeviceStateError: Error, Equatable, CustomStringConvertible {
    /// A list in the state has another length than this machine's shape asks for.
    case wrongCount(device: String, what: String, expected: Int, found: Int)
    /// A value that the device cannot hold.
    case invalidValue(device: String, what: String, found: UInt64)

    public var description: String {
        switch self {
        case .wrongCount(let device, let what, let expected, let found):
            "the saved state of \(device) has \(found) \(what), this machine has \(expected)"
        case .invalidValue(let device, let what, let found):
            "the saved state of \(device) has an impossible \(what): 0x\(String(found, radix: 16))"
        }
    }
}
