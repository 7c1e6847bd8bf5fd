/// Which page contents `verify` decodes and hashes.
public enum VerifyData: Equatable, Sendable {
    /// None: the structure only, which includes every segment's own hash.
    case none
    case all
    /// The epochs whose number divided by `of` leaves `part` − 1; all parts together are everything.
    case part(UInt64, of: UInt64)
    /// About so many of a hundred epochs, chosen by the seed.
    case percent(Double, seed: UInt64)
    /// A timeline's own epochs from one on.
    case since(timeline: String, epoch: UInt64)
}

public struct VerifyOptions: Equatable, Sendable {
    public var data: VerifyData
    /// Threads that decode pages.
    public var jobCount: Int

    public init(data: VerifyData = .none, jobCount: Int = 2) {
        self.data = data
        self.jobCount = jobCount
    }
}

/// Something `verify` found wrong.
public struct Finding: Equatable, Sendable, CustomStringConvertible {
    /// nil when the damage is not tied to one.
    public var timeline: String?
    public var epoch: UInt64?
    /// One sentence without a full stop: what is wrong, and the page if it is tied to one.
    public var what: String

    public init(timeline: String?, epoch: UInt64?, what: String) {
        self.timeline = timeline
        self.epoch = epoch
        self.what = what
    }

    public var description: String {
        switch (timeline, epoch) {
        case (let timeline?, let epoch?): "timeline '\(timeline)' epoch \(epoch): \(what)"
        case (let timeline?, nil): "timeline '\(timeline)': \(what)"
        default: what
        }
    }
}

/// How far long work has come.
public struct VerifyProgress: Equatable, Sendable {
    /// What is counted.
    public enum Unit: String, Sendable { case epochs, segments }

    public var unit: Unit
    public var epochsDone: Int
    public var epochsTotal: Int

    public init(unit: Unit = .epochs, epochsDone: Int, epochsTotal: Int) {
        self.unit = unit
        self.epochsDone = epochsDone
        self.epochsTotal = epochsTotal
    }
}

/// Which of a timeline's own checkpoints can be checked out whole.
public struct TimelineHealth: Equatable, Sendable {
    public var timeline: String
    /// Checkpoints that were not pruned.
    public var checkpointCount = 0
    /// Stretches of epochs that damage reaches, oldest first: checkpoints, and pruned epochs that are executed from one.
    public var damaged: [ClosedRange<UInt64>] = []
    public var damagedCheckpointCount = 0
    /// Pages whose content was damaged at some checkpoint.
    public var damagedPages: Set<UInt64> = []
}

/// What `verify` found.
public struct VerifyReport: Equatable, Sendable {
    public var findings: [Finding] = []
    public var timelines: [TimelineHealth] = []
    /// Records looked at, pruned epochs included.
    public var epochCount = 0
    public var segmentCount = 0
    /// Page versions decoded and hashed.
    public var pageCount = 0
    public var wasInterrupted = false

    public var isSound: Bool { findings.isEmpty }
}
