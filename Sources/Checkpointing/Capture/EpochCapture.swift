import GuestMemory
import HistoryStore
import Machine
import RISCV

/// What an epoch's end captures, all but the pages' contents. Recording and replay make the same one from the same guest.
public struct EpochCapture: Sendable {
    public var icountFrom: UInt64
    public var icountTo: UInt64
    public var virtualTime_ns: UInt64
    /// Pages whose D was set in the epoch, ascending.
    public var dirtyPages: [GuestPhysicalPage]
    public var state: MachineState
    public var inputs: [InputEvent]
    public var tlbEvents: [TLBEvent]
    public var consoleOutput: [UInt8]
    /// Microseconds that scanning and flushing took.
    public var scan_us: UInt64

    /// Where the TLB events are to be found again: for a page table, a bit for each 64 bytes of it that events concern, all
    /// of them when T of the page changed; for changes of root page 0, which is no memory, with a bit for the ASIDs
    /// (`TLBEvent.markDetail`).
    public var pageMarks: [PageMark] {
        var details: [UInt64: UInt64] = [:]
        for event in tlbEvents { details[event.entryAddress.page.number, default: 0] |= event.markDetail }
        return details.map { PageMark(page: $0.key, detail: $0.value) }.sorted { $0.page < $1.page }
    }

    /// The machine's state as a manifest holds it.
    public var machineState: [UInt8] { state.encoded() }
}

extension Machine {
    /// Ends an epoch (patents.md, requirements 1, 3, 4, 17): finds and unmarks the dirty pages, flushes every TLB, and
    /// takes the logs. The dirty pages' contents are still the epoch's until a hart runs again.
    /// - Parameters:
    ///   - icountFrom: where the epoch began.
    ///   - scanThreadCountMax: threads that may share the scan.
    public func endEpoch(since icountFrom: UInt64, scanThreadCountMax: Int = 1) -> EpochCapture {
        let start = MonotonicClock.now_ns
        let dirty = memory.scanAndClear(threadCountMax: scanThreadCountMax).map { GuestPhysicalPage($0) }
        cluster.epochEnded()
        let scan_us = (MonotonicClock.now_ns - start) / 1000
        return EpochCapture(
            icountFrom: icountFrom, icountTo: icount, virtualTime_ns: virtualTime_ns, dirtyPages: dirty, state: save(),
            inputs: takeInputLog(), tlbEvents: takeTLBEvents(), consoleOutput: takeConsoleOutput(), scan_us: scan_us)
    }
}
