import GuestMemory
import Synchronization

/// Decodes and hashes page versions. Used from several threads.
final class PageCheck: Sendable {
    struct Result {
        var findings: [Finding] = []
        var damaged: Set<PageLocation> = []
        /// Of suspected segments, what is as it was stored.
        var sound: Set<PageLocation> = []
        var pageCount = 0
        var wasInterrupted = false
    }

    private let core: StoreCore
    private let chosen: @Sendable (UInt32, UInt64) -> Bool
    private let suspects: Set<UInt64>
    private let found = Mutex(Result())

    init(_ core: StoreCore, chosen: @escaping @Sendable (UInt32, UInt64) -> Bool, suspects: Set<UInt64>) {
        self.core = core
        self.chosen = chosen
        self.suspects = suspects
    }

    var result: Result { found.withLock { $0 } }

    /// Runs of segment numbers.
    static func ranges(below end: UInt64) -> [Range<UInt64>] {
        stride(from: 1, to: end, by: 64).map { $0..<min($0 + 64, end) }
    }

    func check(_ numbers: Range<UInt64>) {
        let page = UnsafeMutableRawPointer.allocate(byteCount: pageSize, alignment: pageSize)
        defer { page.deallocate() }
        var result = Result()
        do {
            try core.engine.scan(
                .segments, from: StoreKey.segment(numbers.lowerBound), to: StoreKey.segment(numbers.upperBound)
            ) { key, value in
                guard let number = StoreKey.readBigEndian(UInt64.self, key, at: 0),
                    let segment = try? Segment(number: number, copying: value), segment.content == .pages,
                    suspects.contains(number) || chosen(segment.timeline, segment.epoch)
                else { return true }
                check(segment, page, &result)
                return true
            }
        } catch {
            result.findings.append(Finding(timeline: nil, epoch: nil, what: Verifier.text(error)))
        }
        let own = result
        found.withLock {
            $0.findings += own.findings
            $0.damaged.formUnion(own.damaged)
            $0.sound.formUnion(own.sound)
            $0.pageCount += own.pageCount
        }
    }

    private func check(_ segment: Segment, _ page: UnsafeMutableRawPointer, _ result: inout Result) {
        core.reader.keep(segment)
        let isSuspect = suspects.contains(segment.number)
        for (index, entry) in segment.entries.enumerated() where !entry.isGone {
            let location = PageLocation(segment: segment.number, entry: index)
            result.pageCount += 1
            do {
                try core.reader.read(location, into: page)
                if isSuspect { result.sound.insert(location) }
            } catch {
                result.damaged.insert(location)
                let timeline = (try? core.timeline(segment.timeline).name) ?? "number \(segment.timeline)"
                result.findings.append(
                    Finding(timeline: timeline, epoch: segment.epoch, what: Verifier.text(error)))
            }
        }
    }
}
