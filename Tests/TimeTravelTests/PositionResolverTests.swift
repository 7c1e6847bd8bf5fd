import HistoryStore
import Testing
import TimeTravel

/// Positions in histories without a machine: epochs of 100 instructions, one of them empty.
@Suite struct PositionResolverTests {
    /// `main` has epochs 0 ... 10, epoch 6 without instructions; `side` forks at 4 and has epochs of 50 up to 8.
    private static func makeStore(_ directory: TemporaryDirectory) throws -> HistoryStore {
        let store = try HistoryStore.open(path: directory.path, mode: .create)
        let main = try store.createTimeline(name: "main", options: WriterOptions(durability: .off))
        var icount: UInt64 = 0
        for epoch: UInt64 in 0...10 {
            let length: UInt64 = epoch == 0 || epoch == 6 ? 0 : 100
            _ = try main.append(EpochInput(epoch: epoch, icountFrom: icount, icountTo: icount + length))
            icount += length
        }
        try main.close()
        let side = try store.createTimeline(name: "side", parent: ("main", 4), options: WriterOptions(durability: .off))
        icount = 400
        for epoch: UInt64 in 5...8 {
            _ = try side.append(EpochInput(epoch: epoch, icountFrom: icount, icountTo: icount + 50))
            icount += 50
        }
        try side.close()
        try store.setTag(name: "here", timeline: "side", epoch: 5, instructions: 20)
        try store.setTag(name: "there", timeline: "main", epoch: 3)
        return store
    }

    @Test(arguments: [
        ("0", "main@0", 0), ("5", "main@5", 500), ("6", "main@6", 500), ("10", "main@10", 900),
        ("HEAD", "main@10", 900),
        ("HEAD~10", "main@0", 0), ("HEAD~3", "main@7", 600), ("side@HEAD", "side@8", 600), ("side@2", "side@2", 200),
        // An offset that reaches past an epoch's end belongs to a later one.
        ("1+99", "main@1+99", 199), ("1+100", "main@2", 200), ("1+101", "main@2+1", 201), ("0+900", "main@10", 900),
        ("4+100", "main@6", 500), ("side@4+50", "side@5", 450), ("side@3+120", "side@4+20", 420),
        ("i0", "main@0", 0), ("i99", "main@0+99", 99), ("i100", "main@1", 100), ("i500", "main@6", 500),
        ("i899", "main@9+99", 899), ("i900", "main@10", 900), ("i100+100", "main@2", 200),
        ("side@i450", "side@5", 450), ("side@i399", "side@3+99", 399),
        ("0%", "main@0", 0), ("50%", "main@4+50", 450), ("100%", "main@10", 900), ("side@50%", "side@3", 300),
        ("here", "side@5+20", 470), ("side@here", "side@5+20", 470), ("here+40", "side@6+10", 510),
        ("there", "main@3", 300),
    ])
    func resolves(text: String, expected: String, icount: UInt64) throws {
        let directory = TemporaryDirectory()
        let resolved = try PositionResolver(Self.makeStore(directory)).resolve(Position(parsing: text))
        #expect(resolved.description == expected && resolved.icount == icount)
    }

    @Test(arguments: [
        ("11", "11 is beyond the end of timeline 'main', which is epoch 10 at i900"),
        ("i901", "i901 is beyond the end of timeline 'main', which is epoch 10 at i900"),
        ("9+101", "9+101 is beyond the end of timeline 'main', which is epoch 10 at i900"),
        ("HEAD+1", "HEAD+1 is beyond the end of timeline 'main', which is epoch 10 at i900"),
        (
            "1+18446744073709551615",
            "1+18446744073709551615 is beyond the end of timeline 'main', which is epoch 10 at i900"
        ),
        ("side@9", "side@9 is beyond the end of timeline 'side', which is epoch 8 at i600"),
        ("HEAD~11", "HEAD~11 is before the start of timeline 'main', whose last epoch is 10"),
        ("nowhere", "there is no tag 'nowhere': 'palimpsest tag' lists them"),
        ("nobody@3", "there is no timeline 'nobody': 'palimpsest timelines' lists them"),
        ("main@here", "tag 'here' is on timeline 'side', not on 'main': leave the timeline out"),
    ])
    func saysWhyThereIsNoSuchPosition(text: String, message: String) throws {
        let directory = TemporaryDirectory()
        let resolver = PositionResolver(try Self.makeStore(directory))
        #expect {
            try resolver.resolve(Position(parsing: text))
        } throws: {
            "\($0)" == message
        }
    }

    @Test(
        arguments: [
            ("..", "main@0..main@10", 0...10), ("3..", "main@3..main@10", 3...10), ("..3", "main@0..main@3", 0...3),
            ("2..4", "main@2..main@4", 2...4), ("2+10..4+10", "main@2+10..main@4+10", 2...5),
            // A lone position is the epoch that ends there, or its part up to there.
            ("4", "main@3..main@4", 4...4), ("4+10", "main@4..main@4+10", 5...5), ("0", "main@0..main@0", 0...0),
            // What one side names holds for the other.
            ("side@2..", "side@2..side@8", 2...8), ("..side@7", "side@0..side@7", 0...7),
            ("2..here", "side@2..side@5+20", 2...6),
            // Up to the fork the two timelines are one.
            ("main@3..side@7", "side@3..side@7", 3...7), ("main@4..side@7", "side@4..side@7", 4...7),
            ("side@3..main@9", "main@3..main@9", 3...9),
        ] as [(String, String, ClosedRange<UInt64>)])
    func resolvesRanges(text: String, expected: String, epochs: ClosedRange<UInt64>) throws {
        let directory = TemporaryDirectory()
        let range = try PositionResolver(Self.makeStore(directory)).resolve(PositionRange(parsing: text))
        #expect(range.description == expected && range.epochs == epochs)
    }

    @Test(arguments: ["5..4", "4+10..4+9", "HEAD..0", "main@5..side@7", "main@4+10..side@7", "side@5..main@9"])
    func refusesRangesThatLeadNowhere(text: String) throws {
        let directory = TemporaryDirectory()
        let resolver = PositionResolver(try Self.makeStore(directory))
        #expect(throws: PositionError.self) { try resolver.resolve(PositionRange(parsing: text)) }
    }

    @Test func theDefaultTimelineIsTheOnlyOneOrMainOrTheLast() throws {
        let directory = TemporaryDirectory()
        let store = try HistoryStore.open(path: directory.path, mode: .create)
        let resolver = PositionResolver(store)
        #expect(throws: PositionError.emptyHistory(path: directory.path)) { try resolver.defaultTimeline() }
        for (name, expected) in [("one", "one"), ("two", "two"), ("main", "main"), ("three", "main")] {
            let writer = try store.createTimeline(name: name, options: WriterOptions(durability: .off))
            _ = try writer.append(EpochInput(epoch: 0, icountFrom: 0, icountTo: 0))
            try writer.close()
            #expect(try resolver.defaultTimeline() == expected)
        }
    }
}
