import ArgumentParser
import GuestMemory
import HistoryStore
import TimeTravel

struct History: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "List every epoch that modified a page.",
        discussion: """
            ADDR is guest-physical. With --virtual it is guest-virtual, translated with the page table that was in force at \
            --at. The list ends at --at.
            """)

    @Argument(help: "An address in the page.") var addr: Address
    @Option(help: ArgumentHelp("The end of the list (default: HEAD).", valueName: "position"))
    var at = "HEAD"
    @Flag(help: "The address is guest-virtual.") var virtual = false
    @Option(help: ArgumentHelp("The hart whose page table --virtual uses.", valueName: "n"))
    var hart = 0
    @Flag(help: "Print the number at the address after each epoch.") var values = false
    @Option(name: .customLong("value-bytes"), help: ArgumentHelp("The number's size: 1, 2, 4 or 8.", valueName: "n"))
    var valueByteCount = 8
    @OptionGroup(title: "History") var history: HistoryArguments

    func validate() throws {
        guard [1, 2, 4, 8].contains(valueByteCount) else {
            throw ValidationError("--value-bytes \(valueByteCount) is not 1, 2, 4 or 8")
        }
    }

    func run() throws {
        let store = try history.open()
        let end = try history.resolve(at, in: store)
        let pageHistory = PageHistory(store)
        let address =
            try virtual
            ? pageHistory.translate(GuestVirtualAddress(addr.rawValue), at: end, hart: hart)
            : GuestPhysicalAddress(addr.rawValue)
        let start = ResolvedPosition(timeline: end.timeline, epoch: 0, instructions: 0, icount: 0)
        let entries = try pageHistory.entries(
            of: address, in: ResolvedRange(start: start, end: end, epochs: 0...end.epoch),
            valueByteCount: values ? valueByteCount : nil)
        let rows = entries.map { HistoryRow($0, at: address) }
        if history.json {
            for row in rows { try JSONLine.print(row) }
            return
        }
        if virtual { print("\(Quantity.hex(addr.rawValue)) is guest-physical \(address) at \(end)") }
        let table = HistoryRow.table(withValues: values)
        for row in rows { table.printRow(row.cells) }
    }
}

private struct HistoryRow: Encodable {
    let timeline: String
    let epoch: UInt64
    let icountFrom: UInt64
    let icountTo: UInt64
    let virtualTime_ns: UInt64
    /// Guest-physical.
    let address: String
    /// Absent where the content was pruned.
    let hash: String?
    let storedBytes: Int
    let kind: String
    let value: UInt64?

    init(_ entry: PageHistoryEntry, at address: GuestPhysicalAddress) {
        timeline = entry.timeline
        epoch = entry.epoch
        icountFrom = entry.icountFrom
        icountTo = entry.icountTo
        virtualTime_ns = entry.virtualTime_ns
        self.address = "\(address)"
        hash = entry.hash.map { "\($0)" }
        storedBytes = entry.storedBytes
        kind = entry.kind.rawValue
        value = entry.value
    }

    static func table(withValues: Bool) -> Table {
        Table(
            [
                .init(title: "epoch", width: 7), .init(title: "from icount", width: 14),
                .init(title: "to icount", width: 14), .init(title: "bytes", width: 6),
                .init(title: "stored as", width: 9, isText: true), .init(title: "hash", width: 16, isText: true),
            ] + (withValues ? [.init(title: "value", width: 18)] : []))
    }

    var cells: [String] {
        [
            "\(epoch)", "\(icountFrom)", "\(icountTo)", "\(storedBytes)", kind,
            hash.map { String($0.prefix(16)) } ?? "-",
            value.map(Quantity.hex) ?? "",
        ]
    }
}
