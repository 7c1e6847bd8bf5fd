import CZstd
import GuestMemory
import Synchronization

/// zstd, set up for pages and for blobs.
enum Zstd {
    /// Frames of single pages carry no magic number, no content size, no checksum: the segment knows all three.
    /// The window covers a page and its prefix. Level 3: docs/decisions/page-deltas.md.
    static func makePageCompressor() -> OpaquePointer {
        let context = ZSTD_createCCtx()!
        ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, 3)
        ZSTD_CCtx_setParameter(context, ZSTD_c_windowLog, 13)
        ZSTD_CCtx_setParameter(context, ZSTD_c_contentSizeFlag, 0)
        ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 0)
        ZSTD_CCtx_setParameter(context, ZSTD_c_dictIDFlag, 0)
        ZSTD_CCtx_setParameter(context, ZSTD_c_experimentalParam2, Int32(ZSTD_f_zstd1_magicless.rawValue))
        return context
    }

    static func makePageDecompressor() -> OpaquePointer {
        let context = ZSTD_createDCtx()!
        ZSTD_DCtx_setParameter(context, ZSTD_d_experimentalParam1, Int32(ZSTD_f_zstd1_magicless.rawValue))
        return context
    }

    /// Contexts for blobs, at rest. A new one costs more than compressing a short blob.
    private struct IdleContext: @unchecked Sendable { let context: OpaquePointer }
    private static let idleCompressors = Mutex<[IdleContext]>([])
    private static let idleDecompressors = Mutex<[IdleContext]>([])

    /// Compresses a blob, against `prefix` when there is one. Ordinary frames without content size.
    static func compress(_ bytes: [UInt8], prefix: [UInt8]? = nil, level: Int32 = 3) -> [UInt8] {
        let context = idleCompressors.withLock { $0.popLast() }?.context ?? ZSTD_createCCtx()!
        defer { idleCompressors.withLock { $0.append(IdleContext(context: context)) } }
        ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, level)
        ZSTD_CCtx_setParameter(context, ZSTD_c_contentSizeFlag, 0)
        let bound = ZSTD_compressBound(bytes.count)
        return bytes.withUnsafeBytes { source in
            (prefix ?? []).withUnsafeBytes { prefixBytes in
                if prefix != nil { _ = ZSTD_CCtx_refPrefix(context, prefixBytes.baseAddress, prefixBytes.count) }
                return [UInt8](unsafeUninitializedCapacity: bound) { output, count in
                    count = ZSTD_compress2(context, output.baseAddress, bound, source.baseAddress, source.count)
                    precondition(ZSTD_isError(count) == 0, "zstd cannot compress into its own bound")
                }
            }
        }
    }

    /// Decompresses what must be exactly `byteCount` bytes; nil when it is not.
    static func decompress(_ bytes: UnsafeRawBufferPointer, byteCount: Int, prefix: [UInt8]? = nil) -> [UInt8]? {
        // A damaged length must not become an allocation: no blob is larger, and zstd's ratio is bounded.
        guard byteCount >= 0, byteCount <= blobByteCountMax else { return nil }
        let context = idleDecompressors.withLock { $0.popLast() }?.context ?? ZSTD_createDCtx()!
        defer { idleDecompressors.withLock { $0.append(IdleContext(context: context)) } }
        return (prefix ?? []).withUnsafeBytes { prefixBytes -> [UInt8]? in
            if prefix != nil { _ = ZSTD_DCtx_refPrefix(context, prefixBytes.baseAddress, prefixBytes.count) }
            var size = 0
            let output = [UInt8](unsafeUninitializedCapacity: byteCount) { output, count in
                size = ZSTD_decompressDCtx(context, output.baseAddress, byteCount, bytes.baseAddress, bytes.count)
                count = ZSTD_isError(size) == 0 ? size : 0
            }
            return size == byteCount ? output : nil
        }
    }

    /// Longest blob and longest decoded list.
    static let blobByteCountMax = 1 << 30
}
