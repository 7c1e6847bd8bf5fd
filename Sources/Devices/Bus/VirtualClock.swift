/// The machine's time: a function of instructions retired and recorded skips, never of the host.
public protocol VirtualClock: AnyObject {
    /// Ticks of the timebase since checkpoint 0; what the `time` CSR counts. Never falls.
    var now_ticks: UInt64 { get }
}

extension VirtualClock {
    /// Nanoseconds since checkpoint 0, in steps of one tick.
    public var now_ns: UInt64 { now_ticks &* Timebase.tick_ns }
}

/// The unit of virtual time, as the device tree's `timebase-frequency` tells the guest.
public enum Timebase {
    /// 10 MHz, which is also what QEMU's `virt` board has.
    public static let timebaseFrequency_hz: UInt64 = 10_000_000
    /// Nanoseconds in a tick.
    public static let tick_ns: UInt64 = 1_000_000_000 / timebaseFrequency_hz
}
