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
    @Flag(help: "With --memory: leave pages that cannot be read as zeros and name them; the status is then 1.")
    var skipDamaged = false
    @Flag(help: "Print the registers.") var registers = false
    @Option(help: ArgumentHelp("Print the page that holds this guest-physical address.", valueName: "addr"))
    var page: Address?
    @OptionGroup(title: "History") var history: HistoryArguments
    @OptionGroup var engine: EngineArguments

    func validate() throws {
        if skipDamaged, memory == nil { throw ValidationError("--skip-damaged goes with --memory") }
    }

    func run() throws {
        // Without a file there is nothing that an end in between could leave behind.
        let missing = try memory == nil ? answer(shouldStop: nil) : MemoryImageReport.interruptibly(answer)
        try MemoryImageReport.complain(of: missing, in: memory ?? "")
    }

    /// - Returns: the pages that the image lacks.
    private func answer(shouldStop: (@Sendable () -> Bool)?) throws -> [UnreadablePage] {
        let begin = ContinuousClock.now
        let store = try history.open()
        let position = try history.resolve(position, in: store)
        let checkout = try Checkout(
            store, at: position, options: CheckoutOptions(engine: engine.options, shouldStop: shouldStop))
        let ready = ContinuousClock.now - begin
        // The digest reads all of memory, so that nothing damaged is written; but it cannot read past damage.
        var missing = try skipDamaged ? writeMemory(of: checkout) : []
        let report = try CheckoutReport(
            checkout, ready: ready, isComplete: missing.isEmpty, withRegisters: registers, page: page)
        if !skipDamaged { missing = try writeMemory(of: checkout) }
        if history.json { try JSONLine.print(report) } else { report.lines.forEach { print($0) } }
        return missing
    }

    private func writeMemory(of checkout: Checkout) throws -> [UnreadablePage] {
        guard let memory else { return [] }
        let file = try ImageFile(path: memory, replaces: true)
        return try checkout.writeMemoryImage(to: file, skipsUnreadable: skipDamaged).unreadablePages
    }
}

private struct CheckoutReport: Encodable {
    let place: PositionReport
    /// From the command's start to a machine that could execute its next instruction.
    let ready_us: Int64
    let harts: [HartReport]?
    let page: PageReport?

    init(
        _ checkout: Checkout, ready: Duration, isComplete: Bool, withRegisters: Bool, page: Address?
    ) throws {
        ready_us = ready.components.seconds * 1_000_000 + ready.components.attoseconds / 1_000_000_000_000
        place = try PositionReport(checkout, isComplete: isComplete)
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
