import GuestMemory

extension StoreCore {
    /// A page's postings in a stretch, oldest first: from the index, and from the manifests that it does not reach.
    func postings(of page: GuestPhysicalPage, in stretch: LineageStretch) throws -> [PagePosting] {
        let (indexed, tail) = try cut(stretch)
        var postings: [PagePosting] = []
        if let indexed { postings = try indexedPostings(of: page, in: indexed) }
        if let tail { postings += try unindexedTail.postings(of: page.number, in: tail, self) }
        return postings
    }

    /// The newest posting of a page in a stretch.
    func lastPosting(of page: GuestPhysicalPage, in stretch: LineageStretch) throws -> PagePosting? {
        let (indexed, tail) = try cut(stretch)
        if let tail, let last = try unindexedTail.postings(of: page.number, in: tail, self).last { return last }
        guard let indexed else { return nil }
        var found: PagePosting?
        try forEachIndexedBatch(of: page, in: indexed) { batch in
            found = batch.last
            return found == nil
        }
        return found
    }

    /// A page's marks in a stretch, oldest first.
    func marks(of page: UInt64, in stretch: LineageStretch) throws -> [PageMarkEpoch] {
        let (indexed, tail) = try cut(stretch)
        var marks: [PageMarkEpoch] = []
        if let indexed { marks = try indexedMarks(of: page, in: indexed) }
        if let tail { marks += try unindexedTail.marks(of: page, in: tail, self) }
        return marks
    }

    /// The part of a stretch that the index has, and the rest.
    private func cut(_ stretch: LineageStretch) throws -> (indexed: LineageStretch?, tail: LineageStretch?) {
        let (first, last) = (stretch.epochs.lowerBound, stretch.epochs.upperBound)
        guard let through = try indexedThrough(stretch.timeline), through >= first else { return (nil, stretch) }
        let indexed = LineageStretch(timeline: stretch.timeline, epochs: first...min(through, last))
        guard through < last else { return (indexed, nil) }
        return (indexed, LineageStretch(timeline: stretch.timeline, epochs: through + 1...last))
    }

    private func indexedPostings(of page: GuestPhysicalPage, in stretch: LineageStretch) throws -> [PagePosting] {
        var newestFirst: [[PagePosting]] = []
        try forEachIndexedBatch(of: page, in: stretch) {
            newestFirst.append($0)
            return true
        }
        return newestFirst.reversed().flatMap { $0 }
    }

    /// Visits a page's batches, newest first, each clipped to the stretch.
    private func forEachIndexedBatch(
        of page: GuestPhysicalPage, in stretch: LineageStretch, _ body: ([PagePosting]) throws -> Bool
    ) throws {
        try scanBatches(of: page.number, in: stretch) { value in
            guard let batch = PagePostings.decode(value), let last = batch.last else {
                throw HistoryStoreError.damaged(
                    what: "the index entry of \(page) of timeline '\(stretch.timeline.name)' is malformed")
            }
            guard try body(batch.filter { stretch.epochs.contains($0.epoch) }) else { return false }
            return last.epoch >= stretch.epochs.lowerBound
        }
    }

    private func indexedMarks(of page: UInt64, in stretch: LineageStretch) throws -> [PageMarkEpoch] {
        var newestFirst: [[PageMarkEpoch]] = []
        try scanBatches(of: page | PageMarks.keyBit, in: stretch) { value in
            guard let batch = PageMarks.decodePostings(value), let last = batch.last else {
                let name = "page 0x\(String(page, radix: 16)) of timeline '\(stretch.timeline.name)'"
                throw HistoryStoreError.damaged(what: "the index of the marks of \(name) is malformed")
            }
            newestFirst.append(batch.filter { stretch.epochs.contains($0.epoch) })
            return last.epoch >= stretch.epochs.lowerBound
        }
        return newestFirst.reversed().flatMap { $0 }
    }

    /// Visits a page's index values, newest first, from the first batch that can reach into the stretch.
    private func scanBatches(
        of page: UInt64, in stretch: LineageStretch, _ body: (UnsafeRawBufferPointer) throws -> Bool
    ) throws {
        let prefix = StoreKey.historyPrefix(stretch.timeline.id, page)
        // A batch has at most so many epochs, so one that ends later than this begins after the stretch.
        let (last, overflow) = stretch.epochs.upperBound.addingReportingOverflow(UInt64(Indexer.batchEpochsMax) - 1)
        let from = StoreKey.history(stretch.timeline.id, page, lastEpoch: overflow ? .max : last)
        try engine.scan(.history, from: from, to: StoreKey.end(ofPrefix: prefix)) { _, value in try body(value) }
    }
}
