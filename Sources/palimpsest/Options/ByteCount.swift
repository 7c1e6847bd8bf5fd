import ArgumentParser

/// A number of bytes as people write it: `256M`, `2G`, `65536K`, `268435456`.
struct ByteCount: ExpressibleByArgument, Equatable, CustomStringConvertible {
    var bytes: UInt64

    init(bytes: UInt64) { self.bytes = bytes }

    init?(argument: String) {
        var digits = argument[...]
        var unit: UInt64 = 1
        if let last = argument.last, let shift = ["K": 10, "M": 20, "G": 30][last.uppercased()] {
            digits = digits.dropLast()
            unit = 1 << UInt64(shift)
        }
        guard digits.allSatisfy(\.isNumber), let count = UInt64(digits) else { return nil }
        let (bytes, overflow) = count.multipliedReportingOverflow(by: unit)
        guard !overflow else { return nil }
        self.bytes = bytes
    }

    var description: String {
        for (shift, suffix) in [(30, "G"), (20, "M"), (10, "K")] where bytes > 0 && bytes % (1 << shift) == 0 {
            return "\(bytes >> shift)\(suffix)"
        }
        return "\(bytes)"
    }

    /// ArgumentParser shows it beside an option's help.
    var defaultValueDescription: String { description }
}
