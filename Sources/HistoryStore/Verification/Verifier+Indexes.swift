extension Verifier {
    /// The index of a timeline's page history says what its records say.
    func checkPageHistory(_ walk: VerifierWalk) throws {
        var sum = IndexSum()
        let prefix = StoreKey.bigEndian(walk.timeline.id)
        try core.engine.scan(.history, from: prefix, to: StoreKey.end(ofPrefix: prefix)) { key, value in
            guard key.count == 18, let high = StoreKey.readBigEndian(UInt16.self, key, at: 4),
                let low = StoreKey.readBigEndian(UInt32.self, key, at: 6)
            else { throw HistoryStoreError.damaged(what: "its page history index is malformed") }
            try add(value, of: UInt64(high) << 32 | UInt64(low), to: &sum)
            return true
        }
        if walk.map != nil, sum != walk.indexSum {
            throw HistoryStoreError.damaged(
                what:
                    "its page history index differs from its manifests; 'palimpsest verify --rebuild-index' makes it anew"
            )
        }
    }

    /// The hash index is only looked at in form: whoever uses it compares the content.
    func checkHashIndex() {
        check(nil, nil) {
            try core.engine.scan(.hashes, from: [], to: nil) { key, value in
                var reader = ByteReader(value)
                guard key.count == 8, let location = reader.readVarint(), reader.isAtEnd,
                    PageLocation(rawValue: location).isStored
                else {
                    throw HistoryStoreError.damaged(
                        what: "the hash index is malformed; 'palimpsest verify --rebuild-index' makes it anew")
                }
                return true
            }
        }
    }

    private func add(_ value: UnsafeRawBufferPointer, of page: UInt64, to sum: inout IndexSum) throws {
        if page & PageMarks.keyBit != 0 {
            guard let marks = PageMarks.decodePostings(value) else {
                throw HistoryStoreError.damaged(what: "its index of page marks is malformed")
            }
            for mark in marks { sum.add([page, mark.epoch, mark.detail]) }
        } else {
            guard let postings = PagePostings.decode(value) else {
                throw HistoryStoreError.damaged(what: "its page history index is malformed")
            }
            for posting in postings {
                sum.add([page, posting.epoch, posting.pageClass.rawValue, posting.location.rawValue])
            }
        }
    }
}

/// A sum over index entries in which order does not matter: compares an index with the manifests in no memory.
struct IndexSum: Equatable {
    private var count = 0
    private var sum: UInt64 = 0

    mutating func add(_ values: [UInt64]) {
        var mixed: UInt64 = 0
        for value in values {
            mixed = (mixed ^ value) &* 0x9e37_79b9_7f4a_7c15
            mixed ^= mixed >> 29
        }
        count += 1
        sum &+= mixed
    }
}
