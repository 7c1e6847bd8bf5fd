import Testing
import TimeTravel

@Suite struct PositionTests {
    @Test(arguments: [
        ("0", Position(.epoch(0))),
        ("12", Position(.epoch(12))),
        ("12+500", Position(.epoch(12), instructions: 500)),
        ("main@12+500", Position(timeline: "main", .epoch(12), instructions: 500)),
        ("HEAD", Position.head),
        ("HEAD~3", Position(.head(epochsBack: 3))),
        ("retry-2@HEAD~3", Position(timeline: "retry-2", .head(epochsBack: 3))),
        ("HEAD~3+7", Position(.head(epochsBack: 3), instructions: 7)),
        ("i8000000000", Position(.icount(8_000_000_000))),
        ("a.b@i5", Position(timeline: "a.b", .icount(5))),
        ("50%", Position(.percent(50))),
        ("main@12.5%", Position(timeline: "main", .percent(12.5))),
        ("boot", Position(.tag("boot"))),
        ("boot+3", Position(.tag("boot"), instructions: 3)),
        ("i", Position(.tag("i"))),
        ("i7a", Position(.tag("i7a"))),
        ("7a", Position(.tag("7a"))),
        ("head", Position(.tag("head"))),
        ("18446744073709551615", Position(.epoch(.max))),
    ])
    func parsesAndPrints(text: String, position: Position) throws {
        #expect(try Position(parsing: text) == position)
        #expect(position.description == text)
    }

    @Test(arguments: [
        "", "@", "main@", "@5", "+5", "5+", "5+x", "5+-1", "a..b", ".a", "..", "HEAD~", "HEAD~x", "101%", "%", "x%",
        "1.2.3%", "a b",
        "18446744073709551616", "i18446744073709551616", "5@5@5", "HEAD^", "5+5+5", "é%", "nan%", "inf%",
    ])
    func refuses(text: String) {
        #expect {
            try Position(parsing: text)
        } throws: { error in
            guard case PositionError.malformed(text, _)? = error as? PositionError else { return false }
            return "\(error)".hasPrefix("'\(text)' is no position: ") && !"\(error)".contains("\n")
        }
    }

    @Test func rangesHaveTwoSidesEitherOfWhichMayBeLeftOut() throws {
        let five = Position(.epoch(5))
        #expect(
            try PositionRange(parsing: "5..HEAD~1") == PositionRange(from: five, to: Position(.head(epochsBack: 1))))
        #expect(try PositionRange(parsing: "..5") == PositionRange(from: nil, to: five))
        #expect(try PositionRange(parsing: "5..") == PositionRange(from: five, to: nil))
        #expect(try PositionRange(parsing: "..") == .all)
        #expect(try PositionRange(parsing: "5") == PositionRange(lone: five))
        for text in ["5..HEAD~1", "..5", "5..", "..", "5", "a@5+1..a@HEAD"] {
            #expect(try PositionRange(parsing: text).description == text)
        }
        for text in ["", "5..6..7", "5...6", "a..b..", "5..+1"] {
            #expect(throws: PositionError.self) { try PositionRange(parsing: text) }
        }
    }

    @Test func tagsThatMeanSomethingElseAreNotUsable() {
        for name in ["boot", "v1.2", "i", "head", "7a"] { #expect(Position.isUsableTagName(name)) }
        for name in ["7", "HEAD", "i7", "a..b", ".a", "a@b", "", "a+1", "50%"] {
            #expect(!Position.isUsableTagName(name))
        }
    }
}
