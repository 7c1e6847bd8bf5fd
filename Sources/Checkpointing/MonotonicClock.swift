#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The host's clocks: for rates and measurements only, never for anything the guest can notice.
public enum MonotonicClock {
    /// Nanoseconds since some fixed moment, never going back.
    public static var now_ns: UInt64 { read(CLOCK_MONOTONIC) }

    /// Nanoseconds since 1970.
    public static var wallTime_ns: UInt64 { read(CLOCK_REALTIME) }

    private static func read(_ clock: clockid_t) -> UInt64 {
        var time = timespec()
        clock_gettime(clock, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }
}
