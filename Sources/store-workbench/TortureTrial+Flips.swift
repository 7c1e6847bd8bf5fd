import Foundation
import StoreTraffic

extension TortureTrial {
    /// Flips a bit of a copy of a small store, many times: everything is read right, or the damage is named.
    mutating func runFlips() throws {
        let unclosed = Bool.random(using: &generator)
        judge(try child(round: 0, steps: 24, unclosed: unclosed), "before the flips")
        count()
        let files = try Self.files(of: store)
        for _ in 0..<12 {
            guard result.isRight else { return }
            try flip(in: files)
        }
    }

    private mutating func flip(in files: [(path: String, byteCount: Int)]) throws {
        let image = folder.appendingPathComponent("image").path
        let ledgerCopy = folder.appendingPathComponent("image-ledger").path
        for (from, to) in [(store, image), (ledger, ledgerCopy)] {
            try? FileManager.default.removeItem(atPath: to)
            try FileManager.default.copyItem(atPath: from, toPath: to)
        }
        let (path, byteCount) = choose(files)
        let index = position(in: byteCount)
        let bit = UInt8(1) << UInt8.random(in: 0..<8, using: &generator)
        let url = URL(fileURLWithPath: image + "/" + path)
        var data = try Data(contentsOf: url)
        data[index] ^= bit
        try data.write(to: url)
        try check(
            store: image, ledger: ledgerCopy, level: .durable, damaged: true,
            "bit \(bit.trailingZeroBitCount) of byte \(index) of \(byteCount) of \(path)")
    }

    /// As many in small files as in large ones, and as many in a byte here as in one there.
    private mutating func choose(_ files: [(path: String, byteCount: Int)]) -> (path: String, byteCount: Int) {
        if Bool.random(using: &generator) { return files.randomElement(using: &generator)! }
        var place = Int.random(in: 0..<files.reduce(0) { $0 + $1.byteCount }, using: &generator)
        for file in files {
            place -= file.byteCount
            if place < 0 { return file }
        }
        return files[0]
    }

    /// Ends, where formats keep their bookkeeping, more often than the rest.
    private mutating func position(in byteCount: Int) -> Int {
        switch Int.random(in: 0..<4, using: &generator) {
        case 0: max(0, byteCount - Int.random(in: 1...200, using: &generator))
        default: Int.random(in: 0..<byteCount, using: &generator)
        }
    }

    private static func files(of store: String) throws -> [(path: String, byteCount: Int)] {
        try FileManager.default.subpathsOfDirectory(atPath: store).sorted().compactMap { path in
            let attributes = try FileManager.default.attributesOfItem(atPath: store + "/" + path)
            guard attributes[.type] as? FileAttributeType == .typeRegular, let size = attributes[.size] as? Int,
                size > 0
            else { return nil }
            return (path, size)
        }
    }
}
