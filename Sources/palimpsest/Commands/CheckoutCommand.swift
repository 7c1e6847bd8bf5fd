import ArgumentParser
import GuestMemory
import HistoryStore
import TimeTravel

struct CheckoutCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "checkout",
        abstract: "Reconstruct the machine at a position, verify it, and write it out.",
        discussion: "Every page is hashed and compared; the digest covers all of the machine.")

    @Argument(help: "The position.") var position: String
    @Option(
        help: ArgumentHelp("Write all of memory there, from its first byte on.", valueName: "file"), completion: .file()
    )
    var memory: String?
    @Flag(help: "Print the registers.") var registers = false
    @Option(help: ArgumentHelp("Print the page that holds this guest-physical address.", valueName: "addr"))
    var page: Address?
    @OptionGroup(title: "History") var history: HistoryArguments
    @OptionGroup var engine: EngineArguments

    func run() throws {
        let begin = ContinuousClock.now
        let store = try history.open()
        let position = try history.resolve(position, in: store)
        let checkout = try Checkout(store, at: position, options: CheckoutOptions(engine: engine.options))
        let ready = ContinuousClock.now - begin
        let report = try CheckoutReport(checkout, ready: ready, withRegisters: registers, page: page)
        if let memory { try checkout.writeMemoryImage(toFile: memory) }
        if history.json { try JSONLine.print(report) } else { report.lines.forEach { print($0) } }
    }
}

private struct CheckoutReport: Encodable {
    let place: PositionReport
    /// From the command's start to a machine that could execute its next instruction.
    let ready_us: Int64
    let harts: [HartReport]?
    let page: PageReport?

    init(_ checkout: Checkout, ready: Duration, withRegisters: Bool, page: Address?) throws {
        ready_us = ready.components.seconds * 1_000_000 + ready.components.attoseconds / 1_000_000_000_000
        place = try PositionReport(checkout)
        harts = withRegisters ? checkout.state.harts.enumerated().map { HartReport($1, index: $0) } : nil
        self.page = try page.map { address in
            let address = GuestPhysicalAddress(address.rawValue)
            return PageReport(bytes: try checkout.page(holding: address), address: address.page.baseAddress.rawValue)
        }
    }

    private enum CodingKeys: CodingKey {
        case ready_us, harts, page
    }

    /// The position's keys lie beside the rest.
    func encode(to encoder: any Encoder) throws {
        try place.encode(to: encoder)
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(ready_us, forKey: .ready_us)
        try container.encodeIfPresent(harts, forKey: .harts)
        try container.encodeIfPresent(page, forKey: .page)
    }

    var lines: [String] {
        place.lines + (harts ?? []).flatMap { [""] + $0.lines } + (page.map { [""] + $0.lines } ?? [])
    }
}

private struct PageReport: Encodable {
    let bytes: [UInt8]
    let address: UInt64

    private enum CodingKeys: CodingKey {
        case address, bytes
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(Quantity.hex(address), forKey: .address)
        try container.encode(bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined(), forKey: .bytes)
    }

    var lines: [String] { HexDump.lines(bytes, at: address) }
}
