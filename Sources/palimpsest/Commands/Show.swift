import ArgumentParser
import HistoryStore
import Machine
import TimeTravel

struct Show: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show one position: registers, devices, and its epoch's inputs, sizes and digest.")

    @Argument(help: "The position.") var position: String
    @OptionGroup(title: "History") var history: HistoryArguments
    @OptionGroup var engine: EngineArguments

    func run() throws {
        let store = try history.open()
        let position = try history.resolve(position, in: store)
        let report = try ShowReport(position, in: store, engine)
        if history.json { try JSONLine.print(report) } else { report.lines.forEach { print($0) } }
    }
}

private struct ShowReport: Encodable {
    let place: PositionReport
    let harts: [HartReport]
    let devices: DeviceReport
    /// The epoch that ends here or that the position lies in.
    let row: LogRow
    let inputs: [InputRow]

    init(_ position: ResolvedPosition, in store: HistoryStore, _ engine: EngineArguments) throws {
        let checkout = try Checkout(store, at: position, options: CheckoutOptions(engine: engine.options))
        place = try PositionReport(checkout)
        harts = checkout.state.harts.enumerated().map { HartReport($1, index: $0) }
        devices = DeviceReport(checkout.state.devices)
        let manifest = try store.manifest(timeline: position.timeline, epoch: position.lastEpoch)
        row = LogRow(EpochRow(manifest))
        inputs = try InputLog.decode(manifest.inputs()).map(InputRow.init)
    }

    private enum CodingKeys: CodingKey {
        case harts, devices, inEpoch, inputs
    }

    /// The position's keys lie beside the rest.
    func encode(to encoder: any Encoder) throws {
        try place.encode(to: encoder)
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(harts, forKey: .harts)
        try container.encode(devices, forKey: .devices)
        try container.encode(row, forKey: .inEpoch)
        try container.encode(inputs, forKey: .inputs)
    }

    var lines: [String] {
        let epoch = [
            "", "epoch \(row.epoch) of timeline '\(row.timeline)'  icount \(row.icountFrom) to \(row.icount)",
            "dirty pages   \(row.dirtyPages): \(row.keyframes) stored whole, \(row.deltas) as deltas, "
                + "\(row.zeroPages) of zeros, \(row.duplicates) known already, \(row.unchanged) unchanged",
            "TLB events    \(row.tlbEvents)", "bytes stored  \(row.storedBytes)",
            "stun          \(row.stun_us) us: scan \(row.scan_us) us, copy \(row.copy_us) us",
            "inputs        \(inputs.count)",
        ]
        return place.lines + harts.flatMap { [""] + $0.lines } + ["", "devices"] + devices.lines + epoch
            + inputs.map(\.line)
    }
}

private struct InputRow: Encodable {
    let icount: UInt64
    let virtualTime_ns: UInt64
    let kind: String
    let text: String

    init(_ input: InputEvent) {
        icount = input.icount
        virtualTime_ns = input.virtualTime_ns
        kind = "\(input.kind)"
        text = String(decoding: input.bytes, as: UTF8.self)
    }

    var line: String { "              i\(icount) \(kind) \(text.debugDescription)" }
}
