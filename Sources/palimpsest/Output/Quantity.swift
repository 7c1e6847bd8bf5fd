import Foundation

/// Quantities as people read them.
enum Quantity {
    static func bytes(_ count: Int) -> String {
        var value = Double(count)
        for unit in ["B", "KiB", "MiB", "GiB"] {
            if value < 1024 { return unit == "B" ? "\(count) B" : String(format: "%.1f %@", value, unit) }
            value /= 1024
        }
        return String(format: "%.1f TiB", value)
    }

    /// Without the unit.
    static func milliseconds(us: UInt64) -> String { String(format: "%.3f", Double(us) / 1000) }

    static func seconds(ns: UInt64) -> String { String(format: "%.6f", Double(ns) / 1e9) }

    static func decimal(_ value: Double, digits: Int) -> String { String(format: "%.*f", digits, value) }

    static func hex(_ value: UInt64) -> String { "0x" + String(value, radix: 16) }

    /// 16 digits, for columns of addresses and register values.
    static func hex64(_ value: UInt64) -> String {
        let digits = String(value, radix: 16)
        return "0x" + String(repeating: "0", count: 16 - digits.count) + digits
    }
}
