import GuestMemory

/// Why a question to a history has no answer. Each reads as one sentence.
public enum TimeTravelError: Error, Equatable, Sendable, CustomStringConvertible {
    /// Asked to stop before it was done.
    case interrupted
    /// Executing a recorded epoch ended early: this program does not reproduce what was recorded.
    case notReproduced(position: String, why: String)
    case noSuchHart(hart: Int, hartCount: Int)
    case notMapped(GuestVirtualAddress, position: String)
    case notMemory(GuestPhysicalAddress)
    /// The epoch was recorded by a program whose TLB events do not tell every change of a page table.
    case noTranslationEvents(epoch: UInt64, timeline: String)
    case valueCrossesPage(GuestPhysicalAddress, byteCount: Int)
    /// A file is not overwritten unasked.
    case fileExists(path: String)
    case noSpace(path: String)
    /// A read or write of a host file failed.
    case file(path: String, what: String)

    public var description: String {
        switch self {
        case .interrupted: "stopped before the end"
        case .notReproduced(let position, let why):
            "\(position) cannot be reached, as executing the recorded epoch anew went another way: \(why)"
        case .noSuchHart(let hart, let hartCount): "there is no hart \(hart): the machine has \(hartCount)"
        case .notMapped(let address, let position):
            "the guest-virtual address \(address) is not mapped at \(position): choose another position or hart"
        case .notMemory(let address): "\(address) is not in the guest's memory"
        case .noTranslationEvents(let epoch, let timeline):
            "epoch \(epoch) of timeline '\(timeline)' was recorded by an older version, whose TLB events are not complete: "
                + "name a later range, or record it again"
        case .valueCrossesPage(let address, let byteCount):
            "a value of \(byteCount) bytes at \(address) crosses the page's end: ask for fewer bytes"
        case .fileExists(let path): "'\(path)' exists already: name another file, or replace it with --force"
        case .noSpace(let path): "no space left for '\(path)': free some and run again; nothing of it was kept"
        case .file(let path, let what): "\(path): \(what)"
        }
    }
}
