import ArgumentParser
import Machine
import RISCV

/// Options of the engine, which the guest cannot notice.
struct EngineArguments: ParsableArguments {
    @Option(
        name: .customLong("tlb-entries"),
        help: ArgumentHelp("Entries of each TLB, a power of two up to 65536, or 0.", valueName: "n"))
    var tlbEntryCount = TLBOptions.entryCountDefault

    @Option(
        help: ArgumentHelp(
            "What a store to a page table takes out of the TLBs: everything, what derives from the page, or what derives "
                + "from the entry. The guest cannot tell.",
            valueName: "everything|page|precise"))
    var tlbSync = TLBSyncResponse.precise

    @Option(help: ArgumentHelp("Evict translations at random, for experiments.", valueName: "seed"))
    var tlbEvict: UInt64?

    var options: EngineOptions {
        EngineOptions(tlb: TLBOptions(entryCount: tlbEntryCount, response: tlbSync, evictionSeed: tlbEvict))
    }

    func validate() throws {
        guard tlbEntryCount == 0 || (1...65536).contains(tlbEntryCount) && tlbEntryCount.nonzeroBitCount == 1 else {
            throw ValidationError("--tlb-entries \(tlbEntryCount) is not 0 or a power of two up to 65536")
        }
    }
}

extension TLBSyncResponse: ExpressibleByArgument {}
