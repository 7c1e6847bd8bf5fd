import CZstd
import GuestMemory

/// Decodes payloads back into pages. For one thread at a time.
final class PageDecoder {
    private let context = Zstd.makePageDecompressor()

    deinit { ZSTD_freeDCtx(context) }

    /// Writes the page that `payload` encodes. Returns false when it does not decode to exactly one page.
    func decode(
        _ kind: SegmentFormat.PayloadKind, _ payload: UnsafeRawBufferPointer, base: UnsafeRawPointer?,
        into page: UnsafeMutableRawPointer
    ) -> Bool {
        guard kind.isDelta == (base != nil) else { return false }
        switch kind {
        case .raw:
            guard payload.count == pageSize else { return false }
            page.copyMemory(from: payload.baseAddress!, byteCount: pageSize)
            return true
        case .patch:
            page.copyMemory(from: base!, byteCount: pageSize)
            return PagePatch.apply(payload, to: page)
        case .zstdDelta:
            guard ZSTD_isError(ZSTD_DCtx_refPrefix(context, base, pageSize)) == 0 else { return false }
            return decompress(payload, into: page)
        case .zstd:
            return decompress(payload, into: page)
        }
    }

    private func decompress(_ payload: UnsafeRawBufferPointer, into page: UnsafeMutableRawPointer) -> Bool {
        let size = ZSTD_decompressDCtx(context, page, pageSize, payload.baseAddress, payload.count)
        return size == pageSize
    }
}
