import ArgumentParser
import HistoryStore
import TimeTravel

struct Export: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Write a stretch of a history into one file, or what the guest's memory held at a position.",
        usage: """
            palimpsest export RANGE FILE
            palimpsest export POSITION FILE --memory raw|elf
            """,
        discussion: """
            Without --memory: a file that 'import' puts into any history, with everything in it that executing needs: \
            checkpoint 0 (kernel and command line), the stretch's first checkpoint, every epoch since. A stretch that begins \
            or ends at a pruned checkpoint is widened to the next.

            --memory raw is RAM from its first byte on. --memory elf is a core file for gdb and its like: the harts as \
            threads with all registers, memory by the guest-virtual addresses that one hart's page table maps and by \
            guest-physical ones. Pages of zeros are holes in both.
            """)

    @Argument(help: "POSITION..POSITION; with --memory one POSITION.") var range: String
    @Argument(help: "The file to make.", completion: .file()) var file: String
    @Option(help: ArgumentHelp("The image's form.", valueName: "raw|elf")) var memory: MemoryForm?
    @Option(help: ArgumentHelp("With --memory elf: the hart whose page table counts (default: 0).", valueName: "n"))
    var hart: Int?
    @Flag(help: "Leave pages that cannot be read as zeros and name them; the status is then 1.")
    var skipDamaged = false
    @Flag(help: "Replace a file that exists.") var force = false
    @OptionGroup(title: "History") var history: HistoryArguments
    @OptionGroup var engine: EngineArguments

    enum MemoryForm: String, ExpressibleByArgument { case raw, elf }

    func validate() throws {
        if memory == nil, skipDamaged { throw ValidationError("--skip-damaged goes with --memory") }
        if hart != nil, memory != .elf { throw ValidationError("--hart goes with --memory elf") }
        if file == "-" { throw ValidationError("an image cannot go to standard output: name a file") }
        if file.isEmpty { throw ValidationError("name a file to make") }
    }

    func run() throws {
        if let memory { try exportMemory(as: memory) } else { try exportHistory() }
    }

    private func exportHistory() throws {
        Signals.catchInterrupts()
        let store = try history.open()
        let stretch = try history.resolve(range: range, in: store)
        let output = try ImageFile(path: file, replaces: force)
        let end = FileEnd()
        let status = StatusLine()
        let report = try store.export(
            timeline: stretch.timeline, epochs: stretch.epochs,
            progress: { status.show("export: epoch \($0.epochsDone) of \($0.epochsTotal)") }
        ) { bytes in
            if let signal = Signals.received {
                throw Failure(status: ExitStatus.signal(signal), message: "interrupted; nothing was exported")
            }
            try output.write(bytes, at: end.offset)
            end.offset += UInt64(bytes.count)
        }
        try output.finish()
        status.clear()
        let row = TransferRow(report, file: file)
        if history.json { try JSONLine.print(row) } else { print(row.exportLine) }
    }

    private final class FileEnd { var offset: UInt64 = 0 }

    private func exportMemory(as form: MemoryForm) throws {
        let store = try history.open()
        let position = try history.resolve(range, in: store)
        let image = try MemoryImageReport.interruptibly { shouldStop in
            let output = try ImageFile(path: file, replaces: force)
            let checkout = try Checkout(
                store, at: position, options: CheckoutOptions(engine: engine.options, shouldStop: shouldStop))
            return try checkout.writeMemoryImage(
                to: output, form == .raw ? .raw : .elf(hart: hart ?? 0), skipsUnreadable: skipDamaged)
        }
        let report = MemoryImageReport(image, form: form, position: position, file: file)
        if history.json { try JSONLine.print(report) } else { print(report.line) }
        try report.conclude(image)
    }
}

/// What was written where.
struct MemoryImageReport: Encodable {
    let position: String
    let form: String
    let file: String
    /// The file's size, and what of it is no hole.
    let fileBytes: UInt64
    let writtenBytes: UInt64
    /// Program headers that describe memory.
    let segments: Int
    /// False when the page table maps more pieces than an image takes.
    let allMappings: Bool
    let missingPages: Int

    init(_ image: MemoryImage, form: Export.MemoryForm, position: ResolvedPosition, file: String) {
        self.position = "\(position)"
        self.form = form.rawValue
        self.file = file
        fileBytes = image.byteCount
        writtenBytes = image.writtenByteCount
        segments = image.segmentCount
        allMappings = image.hasAllMappings
        missingPages = image.unreadablePages.count
    }

    var line: String {
        let size = "\(Quantity.bytes(Int(fileBytes))), \(Quantity.bytes(Int(writtenBytes))) of it not zeros"
        return "\(position): \(form) image in \(file): \(size)" + (form == "elf" ? ", \(segments) segments" : "")
    }

    /// What a person must know of the image, in lines on standard error.
    /// - Throws: `Failure` when pages are missing.
    func conclude(_ image: MemoryImage) throws {
        if !allMappings {
            Output.complain("the page table maps more pieces than an image takes: some are left out, RAM is complete")
        }
        try Self.complain(of: image.unreadablePages, in: file)
    }

    /// - Throws: `Failure` when there are any.
    static func complain(of pages: [UnreadablePage], in file: String) throws {
        if pages.isEmpty { return }
        pages.forEach { Output.complain($0.what) }
        let count = pages.count == 1 ? "1 page is" : "\(pages.count) pages are"
        throw Failure.no("\(count) missing from '\(file)', where zeros stand instead")
    }

    /// Lets Ctrl-C and its like end `work` with nothing left behind, and then the process as they would have.
    static func interruptibly<Result>(_ work: (@escaping @Sendable () -> Bool) throws -> Result) throws -> Result {
        Signals.catchRequestsToEnd()
        do {
            return try work { Signals.received != nil }
        } catch TimeTravelError.interrupted {
            throw Failure(status: ExitStatus.signal(Signals.received ?? 0), message: nil)
        }
    }
}
