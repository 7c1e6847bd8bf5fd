import Foundation
import StoreTraffic

extension TortureTrial {
    /// Records a child's calls and cuts the power at some of them.
    mutating func runPowerLosses() throws {
        let outcome = try tracedChild(round: 0)
        judge(outcome, "before the power went")
        count()
        let before = folder.appendingPathComponent("before")
        try FileManager.default.createDirectory(at: before, withIntermediateDirectories: true)
        try cutPower(of: before, ledger: Data(), round: 0, times: 8)
        // A loss of power while a store goes on after one.
        guard result.isRight, FileManager.default.fileExists(atPath: image.path) else { return }
        try? FileManager.default.removeItem(at: disk)
        try FileManager.default.copyItem(at: image, to: disk)
        try? FileManager.default.removeItem(at: before)
        try FileManager.default.copyItem(at: image, to: before)
        let ledgerBefore = try Data(contentsOf: imageLedger)
        try ledgerBefore.write(to: URL(fileURLWithPath: ledger))
        judge(try tracedChild(round: 1), "after power came back")
        try cutPower(of: before, ledger: ledgerBefore, round: 1, times: 4)
    }

    private var image: URL { folder.appendingPathComponent("image") }
    private var imageLedger: URL { folder.appendingPathComponent("image-ledger") }
    private var trace: String { folder.appendingPathComponent("trace").path }

    private mutating func tracedChild(round: UInt64) throws -> TortureProcess.Outcome {
        try? FileManager.default.removeItem(atPath: trace)
        return try child(
            round: round, steps: 24, unclosed: Bool.random(using: &generator),
            faults: ["FAULT_TRACE": trace, "FAULT_ACK": ledger])
    }

    /// Replays the trace on a disk that held `before`, and checks what is left after some of its calls.
    private mutating func cutPower(of before: URL, ledger: Data, round: Int, times: Int) throws {
        let trace = try FaultTrace(path: trace)
        let disk = try PowerlessDisk(holding: before)
        var applied = 0
        for cut in cuts(trace, times) {
            while applied < cut {
                disk.apply(trace[applied])
                applied += 1
            }
            try? FileManager.default.removeItem(at: image)
            try disk.losePower(into: image, &generator)
            try (ledger + disk.acknowledgements).write(to: imageLedger)
            let what = "power lost in round \(round) after \(cut) of \(trace.count) calls"
            // The check goes on with the store; what it was given stays for whoever looks into a failure.
            let copy = folder.appendingPathComponent("as-cut")
            try? FileManager.default.removeItem(at: copy)
            try FileManager.default.createDirectory(at: copy, withIntermediateDirectories: true)
            for file in [image, imageLedger] {
                try FileManager.default.copyItem(at: file, to: copy.appendingPathComponent(file.lastPathComponent))
            }
            try check(
                store: image.appendingPathComponent("store").path, ledger: imageLedger.path, level: .durable, what)
            guard result.isRight else { return }
        }
    }

    /// Anywhere, and just after something was acknowledged.
    private mutating func cuts(_ trace: FaultTrace, _ count: Int) -> [Int] {
        let acknowledged = trace.enumerated().filter { $0.element.kind == .acknowledge }.map { $0.offset + 1 }
        return (0..<count).map { _ in
            if Bool.random(using: &generator), let place = acknowledged.randomElement(using: &generator) {
                return place
            }
            return Int.random(in: 0...trace.count, using: &generator)
        }.sorted()
    }
}
