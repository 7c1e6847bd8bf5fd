import ArgumentParser

/// A guest address: `0x80201000`, or decimal.
struct Address: ExpressibleByArgument {
    var rawValue: UInt64

    init?(argument: String) {
        let isHexadecimal = argument.lowercased().hasPrefix("0x")
        let digits = isHexadecimal ? argument.dropFirst(2) : argument[...]
        guard digits.allSatisfy(\.isHexDigit), let value = UInt64(digits, radix: isHexadecimal ? 16 : 10) else {
            return nil
        }
        rawValue = value
    }
}
