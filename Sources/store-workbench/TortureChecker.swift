import Foundation
import HistoryStore
import StoreTraffic

/// The comparison of one store with its ledger.
struct TortureChecker {
    let store: String
    let ledger: String
    let plan: TorturePlan
    let level: TorturePromises.Level
    let isDamaged: Bool
    private(set) var report = TortureReport()
    private let promises: TorturePromises

    init(store: String, ledger: String, plan: TorturePlan, level: TorturePromises.Level, isDamaged: Bool) {
        self.store = store
        self.ledger = ledger
        self.plan = plan
        self.level = level
        self.isDamaged = isDamaged
        promises = TorturePromises(path: ledger)
        report.wrong = promises.wrong.map { "the child read: \($0)" }
    }

    /// Opens the store and compares everything.
    mutating func check(_ mode: HistoryStore.Mode) {
        attempt("opening \(mode)") { checker in
            let opened: HistoryStore
            do {
                opened = try HistoryStore.open(path: checker.store, mode: mode)
            } catch HistoryStoreError.notAStore where checker.mayBeAbsent { return }
            checker.compare(opened)
            checker.verify(opened)
            try opened.close()
        }
    }

    /// Whether nothing that binds was acknowledged: then the store may not have come into being.
    private var mayBeAbsent: Bool { promises.timelines.values.allSatisfy { $0.required(level) == nil } }

    private mutating func attempt(_ what: String, _ body: (inout TortureChecker) throws -> Void) {
        do {
            try body(&self)
        } catch let error as HistoryStoreError {
            note(error, what)
        } catch {
            report.wrong.append("\(what): \(error)")
        }
    }

    private mutating func note(_ error: HistoryStoreError, _ what: String) {
        switch error {
        case .damaged, .newerFormat, .notAStore:
            if isDamaged { report.named.append("\(what): \(error)") } else { report.lost.append("\(what): \(error)") }
        default: report.wrong.append("\(what): \(error)")
        }
    }

    // MARK: Timelines

    private mutating func compare(_ opened: HistoryStore) {
        attempt("listing the timelines") { checker in
            let found = try opened.timelines()
            for info in found { checker.compare(info, opened) }
            let names = Set(found.map(\.name))
            for (name, line) in checker.promises.timelines where !names.contains(name) {
                if let epoch = line.required(checker.level) {
                    checker.report.lost.append("timeline '\(name)' with epoch \(epoch) is gone")
                }
            }
        }
        attempt("listing the tags") { try $0.compareTags(opened) }
    }

    private mutating func compare(_ info: TimelineInfo, _ opened: HistoryStore) {
        let name = info.name
        guard let line = promises.timelines[name] else {
            report.wrong.append("there is a timeline '\(name)' that nobody made")
            return
        }
        if let required = line.required(level), info.headEpoch < required {
            report.lost.append("timeline '\(name)' ends at epoch \(info.headEpoch), not \(required)")
        }
        if info.headEpoch > line.lastAttempted { report.wrong.append("timeline '\(name)' has epochs nobody made") }
        if info.parent != line.parent?.timeline || info.parentEpoch != line.parent?.epoch {
            report.wrong.append("timeline '\(name)' hangs elsewhere than it was made")
        }
        var comparison = HistoryComparison(plan.shape)
        comparison.acknowledgedAttempt = promises.attempt
        comparison.wasAttempted = { [promises] in promises.timelines[$0.timeline]?.attempted.contains($0) ?? false }
        comparison.mayBePruned = promises.mayBePruned
        comparison.compare(opened, timeline: name, through: info.headEpoch)
        report.epochs += comparison.epochsRight
        report.wrong += comparison.wrong + comparison.outdated
        if isDamaged { report.named += comparison.named } else { report.lost += comparison.named }
    }

    private mutating func compareTags(_ opened: HistoryStore) throws {
        let found = Dictionary(uniqueKeysWithValues: try opened.tags().map { ($0.name, $0) })
        for (name, tag) in found {
            switch promises.tags[name] {
            case .there(let place)?, .maybe(let place)?:
                if tag.timeline != place.timeline || tag.epoch != place.epoch {
                    report.wrong.append("tag '\(name)' is elsewhere than it was set")
                }
            case .gone?, nil: report.wrong.append("there is a tag '\(name)' that is not to be there")
            }
        }
        for case (let name, .there) in promises.tags where found[name] == nil {
            report.lost.append("tag '\(name)' is gone")
        }
    }

    private mutating func verify(_ opened: HistoryStore) {
        attempt("verifying") { checker in
            for finding in try opened.verify(VerifyOptions(data: .all)).findings {
                checker.note(.damaged(what: "\(finding)"), "verify")
            }
        }
    }

    // MARK: Going on

    /// Appends an epoch to every timeline and reads it back.
    mutating func goOn() {
        attempt("going on") { checker in
            let opened = try HistoryStore.open(path: checker.store, mode: .create)
            let ledger = try LedgerWriter(path: checker.ledger)
            for info in try opened.timelines() { try checker.append(to: info, opened, ledger) }
            if try opened.timelines().isEmpty { try opened.createTimeline(name: "check").close() }
            try opened.close()
            ledger.note(.closed)
        }
        var second = TortureChecker(store: store, ledger: ledger, plan: plan, level: level, isDamaged: isDamaged)
        second.check(.readOnly)
        report.lost += second.report.lost.map { "after going on: \($0)" }
        report.wrong += second.report.wrong.map { "after going on: \($0)" }
    }

    private func append(to info: TimelineInfo, _ opened: HistoryStore, _ ledger: LedgerWriter) throws {
        let guest = ReproducibleGuest(plan.shape)
        try guest.restore(from: opened, timeline: info.name, epoch: info.headEpoch)
        let writer = try opened.resumeTimeline(name: info.name)
        let attempt = EpochAttempt(timeline: info.name, epoch: info.headEpoch + 1, number: 1 << 40 | info.headEpoch)
        ledger.note(.begin(attempt, parent: promises.timelines[info.name]?.parent))
        let receipt = try guest.append(attempt, to: writer)
        ledger.note(.stored(attempt, durable: receipt.durable))
    }
}
