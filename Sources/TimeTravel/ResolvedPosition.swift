/// A position that exists: checkpoint `epoch` of a timeline's history and a number of instructions after it that lies
/// inside the next epoch.
public struct ResolvedPosition: Hashable, Sendable, CustomStringConvertible {
    /// The timeline asked for; the epoch may be an ancestor's that it shares.
    public var timeline: String
    public var epoch: UInt64
    /// 0 ..< the length of the next epoch.
    public var instructions: UInt64
    /// Instructions retired by all harts since checkpoint 0.
    public var icount: UInt64
    /// Where the epoch's own checkpoint was pruned: the last one before it, and its icount.
    public var earlierCheckpoint: Checkpoint?

    /// A checkpoint that is in the store.
    public struct Checkpoint: Hashable, Sendable {
        public var epoch: UInt64
        public var icount: UInt64
    }

    public init(
        timeline: String, epoch: UInt64, instructions: UInt64, icount: UInt64, earlierCheckpoint: Checkpoint? = nil
    ) {
        self.timeline = timeline
        self.epoch = epoch
        self.instructions = instructions
        self.icount = icount
        self.earlierCheckpoint = earlierCheckpoint
    }

    /// Whether nothing has to be executed to get there.
    public var isCheckpoint: Bool { isEpochEnd && earlierCheckpoint == nil }
    /// Whether it lies between two epochs, with the first one's checkpoint pruned or not.
    public var isEpochEnd: Bool { instructions == 0 }
    /// The epoch that the instruction before this position belongs to.
    public var lastEpoch: UInt64 { isEpochEnd ? epoch : epoch + 1 }
    /// Where a machine has to be taken from the store to get here.
    public var checkpoint: ResolvedPosition {
        if let earlier = earlierCheckpoint {
            return ResolvedPosition(timeline: timeline, epoch: earlier.epoch, instructions: 0, icount: earlier.icount)
        }
        return ResolvedPosition(timeline: timeline, epoch: epoch, instructions: 0, icount: icount - instructions)
    }

    /// `TIMELINE@EPOCH[+INSTRUCTIONS]`.
    public var description: String { "\(timeline)@\(epoch)" + (isEpochEnd ? "" : "+\(instructions)") }
}

/// A stretch of one timeline's history.
public struct ResolvedRange: Hashable, Sendable, CustomStringConvertible {
    public var start: ResolvedPosition
    /// On the same timeline, not before `start`.
    public var end: ResolvedPosition
    /// The epochs to list: from the one `start` names to the one `end` names or lies in; for a lone position that epoch.
    public var epochs: ClosedRange<UInt64>

    public init(start: ResolvedPosition, end: ResolvedPosition, epochs: ClosedRange<UInt64>? = nil) {
        self.start = start
        self.end = end
        self.epochs = epochs ?? start.epoch...end.lastEpoch
    }

    public var timeline: String { end.timeline }
    public var description: String { "\(start)..\(end)" }
}
