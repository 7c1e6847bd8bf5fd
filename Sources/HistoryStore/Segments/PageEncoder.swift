import CZstd
import GuestMemory

/// Encodes page versions. Holds zstd's tables, which are dear to set up; for one thread.
struct PageEncoder: ~Copyable {
    private let context: OpaquePointer
    private let output: UnsafeMutableRawPointer
    private let outputByteCount: Int
    private let patchOutput: UnsafeMutableRawPointer

    /// A patch up to this size is taken without asking zstd, which would gain next to nothing.
    private static let patchBytesTaken = 96
    /// A patch beyond this size always loses to zstd.
    private static let patchBytesMax = 512
    /// A delta beyond this size is compared with the page stored whole.
    private static let deltaBytesUnquestioned = 512

    init() {
        context = Zstd.makePageCompressor()
        outputByteCount = ZSTD_compressBound(pageSize)
        output = .allocate(byteCount: outputByteCount, alignment: 16)
        patchOutput = .allocate(byteCount: Self.patchBytesMax, alignment: 16)
    }

    deinit {
        ZSTD_freeCCtx(context)
        output.deallocate()
        patchOutput.deallocate()
    }

    /// The shortest of the encodings worth trying, valid until the next call. Without a base, or when little remains of
    /// the base, the page is encoded whole.
    mutating func encode(
        _ page: UnsafeRawPointer, base: UnsafeRawPointer?
    ) -> (kind: SegmentFormat.PayloadKind, payload: UnsafeRawBufferPointer) {
        guard let base else { return whole(page) }
        let patch = PagePatch.encode(page, base: base, into: patchOutput, byteCountMax: Self.patchBytesMax)
        if let patch, patch <= Self.patchBytesTaken { return (.patch, .init(start: patchOutput, count: patch)) }

        _ = ZSTD_CCtx_refPrefix(context, base, pageSize)
        let delta = ZSTD_compress2(context, output, outputByteCount, page, pageSize)
        if let patch, ZSTD_isError(delta) != 0 || patch <= delta {
            return (.patch, .init(start: patchOutput, count: patch))
        }
        if ZSTD_isError(delta) == 0, delta <= Self.deltaBytesUnquestioned {
            return (.zstdDelta, .init(start: output, count: delta))
        }
        let whole = whole(page)
        // A keyframe begins a new chain, which is worth something: a delta must save a quarter of its size.
        if ZSTD_isError(delta) != 0 || delta > whole.payload.count / 4 * 3 { return whole }
        _ = ZSTD_CCtx_refPrefix(context, base, pageSize)
        let again = ZSTD_compress2(context, output, outputByteCount, page, pageSize)
        return (.zstdDelta, .init(start: output, count: again))
    }

    private mutating func whole(
        _ page: UnsafeRawPointer
    ) -> (kind: SegmentFormat.PayloadKind, payload: UnsafeRawBufferPointer) {
        let size = ZSTD_compress2(context, output, outputByteCount, page, pageSize)
        if ZSTD_isError(size) != 0 || size >= pageSize { return (.raw, .init(start: page, count: pageSize)) }
        return (.zstd, .init(start: output, count: size))
    }
}
