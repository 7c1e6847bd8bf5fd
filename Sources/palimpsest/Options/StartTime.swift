import ArgumentParser
import Foundation

/// What the guest's real-time clock shows first: `now`, or seconds since 1970.
struct StartTime: ExpressibleByArgument, Equatable {
    /// Nanoseconds since 1970.
    var time_ns: UInt64

    init(time_ns: UInt64) { self.time_ns = time_ns }

    init?(argument: String) {
        if argument == "now" {
            var now = timespec()
            clock_gettime(CLOCK_REALTIME, &now)
            time_ns = UInt64(now.tv_sec) * 1_000_000_000 + UInt64(now.tv_nsec)
            return
        }
        guard let seconds = UInt64(argument) else { return nil }
        let (nanoseconds, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        guard !overflow else { return nil }
        time_ns = nanoseconds
    }

    var defaultValueDescription: String { "\(time_ns / 1_000_000_000)" }
}
