import Foundation
import GuestMemory
import Machine
import RISCV

/// What a guest that writes memory in every way does, and what devices do to it meanwhile: all decided by a seed.
///
/// The program is Tests/Guests/racing.S, which says what the jobs are and where they lie.
struct RacingGuest {
    enum Routine: UInt64, CaseIterable {
        case inTurn = 1
        case anywhere, counters, rewrite, atomics, borders, walks, code, rest
    }

    struct Job {
        var routine: Routine
        var base = RacingGuest.data
        /// A power of two less one.
        var pageMask: UInt64
        var pageShift: UInt64 = 12
        var repeatCount: UInt64
        var wordCount: UInt64 = 0

        func dwords(seed: UInt64) -> [UInt64] {
            [routine.rawValue, base, pageMask, pageShift, repeatCount, wordCount, seed, 0]
        }
    }

    /// A write by a device, the firmware or a debugger.
    struct OutsideWrite {
        var icount: UInt64
        var address: UInt64
        var bytes: [UInt8]
    }

    static let jobs: UInt64 = 0x8001_0000
    static let functions: UInt64 = 0x8003_0000
    static let data: UInt64 = 0x8004_0000
    static let dataPageCount: UInt64 = 256
    /// Pages that only devices write.
    static let mailboxes: UInt64 = 0x8018_0000
    static let mailboxPageCount: UInt64 = 16

    let seed: UInt64
    var hartCount = 1
    var memoryByteCount: UInt64 = 2 << 20
    /// By hart.
    var jobLists: [[Job]]
    /// Ascending by icount.
    var outsideWrites: [OutsideWrite] = []
    var stepCount: UInt64

    /// A guest of one list of jobs, without writes from outside.
    init(seed: UInt64 = 0, jobs: [Job], stepCount: UInt64) {
        self.seed = seed
        self.stepCount = stepCount
        jobLists = [jobs]
    }

    /// One of all the guests there are.
    /// - Parameter isLarge: spread over half a gigabyte, a page in each 2 MiB, so that threads share its scans.
    init(seed: UInt64, stepCount: UInt64, isLarge: Bool = false) {
        var random = SeededGenerator(seed: seed &* 31 &+ 7)
        self.seed = seed
        self.stepCount = stepCount
        hartCount = random.chance(percent: 40) ? 2 : 1
        jobLists = (0..<hartCount).map { hart in
            (0..<2 + random.below(6)).map { _ in Self.job(hart: hart, &random) }
        }
        if isLarge {
            memoryByteCount = 1 << 30
            jobLists[0].insert(Job(routine: .inTurn, pageMask: 255, pageShift: 21, repeatCount: 400), at: 0)
        }
        outsideWrites = (0..<random.below(60)).map { _ in Self.outsideWrite(before: stepCount, &random) }
            .sorted { $0.icount < $1.icount }
    }

    private static func job(hart: Int, _ random: inout SeededGenerator) -> Job {
        let routine = random.pick(Routine.allCases)
        let pageMask = random.pick([0, 3, 15, 63, 255, 255]) as UInt64
        let most = Double([Routine.rewrite: 40, .rest: 6000][routine] ?? 800)
        // As many short jobs as long ones.
        let repeatCount = UInt64(exp(Double(random.below(1000)) / 1000 * log(most)))
        var job = Job(routine: routine, pageMask: pageMask, repeatCount: max(1, repeatCount))
        // About half a page is what decides between a difference and the whole.
        job.wordCount = UInt64(random.pick([1, 40, 254, 255, 256, 257, 511, 512]))
        if routine == .code {
            (job.base, job.pageMask) = (functions + UInt64(hart) * 0x4000, 3)
        } else if routine != .walks {
            job.base += (UInt64(random.below(Int(dataPageCount))) & ~pageMask) << 12
        }
        return job
    }

    private static func outsideWrite(before end: UInt64, _ random: inout SeededGenerator) -> OutsideWrite {
        let byteCount = random.pick([1, 8, 64, 4096, 9000])
        let (base, pageCount) = random.pick([(data, dataPageCount), (mailboxes, mailboxPageCount)])
        return OutsideWrite(
            icount: 1 + random.next() % (end - 1), address: base + random.next() % (pageCount << 12),
            bytes: (0..<byteCount).map { _ in UInt8(truncatingIfNeeded: random.next()) })
    }

    // MARK: Running

    /// The machine before its first instruction. Half of the data pages hold something already.
    func boot(tlbEntryCount: Int = TLBOptions.entryCountDefault) throws -> Machine {
        var random = SeededGenerator(seed: seed &+ 3)
        let machine = try Machine.boot(
            .bare(Self.program.get()),
            configuration: MachineConfiguration(
                memoryByteCount: memoryByteCount, hartCount: hartCount, quantum: 100 + seed % 1500),
            options: EngineOptions(tlb: TLBOptions(entryCount: tlbEntryCount)))
        for (hart, jobs) in jobLists.enumerated() {
            let words = jobs.flatMap { $0.dwords(seed: random.next() | 1) }
            try put(machine, Self.jobs + UInt64(hart) << 12, words)
        }
        for page in 0..<Self.dataPageCount where random.chance(percent: 50) {
            try put(machine, Self.data + page << 12, (0..<512).map { _ in random.next() })
        }
        return machine
    }

    private func put(_ machine: Machine, _ address: UInt64, _ words: [UInt64]) throws {
        try words.map(\.littleEndian).withUnsafeBytes { try machine.memory.load(GuestPhysicalAddress(address), $0) }
    }

    /// Runs the machine to the guest's end, with the writes from outside on the way.
    /// - Parameter run: executes up to an icount.
    func play(_ machine: Machine, _ run: (UInt64) throws -> StopReason) throws {
        for write in outsideWrites {
            while machine.icount < write.icount, try run(write.icount) != .ended {}
            let isMemory = write.bytes.withUnsafeBytes {
                machine.cluster.writeFromOutside(machine.cluster.harts[0], GuestPhysicalAddress(write.address), $0)
            }
            precondition(isMemory)
        }
        while machine.icount < stepCount, try run(stepCount) != .ended {}
    }

    // MARK: The program

    struct BuildError: Error, CustomStringConvertible {
        let description: String
    }

    private static let program = Result { try build() }

    /// Built once a run, as other tests build their guests.
    private static func build() throws -> ELFFile {
        let repository = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        let directory = FileManager.default.temporaryDirectory.appending(path: "palimpsest-racing-\(UUID())")
        defer { try? FileManager.default.removeItem(at: directory) }
        let output = directory.appending(path: "guest.elf").path
        let process = Process()
        process.executableURL = repository.appending(path: "tools/build-guest")
        process.arguments = [repository.appending(path: "Tests/Guests/racing.S").path, "-o", output]
        let errors = Pipe()
        process.standardError = errors
        try process.run()
        let complaint = errors.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw BuildError(description: "racing.S: " + String(decoding: complaint, as: UTF8.self))
        }
        return try BootFile.readBareProgram(path: output)
    }
}
