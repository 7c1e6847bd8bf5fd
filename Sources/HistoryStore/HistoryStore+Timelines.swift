import GuestMemory

extension HistoryStore {
    /// Every timeline, in order of creation.
    public func timelines() throws -> [TimelineInfo] {
        let core = try core
        return try core.timelines.map { try info($0, core) }
    }

    /// - Throws: `HistoryStoreError.noSuchTimeline`.
    public func timeline(named name: String) throws -> TimelineInfo {
        let core = try core
        return try info(try core.timeline(named: name), core)
    }

    /// The last epoch of a timeline.
    public func headEpoch(timeline: String) throws -> UInt64 { try self.timeline(named: timeline).headEpoch }

    /// Begins a timeline. It comes into being with its first epoch: 0 without a parent, else the one after the fork.
    ///
    /// - Parameters:
    ///   - name: letters, digits, `-`, `_` and `.`; at most 128 of them.
    ///   - parent: the timeline and the last of its epochs that the new one shares; nil for a new machine.
    ///   - metadata: the machine's configuration, opaque to the store.
    /// - Throws: `HistoryStoreError.timelineExists`, `.timelineInUse`, `.noSuchTimeline`, `.noSuchEpoch`, `.misuse`.
    public func createTimeline(
        name: String, parent: (timeline: String, epoch: UInt64)? = nil, metadata: [UInt8] = [],
        options: WriterOptions = WriterOptions()
    ) throws -> TimelineWriter {
        let core = try core
        let indexer = try indexer
        guard Self.isValidName(name) else {
            throw HistoryStoreError.misuse(
                "'\(name)' is no name for a timeline: use up to 128 letters, digits, '-', '_' and '.'")
        }
        guard (try? core.timeline(named: name)) == nil else { throw HistoryStoreError.timelineExists(name) }
        return try register(name) {
            var record = Palimpsest_History_V1_TimelineRecord()
            record.name = name
            record.metadata = .init(metadata)
            var start = WriterStart()
            if let parent {
                let manifest = try manifest(timeline: parent.timeline, epoch: parent.epoch)
                // The fork hangs on the timeline that has the epoch, not on one that shares it.
                record.fork.parentID = manifest.record.timelineID
                record.fork.parentEpoch = parent.epoch
                start = try writerStart(timeline: parent.timeline, epoch: parent.epoch, manifestHash: manifest.hash)
            }
            record.id = core.takeTimelineNumber()
            return TimelineWriter(
                store: self, core: core, indexer: indexer, record: record, isNew: true, start: start,
                options: options)
        }
    }

    /// Continues a timeline after its head.
    ///
    /// - Throws: `HistoryStoreError.noSuchTimeline`, `.timelineInUse`, `.readOnly`, `.damaged`.
    public func resumeTimeline(name: String, options: WriterOptions = WriterOptions()) throws -> TimelineWriter {
        let core = try core
        let indexer = try indexer
        let record = try core.timeline(named: name)
        return try register(name) {
            // A writer that failed, or was left, may have taken entries with it.
            try indexer.catchUp(record)
            let epoch = try headEpoch(timeline: name)
            let manifest = try manifest(timeline: name, epoch: epoch)
            return TimelineWriter(
                store: self, core: core, indexer: indexer, record: record, isNew: false,
                start: try writerStart(timeline: name, epoch: epoch, manifestHash: manifest.hash), options: options)
        }
    }

    private func writerStart(timeline: String, epoch: UInt64, manifestHash: [UInt8]) throws -> WriterStart {
        let (map, mapEpoch, dirty) = try mapAndItsAge(timeline: timeline, epoch: epoch)
        return WriterStart(
            headEpoch: epoch, manifestHash: manifestHash, map: PageMap(copying: map),
            mapSchedule: MapSchedule(epochs: Int(epoch - mapEpoch), dirtyPages: dirty))
    }

    private func info(_ record: Palimpsest_History_V1_TimelineRecord, _ core: StoreCore) throws -> TimelineInfo {
        guard let head = try core.head(record.id) else {
            throw HistoryStoreError.damaged(what: "timeline '\(record.name)' has no head")
        }
        return TimelineInfo(
            name: record.name, id: record.id,
            parent: record.hasFork ? try core.timeline(record.fork.parentID).name : nil,
            parentEpoch: record.hasFork ? record.fork.parentEpoch : nil, headEpoch: head.epoch,
            metadata: [UInt8](record.metadata), generation: record.generation,
            createdWallTime_ns: record.createdWallTimeNs)
    }

    /// Names appear in positions (`TIMELINE@EPOCH+INSTRUCTIONS`, `HEAD~3`), so they have none of those signs.
    static func isValidName(_ name: String) -> Bool {
        !name.isEmpty && name.utf8.count <= 128
            && name.unicodeScalars.allSatisfy {
                $0.properties.isAlphabetic || $0.properties.numericType != nil || "-_.".unicodeScalars.contains($0)
            }
    }
}
