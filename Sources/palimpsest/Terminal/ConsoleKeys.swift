/// Tells the keys for the guest from those for us: Ctrl-A begins a command, as in QEMU.
struct ConsoleKeys {
    enum Command: Equatable {
        case quit
        case mark
        case help
    }

    static let help = """
        Ctrl-A x  quit    Ctrl-A c  mark this position with a tag    Ctrl-A Ctrl-A  send Ctrl-A    Ctrl-A h  this help
        """

    private static let prefix: UInt8 = 1
    private var isPrefixed = false

    /// Splits what was typed. Ctrl-A and a key that means nothing are dropped together.
    mutating func take(_ typed: [UInt8]) -> (forGuest: [UInt8], commands: [Command]) {
        var forGuest: [UInt8] = []
        var commands: [Command] = []
        for byte in typed {
            guard isPrefixed else {
                if byte == Self.prefix { isPrefixed = true } else { forGuest.append(byte) }
                continue
            }
            isPrefixed = false
            switch byte {
            case Self.prefix: forGuest.append(byte)
            case UInt8(ascii: "x"), UInt8(ascii: "X"): commands.append(.quit)
            case UInt8(ascii: "c"), UInt8(ascii: "C"): commands.append(.mark)
            case UInt8(ascii: "h"), UInt8(ascii: "H"), UInt8(ascii: "?"): commands.append(.help)
            default: break
            }
        }
        return (forGuest, commands)
    }
}
