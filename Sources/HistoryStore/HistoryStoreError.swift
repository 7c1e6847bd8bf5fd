import GuestMemory

/// What can go wrong with a store. Each reads as one sentence: what, where, what to do.
public enum HistoryStoreError: Error, Codable, Equatable, Sendable, CustomStringConvertible {
    /// The directory is absent or holds no history.
    case notAStore(path: String)
    /// The store, or a record in it, was written by a newer program.
    case newerFormat(path: String, found: Int, supported: Int)
    /// Another process (or another open handle in this one) records into the store.
    case lockedByAnotherProcess(path: String)
    /// Something that was read is not what was written. `what` names the page, epoch and timeline as far as known.
    case damaged(what: String)
    case noSuchTimeline(String)
    case noSuchEpoch(timeline: String, epoch: UInt64)
    case noSuchTag(String)
    case noSuchHold(String)
    /// The epoch's checkpoint was pruned; its log is there.
    case pruned(timeline: String, epoch: UInt64)
    /// The epochs were pruned with their inputs: nothing leads into them any longer.
    case forgotten(timeline: String, first: UInt64, last: UInt64)
    /// A store that is open for reading was pruned and collected, and what it was asked for is gone.
    case collectedMeanwhile(path: String)
    /// A stretch that tags, holds or forks need cannot be taken away.
    case protected(String)
    case timelineExists(String)
    /// The timeline already has a writer in this process.
    case timelineInUse(String)
    /// Epochs must follow each other without gaps, and pages come in rising order.
    case misuse(String)
    case readOnly(path: String)
    case closed(path: String)
    /// The file system has no room left. Nothing of the epoch being written was kept.
    case diskFull(path: String)
    /// A file that was to be imported is not what `export` writes.
    case badExport(path: String, what: String)
    case io(String)

    public var description: String {
        switch self {
        case .notAStore(let path):
            "there is no history in '\(path)': name another directory with --store, or record one"
        case .newerFormat(let path, let found, let supported):
            "'\(path)' has format \(found) and this program reads up to \(supported): use a newer palimpsest"
        case .lockedByAnotherProcess(let path):
            "'\(path)' is being recorded by another process: wait for it to end, or name another --store"
        case .damaged(let what):
            "damaged history: \(what); run 'palimpsest verify' to see its extent"
        case .noSuchTimeline(let name):
            "there is no timeline '\(name)': 'palimpsest timelines' lists them"
        case .noSuchEpoch(let timeline, let epoch):
            "timeline '\(timeline)' has no epoch \(epoch): 'palimpsest log' lists its epochs"
        case .noSuchTag(let name):
            "there is no tag '\(name)': 'palimpsest tag' lists them"
        case .noSuchHold(let name):
            "there is no hold '\(name)': 'palimpsest hold' lists them"
        case .pruned(let timeline, let epoch):
            "the checkpoint of epoch \(epoch) of timeline '\(timeline)' was pruned: its pages and state can only be had by "
                + "executing it, as 'checkout' and 'debug' do"
        case .forgotten(let timeline, let first, let last):
            "epochs \(first) to \(last) of timeline '\(timeline)' were pruned with their inputs: no position in them can be "
                + "reached any longer"
        case .collectedMeanwhile(let path):
            "'\(path)' was pruned and collected while it was being read: run this again"
        case .protected(let what):
            what
        case .timelineExists(let name):
            "timeline '\(name)' exists already: choose another name with --timeline"
        case .timelineInUse(let name):
            "timeline '\(name)' is already being written: close its writer first"
        case .misuse(let what):
            what
        case .readOnly(let path):
            "'\(path)' was opened for reading only: open it for writing"
        case .closed(let path):
            "'\(path)' has been closed: open it again"
        case .diskFull(let path):
            "no space left for '\(path)': free some and run again; the history is valid up to its last epoch"
        case .badExport(let path, let what):
            "'\(path)' \(what)"
        case .io(let what):
            what
        }
    }
}
