import Machine
import TimeTravel

/// What `show` and `checkout` tell of a machine at a position.
struct PositionReport: Encodable {
    let position: String
    let timeline: String
    let epoch: UInt64
    /// Instructions past the epoch's end.
    let offset: UInt64
    let icount: UInt64
    let virtualTime_ns: UInt64
    /// Of each hart, in hexadecimal.
    let pc: [String]
    /// SHA-256 over the canonical machine state and memory; nil where pages of that are missing.
    let digest: String?

    init(_ checkout: Checkout, isComplete: Bool = true) throws {
        position = "\(checkout.position)"
        timeline = checkout.position.timeline
        epoch = checkout.position.epoch
        offset = checkout.position.instructions
        icount = checkout.position.icount
        virtualTime_ns = checkout.machine.virtualTime_ns
        pc = checkout.state.harts.map { Quantity.hex64($0.pc) }
        digest = isComplete ? "\(try checkout.digest())" : nil
    }

    var lines: [String] {
        [
            "position      \(position)", "icount        \(icount)",
            "virtual time  \(Quantity.seconds(ns: virtualTime_ns)) s",
        ]
            + pc.enumerated().map { "pc            \($1)  hart \($0)" } + (digest.map { ["digest        \($0)"] } ?? [])
    }
}
