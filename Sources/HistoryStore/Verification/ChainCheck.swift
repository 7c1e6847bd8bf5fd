import Dispatch
import GuestMemory
import Synchronization

/// Decodes and hashes every page version there is, in little memory and without reading a base twice.
///
/// Versions come in the order in which they were stored, so a version's base has come shortly before among its own page's. The
/// pages are split into groups, as many as it takes for one group's last versions to fit into the cache; each group goes over
/// all segments once.
final class ChainCheck: Sendable {
    private let core: StoreCore
    private let suspects: Set<UInt64>
    private let groupCount: UInt64
    private let frameCountMax: Int
    private let found = Mutex(PageCheck.Result())

    /// Versions of a page that a later one may be against, on average.
    private static let framesPerPage = 3

    private init(_ core: StoreCore, _ suspects: Set<UInt64>, groupCount: UInt64, frameCountMax: Int) {
        self.core = core
        self.suspects = suspects
        self.groupCount = groupCount
        self.frameCountMax = frameCountMax
    }

    static func run(
        _ core: StoreCore, suspects: Set<UInt64>, pages: Int, end: UInt64, jobCount: Int, cacheByteCount: Int,
        progress: (VerifyProgress) -> Void, shouldStop: () -> Bool
    ) -> PageCheck.Result {
        let jobs = max(jobCount, 1)
        let frames = max(cacheByteCount / pageSize / jobs, 64)
        let groups = max((pages * framesPerPage + frames - 1) / frames, jobs)
        let check = ChainCheck(core, suspects, groupCount: UInt64(groups), frameCountMax: frames)
        let next = Atomic(0)
        let done = Atomic(0)
        let isStopped = Atomic(false)
        let ended = DispatchGroup()
        for _ in 0..<jobs {
            DispatchQueue.global().async(group: ended) {
                while true {
                    let group = next.add(1, ordering: .relaxed).oldValue
                    guard group < groups else { return }
                    check.check(group: UInt64(group)) { count in
                        done.add(count, ordering: .relaxed)
                        return !isStopped.load(ordering: .relaxed)
                    }
                }
            }
        }
        // This thread tells how far it has come; the others work.
        let total = Int(end) * groups
        while ended.wait(timeout: .now() + .milliseconds(100)) == .timedOut {
            progress(VerifyProgress(unit: .segments, epochsDone: done.load(ordering: .relaxed), epochsTotal: total))
            if shouldStop() { isStopped.store(true, ordering: .relaxed) }
        }
        var result = check.found.withLock { $0 }
        result.wasInterrupted = isStopped.load(ordering: .relaxed)
        return result
    }

    /// - Parameter goesOn: told how many segments more were looked at.
    private func check(group: UInt64, goesOn: (Int) -> Bool) {
        var chains = PageChains(frameCountMax: frameCountMax)
        let decoder = PageDecoder()
        let page = UnsafeMutableRawPointer.allocate(byteCount: pageSize, alignment: pageSize)
        defer { page.deallocate() }
        var result = PageCheck.Result()
        var count = 0
        do {
            try core.engine.scan(.segments, from: [], to: nil) { key, value in
                count += 1
                let wanted = count % 64 != 0 || goesOn(64)
                guard let number = StoreKey.readBigEndian(UInt64.self, key, at: 0),
                    let segment = try? Segment(number: number, copying: value), segment.content == .pages
                else { return wanted }
                for (index, entry) in segment.entries.enumerated()
                where entry.page % groupCount == group && !entry.isGone {
                    let location = PageLocation(segment: number, entry: index)
                    check(entry, at: location, of: segment, decoder, &chains, page, &result)
                }
                return wanted
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

    private func check(
        _ entry: Segment.Entry, at location: PageLocation, of segment: Segment, _ decoder: PageDecoder,
        _ chains: inout PageChains, _ page: UnsafeMutableRawPointer, _ result: inout PageCheck.Result
    ) {
        result.pageCount += 1
        let base = entry.kind.isDelta ? chains.content(of: entry.page, at: entry.base) : nil
        let isDecoded =
            entry.kind.isDelta && base == nil
            ? false : decoder.decode(entry.kind, segment.payload(of: entry), base: base, into: page)
        if !isDecoded || PageHash(page: page) != entry.hash {
            // Past the chains: from the store, which names what is wrong.
            do {
                try core.reader.read(location, into: page)
            } catch {
                result.damaged.insert(location)
                let timeline = (try? core.timeline(segment.timeline).name) ?? "number \(segment.timeline)"
                result.findings.append(Finding(timeline: timeline, epoch: segment.epoch, what: Verifier.text(error)))
                return
            }
        }
        if suspects.contains(segment.number) { result.sound.insert(location) }
        chains.add(entry.page, location, after: entry.kind.isDelta ? entry.base : nil, page)
    }
}

/// The last version of each page and those on its way down to a keyframe, with contents.
private struct PageChains: ~Copyable {
    private struct Member {
        var location: PageLocation
        var frame: Int
    }

    private var chains: [UInt64: [Member]] = [:]
    private let frames: UnsafeMutableRawPointer
    private let frameCountMax: Int
    private var usedFrameCount = 0
    private var freeFrames: [Int] = []

    init(frameCountMax: Int) {
        self.frameCountMax = frameCountMax
        // Touched frame by frame.
        frames = .allocate(byteCount: frameCountMax * pageSize, alignment: pageSize)
    }

    deinit { frames.deallocate() }

    func content(of page: UInt64, at location: PageLocation) -> UnsafeRawPointer? {
        guard let member = chains[page]?.last(where: { $0.location == location }) else { return nil }
        return UnsafeRawPointer(frames + member.frame * pageSize)
    }

    /// A page's next version. What is above its base is on no way down any longer. Without room it is left out.
    mutating func add(
        _ page: UInt64, _ location: PageLocation, after base: PageLocation?, _ content: UnsafeRawPointer
    ) {
        let kept = base.flatMap { base in chains[page]?.lastIndex { $0.location == base } }.map { $0 + 1 } ?? 0
        var members = chains.removeValue(forKey: page) ?? []
        for member in members[kept...] { freeFrames.append(member.frame) }
        members.removeSubrange(kept...)
        if let frame = takeFrame() {
            (frames + frame * pageSize).copyMemory(from: content, byteCount: pageSize)
            members.append(Member(location: location, frame: frame))
        }
        chains[page] = members
    }

    private mutating func takeFrame() -> Int? {
        if let frame = freeFrames.popLast() { return frame }
        guard usedFrameCount < frameCountMax else { return nil }
        usedFrameCount += 1
        return usedFrameCount - 1
    }
}
