/// Memory as lines of 16 bytes: address, bytes, text.
enum HexDump {
    static func lines(_ bytes: [UInt8], at address: UInt64) -> [String] {
        stride(from: 0, to: bytes.count, by: 16).map { offset in
            let row = bytes[offset..<min(offset + 16, bytes.count)]
            let digits = row.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined(separator: " ")
            let text = String(row.map { (0x20..<0x7f).contains($0) ? Character(UnicodeScalar($0)) : "." })
            return "\(Quantity.hex64(address + UInt64(offset)))  \(digits)  \(text)"
        }
    }
}
