/// A generated program, ready to run anywhere that has RAM at 0x80000000, a CLINT and the SiFive test device.
struct StreamImage: Sendable {
    let seed: UInt64
    let profile: String
    /// Loaded at `ImageLayout.ram`, which is also the entry.
    let bytes: [UInt8]
    /// States are compared from the first time the program counter is here …
    let begin: UInt64
    /// … until it is here: a jump to itself behind the store that ends a QEMU run.
    let end: UInt64
    /// What the generator meant, by ascending physical address.
    let notes: [Note]

    struct Note: Sendable {
        let address: UInt64
        let text: String
    }

    /// The note that covers a program counter, physical or through the user alias.
    func note(at programCounter: UInt64) -> String {
        let address = programCounter < ImageLayout.ram ? programCounter &+ ImageLayout.userAlias : programCounter
        return notes.last { $0.address <= address }?.text ?? "nothing generated"
    }

    /// The instruction bits at a program counter, as generated (self-modification is not followed).
    func word(at programCounter: UInt64) -> UInt32? {
        let address = programCounter < ImageLayout.ram ? programCounter &+ ImageLayout.userAlias : programCounter
        guard address >= ImageLayout.ram, address - ImageLayout.ram + 4 <= UInt64(bytes.count) else { return nil }
        let index = Int(address - ImageLayout.ram)
        return (0..<4).reduce(0) { $0 | UInt32(bytes[index + $1]) << (8 * UInt32($1)) }
    }
}
