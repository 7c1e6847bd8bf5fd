import Foundation
import StoreTraffic

extension TortureTrial {
    /// Kills children of one store at random instants and at random calls, a few times over.
    mutating func runKills() throws {
        for round in 0..<UInt64(Int.random(in: 2...6, using: &generator)) {
            let outcome: TortureProcess.Outcome
            let what: String
            if Bool.random(using: &generator) {
                let delay_us = Int.random(in: 5_000...200_000, using: &generator)
                what = "round \(round) killed after \(delay_us) us"
                outcome = try child(round: round, steps: 100_000, killAfter_us: delay_us)
            } else {
                let call = Self.callNumber(upTo: 1 << 10, &generator)
                var faults = ["FAULT_MODE": "kill", "FAULT_AT": "\(call)"]
                if Bool.random(using: &generator) { faults["FAULT_HALF"] = "1" }
                what = "round \(round) killed at call \(call)"
                outcome = try child(round: round, steps: 200, faults: faults)
            }
            judge(outcome, mayBeKilled: true, what)
            try check(level: .stored, what)
            guard result.isRight else { break }
        }
        count()
    }

    /// Small numbers as often as large ones: an opening makes few calls.
    private static func callNumber(upTo limit: Int, _ generator: inout SeededGenerator) -> Int {
        let bits = Int.random(in: 0..<limit.trailingZeroBitCount, using: &generator)
        return Int.random(in: (1 << bits)...(2 << bits), using: &generator)
    }

    /// Lets one call fail, or one and all after it, of a child that makes a store or goes on with one.
    mutating func runFailingCall() throws {
        let steps = 16
        var round: UInt64 = 0
        if strikeAt == nil, Bool.random(using: &generator) {
            judge(try child(round: 0, steps: steps), "before the fault")
            round = 1
        }
        let call = strikeAt ?? Self.callNumber(upTo: 1 << 9, &generator)
        let faults = failingCall(call)
        let outcome = try child(round: round, steps: steps, unclosed: Bool.random(using: &generator), faults: faults)
        let report = TortureShimReport(path: shimReport)
        let what = "call \(call) of \(report.calls) (\(report.what)) \(faults)"
        judge(outcome, what)
        note(reported: outcome.status == 3)
        try check(level: .stored, what)
        count()
    }

    private mutating func failingCall(_ call: Int) -> [String: String] {
        var faults = ["FAULT_AT": "\(call)", "FAULT_MODE": kind == .short ? "short" : "error"]
        if kind == .full { faults["FAULT_ERRNO"] = "\(ENOSPC)" }
        if kind == .full || Int.random(in: 0..<3, using: &generator) == 0 { faults["FAULT_LASTS"] = "1" }
        return faults
    }

    /// How many calls a child makes when none fails; sweeps end there.
    func callCount() throws -> Int {
        _ = try child(round: 0, steps: 16, faults: [:])
        return Int(TortureShimReport(path: shimReport).calls)
    }
}

/// What the shim says it did.
struct TortureShimReport {
    var calls: UInt64 = 0
    /// The call that was struck, and its file.
    var what = "none"

    init(path: String) {
        guard let data = FileManager.default.contents(atPath: path), data.count > 16 else { return }
        calls = data.withUnsafeBytes { $0.loadUnaligned(as: UInt64.self) }
        let text = data.dropFirst(16).prefix { $0 != 0 }
        if !text.isEmpty { what = String(decoding: text, as: UTF8.self) }
    }
}
