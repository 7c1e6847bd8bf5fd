import ArgumentParser
import Machine

/// Options of the engine, which the guest cannot notice.
struct EngineArguments: ParsableArguments {
    @Option(
        name: .customLong("tlb-entries"),
        help: ArgumentHelp("Entries of each TLB, a power of two up to 65536, or 0.", valueName: "n"))
    var tlbEntryCount = EngineOptions.tlbEntryCountDefault

    var options: EngineOptions { EngineOptions(tlbEntryCount: tlbEntryCount) }

    func validate() throws {
        guard tlbEntryCount == 0 || (1...65536).contains(tlbEntryCount) && tlbEntryCount.nonzeroBitCount == 1 else {
            throw ValidationError("--tlb-entries \(tlbEntryCount) is not 0 or a power of two up to 65536")
        }
    }
}
