import CZstd
import GuestMemory

/// Encodes page versions. Holds zstd's tables, which are dear to set up; for one thread.
struct PageEncoder: ~Copyable {
    private let context: OpaquePointer
    private let output: UnsafeMutableRawPointer
    private let deltaOutput: UnsafeMutableRawPointer
    private let outputByteCount: Int
    private let patchOutput: UnsafeMutableRawPointer

    /// A patch up to this size is taken without asking zstd, which would gain next to nothing.
    private static let patchBytesTaken = 128
    /// A patch beyond this size always loses to zstd.
    private static let patchBytesMax = 512
    /// A delta beyond this size is compared with the page stored whole.
    private static let deltaBytesUnquestioned = 512
    /// With fewer words than this as they were (of 512), the page was filled anew and its base is of no use.
    private static let unchangedWordsMin = 64

    init() {
        context = Zstd.makePageCompressor()
        outputByteCount = ZSTD_compressBound(pageSize)
        output = .allocate(byteCount: outputByteCount, alignment: 16)
        deltaOutput = .allocate(byteCount: outputByteCount, alignment: 16)
        patchOutput = .allocate(byteCount: Self.patchBytesMax, alignment: 16)
    }

    deinit {
        ZSTD_freeCCtx(context)
        output.deallocate()
        deltaOutput.deallocate()
        patchOutput.deallocate()
    }

    /// The shortest of the encodings worth trying, valid until the next call. Without a base, or when little remains of
    /// the base, the page is encoded whole.
    /// - Parameter patch: a patch of this base, where somebody has made it already.
    mutating func encode(
        _ page: UnsafeRawPointer, base: UnsafeRawPointer?, patch known: UnsafeRawBufferPointer? = nil
    ) -> (kind: SegmentFormat.PayloadKind, payload: UnsafeRawBufferPointer) {
        guard let base else { return whole(page) }
        if let known, known.count <= Self.patchBytesTaken { return (.patch, known) }
        let patch = PagePatch.encode(page, base: base, into: patchOutput, byteCountMax: Self.patchBytesMax)
        if let patch, patch <= Self.patchBytesTaken { return (.patch, .init(start: patchOutput, count: patch)) }

        if patch == nil, Self.unchangedWords(page, base) < Self.unchangedWordsMin { return whole(page) }

        _ = ZSTD_CCtx_refPrefix(context, base, pageSize)
        let delta = ZSTD_compress2(context, deltaOutput, outputByteCount, page, pageSize)
        if let patch, ZSTD_isError(delta) != 0 || patch <= delta {
            return (.patch, .init(start: patchOutput, count: patch))
        }
        let isDelta = ZSTD_isError(delta) == 0
        if isDelta, delta <= Self.deltaBytesUnquestioned {
            return (.zstdDelta, .init(start: deltaOutput, count: delta))
        }
        // A keyframe begins a new chain, which is worth something: a delta must save a quarter of its size.
        let whole = whole(page)
        return isDelta && delta <= whole.payload.count / 4 * 3
            ? (.zstdDelta, .init(start: deltaOutput, count: delta)) : whole
    }

    static let wordCount = pageSize / 8

    /// How many of a page's 512 words are 0.
    static func zeroWords(_ page: UnsafeRawPointer) -> Int {
        var zeros = SIMD8<UInt64>.zero
        for offset in stride(from: 0, to: pageSize, by: 64) {
            let isZero = page.loadUnaligned(fromByteOffset: offset, as: SIMD8<UInt64>.self) .== 0
            zeros.replace(with: zeros &+ 1, where: isZero)
        }
        return Int(zeros.wrappedSum())
    }

    /// How many of a page's 512 words are as in another.
    static func unchangedWords(_ page: UnsafeRawPointer, _ base: UnsafeRawPointer) -> Int {
        var same = SIMD8<UInt64>.zero
        for offset in stride(from: 0, to: pageSize, by: 64) {
            let equal =
                page.loadUnaligned(fromByteOffset: offset, as: SIMD8<UInt64>.self)
                .== base.loadUnaligned(fromByteOffset: offset, as: SIMD8<UInt64>.self)
            same.replace(with: same &+ 1, where: equal)
        }
        return Int(same.wrappedSum())
    }

    private mutating func whole(
        _ page: UnsafeRawPointer
    ) -> (kind: SegmentFormat.PayloadKind, payload: UnsafeRawBufferPointer) {
        let size = ZSTD_compress2(context, output, outputByteCount, page, pageSize)
        if ZSTD_isError(size) != 0 || size >= pageSize { return (.raw, .init(start: page, count: pageSize)) }
        return (.zstd, .init(start: output, count: size))
    }
}
