import GuestMemory
import HistoryStore

/// One attempt to append an epoch. What an attempt records depends on all three, so that content of an attempt that failed
/// is not taken for that of the next one.
public struct EpochAttempt: Hashable, Sendable {
    public var timeline: String
    public var epoch: UInt64
    public var number: UInt64

    public init(timeline: String, epoch: UInt64, number: UInt64 = 0) {
        self.timeline = timeline
        self.epoch = epoch
        self.number = number
    }
}

extension EpochAttempt {
    /// What begins an epoch's machine state and is its console output: which attempt it is of.
    fileprivate var line: [UInt8] { Array("\(timeline) \(epoch) \(number)\n".utf8) }

    /// The attempt that a console output is of.
    init?(consoleOutput: [UInt8]) {
        let words = String(decoding: consoleOutput.dropLast(), as: UTF8.self).split(separator: " ")
        guard words.count == 3, let epoch = UInt64(words[1]), let number = UInt64(words[2]) else { return nil }
        self.init(timeline: String(words[0]), epoch: epoch, number: number)
    }
}

/// A guest whose every epoch can be computed anew, in another process, from the attempts that led to it.
///
/// Its pages change in a few words, or in many, are filled anew, become zero, get content that other pages of other
/// timelines have, too, or are written with what they held.
public final class ReproducibleGuest {
    public struct Shape: Equatable, Sendable {
        public var seed: UInt64 = 1
        public var pageCount = 40
        /// Over 32 KiB of it that do not compress make a segment of their own.
        public var stateByteCount = 600

        public init() {}
    }

    public let shape: Shape
    public let memory: UnsafeMutableRawPointer

    public static let firstPage: UInt64 = 0x80000

    public init(_ shape: Shape = Shape()) {
        self.shape = shape
        memory = .allocate(byteCount: shape.pageCount * pageSize, alignment: pageSize)
        memory.initializeMemory(as: UInt8.self, repeating: 0, count: shape.pageCount * pageSize)
    }

    deinit { memory.deallocate() }

    public func content(_ index: Int) -> UnsafeMutableRawPointer { memory + index * pageSize }

    public static func page(_ index: Int) -> GuestPhysicalPage { GuestPhysicalPage(firstPage + UInt64(index)) }

    /// Takes up memory as a store has it.
    public func restore(from store: HistoryStore, timeline: String, epoch: UInt64) throws {
        let map = try store.pageMap(timeline: timeline, epoch: epoch)
        for index in 0..<shape.pageCount {
            try store.readPage(at: map.location(of: Self.page(index)), into: content(index))
        }
    }

    /// One epoch's writes. Returns the pages written, in rising order; those of epoch 0 are all that are not zero.
    public func run(_ attempt: EpochAttempt) -> [Int] {
        var generator = generator(attempt)
        var written: [Int] = []
        for index in 0..<shape.pageCount {
            guard attempt.epoch == 0 || Int.random(in: 0..<dirtyOneIn, using: &generator) == 0 else { continue }
            write(index, first: attempt.epoch == 0, &generator)
            if attempt.epoch > 0 || !PageContent.isZero(content(index)) { written.append(index) }
        }
        return written
    }

    /// What the recorder would hand over for an attempt that wrote these pages.
    public func input(_ attempt: EpochAttempt, written: [Int]) -> EpochInput {
        let blobs = EpochBlobs(attempt, shape)
        return EpochInput(
            epoch: attempt.epoch, icountFrom: attempt.epoch * 1000, icountTo: (attempt.epoch + 1) * 1000,
            pages: written.map { DirtyPage(page: Self.page($0), content: UnsafeRawPointer(content($0))) },
            machineState: blobs.machineState, inputs: blobs.inputs, inputCount: 1, tlbEvents: blobs.tlbEvents,
            tlbEventCount: 2, pageMarks: blobs.pageMarks, consoleOutput: blobs.consoleOutput)
    }

    /// Runs an epoch and appends it.
    @discardableResult
    public func append(_ attempt: EpochAttempt, to writer: TimelineWriter) throws -> EpochReceipt {
        try writer.append(input(attempt, written: run(attempt)))
    }

    /// Half of a small memory is dirty, and about as much of a large one.
    private var dirtyOneIn: Int { max(2, shape.pageCount / 50) }

    private func generator(_ attempt: EpochAttempt) -> SeededGenerator {
        EpochBlobs.generator(attempt, seed: shape.seed)
    }

    private func write(_ index: Int, first: Bool, _ generator: inout SeededGenerator) {
        switch first ? Int.random(in: 12..<20, using: &generator) : Int.random(in: 0..<20, using: &generator) {
        case 0..<9: change(index, words: 1...6, &generator)
        case 9..<12: change(index, words: 20...80, &generator)
        case 12..<14: fill(index, &generator)
        case 14..<16: content(index).initializeMemory(as: UInt8.self, repeating: 0, count: pageSize)
        case 16..<18:
            var shared = SeededGenerator(seed: shape.seed &* 31 &+ generator.next() % 6)
            fill(index, &shared)
        default: break
        }
    }

    private func change(_ index: Int, words: ClosedRange<Int>, _ generator: inout SeededGenerator) {
        for _ in 0..<Int.random(in: words, using: &generator) {
            let offset = Int.random(in: 0..<pageSize / 8, using: &generator) * 8
            (content(index) + offset).storeBytes(of: generator.next() % 65536, as: UInt64.self)
        }
    }

    /// Half of the page does not compress.
    private func fill(_ index: Int, _ generator: inout SeededGenerator) {
        for offset in stride(from: 0, to: pageSize, by: 16) {
            (content(index) + offset).storeBytes(of: generator.next(), as: UInt64.self)
            (content(index) + offset + 8).storeBytes(of: UInt64(offset), as: UInt64.self)
        }
    }
}

/// What an attempt records beside pages.
public struct EpochBlobs: Equatable, Sendable {
    public var machineState: [UInt8]
    public var inputs: [UInt8]
    public var tlbEvents: [UInt8]
    public var consoleOutput: [UInt8]
    public var pageMarks: [PageMark]

    public init(_ attempt: EpochAttempt, _ shape: ReproducibleGuest.Shape) {
        var generator = Self.generator(attempt, seed: shape.seed ^ 0x5eed)
        var state = attempt.line
        // The same bytes in most epochs of all timelines, so that a state is a difference of the one before; now and then
        // others.
        var rest = attempt.epoch % 7 == 3 ? generator : SeededGenerator(seed: shape.seed)
        while state.count < shape.stateByteCount { withUnsafeBytes(of: rest.next()) { state += $0 } }
        machineState = state
        inputs = Array("input \(generator.next())".utf8)
        tlbEvents = Array(repeating: UInt8(truncatingIfNeeded: generator.next()), count: 20)
        consoleOutput = attempt.line
        pageMarks = (0..<3).map { PageMark(page: UInt64($0) * 5 + attempt.epoch % 5, detail: generator.next()) }
    }

    /// As a store has them. Without a machine state where the checkpoint was pruned.
    public init(_ manifest: EpochManifest) throws {
        machineState = try manifest.pruning == .none ? manifest.machineState() : []
        inputs = try manifest.inputs()
        tlbEvents = try manifest.tlbEvents()
        consoleOutput = try manifest.consoleOutput()
        pageMarks = try manifest.pageMarks()
    }

    /// Numbers that depend on all of an attempt.
    static func generator(_ attempt: EpochAttempt, seed: UInt64) -> SeededGenerator {
        var mixed = seed
        for word in attempt.timeline.utf8.map({ UInt64($0) }) + [attempt.epoch, attempt.number] {
            var next = SeededGenerator(seed: mixed ^ word)
            mixed = next.next()
        }
        return SeededGenerator(seed: mixed)
    }
}
