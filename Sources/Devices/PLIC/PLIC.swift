/// The platform-level interrupt controller, `sifive,plic-1.0.0` (RISC-V PLIC Specification 1.0.0).
///
/// Sources 1...63 are level-triggered lines. Contexts are two a hart, in the order hart 0 M, hart 0 S, hart 1 M, ...
/// A line that rises makes its source pending through its gateway; the request then stays until it is claimed, even
/// when the line falls ("Interrupt Gateways"), and the gateway stays shut until completion.
///
///     0x000000 + 4 * source     priority, 0 (never) ... 7
///     0x001000 + 4 * word       pending, a bit a source, read only
///     0x002000 + 0x80 * context enables, a bit a source
///     0x200000 + 0x1000 * context       threshold
///     0x200004 + 0x1000 * context       claim (read), complete (write)
///
/// Registers are 32 bits wide. An 8-byte access is two of them, low first; a narrower one reads zero and writes nothing.
public final class PLIC: MMIODevice {
    /// Highest source number. Source 0 does not exist, so a set of sources is one 64-bit word.
    public static let sourceCount = 63
    /// Contexts that the register map of `size` bytes has room for.
    public static let contextCountMax = 64
    static let priorityMask: UInt32 = 7

    public let name = "plic"
    public let size: UInt64 = 0x60_0000

    /// Called when a context's interrupt line (M: mip.MEIP, S: mip.SEIP) changes.
    public var onContextChange: (_ context: Int, _ pending: Bool) -> Void = { _, _ in }

    /// Bit *c* is the level of context *c*'s interrupt line. Derived from the state; valid after `load(_:)` as well.
    public internal(set) var pendingContexts: UInt64 = 0

    var state: State

    /// - Parameter contextCount: two a hart, 1 ... `contextCountMax`.
    public init(contextCount: Int) {
        precondition(1...Self.contextCountMax ~= contextCount, "a PLIC has 1 to 64 contexts")
        state = State(contextCount: contextCount)
    }

    /// Sets the level of a source's line; sources outside 1...63 are ignored.
    public func setLine(_ source: Int, high: Bool) {
        guard 1...Self.sourceCount ~= source else { return }
        let bit: UInt64 = 1 << UInt64(source)
        if high {
            state.lines |= bit
            openGateways()
        } else {
            state.lines &= ~bit
        }
    }

    public func read(offset: UInt64, size: Int) -> UInt64 {
        switch size {
        case 4 where offset & 3 == 0:
            return UInt64(readRegister(offset))
        case 8 where offset & 7 == 0:
            let low = UInt64(readRegister(offset))
            return low | UInt64(readRegister(offset + 4)) << 32
        default:
            return 0
        }
    }

    public func write(offset: UInt64, value: UInt64, size: Int) {
        switch size {
        case 4 where offset & 3 == 0:
            writeRegister(offset, UInt32(truncatingIfNeeded: value))
        case 8 where offset & 7 == 0:
            writeRegister(offset, UInt32(truncatingIfNeeded: value))
            writeRegister(offset + 4, UInt32(truncatingIfNeeded: value >> 32))
        default:
            break
        }
    }
}

// MARK: - Registers

extension PLIC {
    /// What a 4-byte aligned offset selects.
    private enum Register {
        case priority(source: Int)
        case pending(word: Int)
        case enable(context: Int, word: Int)
        case threshold(context: Int)
        case claim(context: Int)
    }

    private func register(at offset: UInt64) -> Register? {
        switch offset {
        case 0x00_0004..<0x00_1000:
            let source = Int(offset / 4)
            return source <= Self.sourceCount ? .priority(source: source) : nil
        case 0x00_1000..<0x00_1008:
            return .pending(word: Int(offset & 7) / 4)
        case 0x00_2000..<0x20_0000:
            let context = Int((offset - 0x2000) / 0x80)
            let word = Int((offset & 0x7f) / 4)
            return context < state.enables.count && word < 2 ? .enable(context: context, word: word) : nil
        case 0x20_0000..<0x60_0000:
            let context = Int((offset - 0x20_0000) / 0x1000)
            guard context < state.enables.count else { return nil }
            switch offset & 0xfff {
            case 0: return .threshold(context: context)
            case 4: return .claim(context: context)
            default: return nil
            }
        default:
            return nil
        }
    }

    private func readRegister(_ offset: UInt64) -> UInt32 {
        switch register(at: offset) {
        case .priority(let source): UInt32(state.priorities[source])
        case .pending(let word): UInt32(truncatingIfNeeded: state.pending >> UInt64(32 * word))
        case .enable(let context, let word):
            UInt32(truncatingIfNeeded: state.enables[context] >> UInt64(32 * word))
        case .threshold(let context): UInt32(state.thresholds[context])
        case .claim(let context): claim(context)
        case nil: 0
        }
    }

    private func writeRegister(_ offset: UInt64, _ value: UInt32) {
        switch register(at: offset) {
        case .priority(let source):
            state.priorities[source] = UInt8(value & Self.priorityMask)
            updateContexts()
        case .enable(let context, let word):
            let shift = UInt64(32 * word)
            let kept = state.enables[context] & ~(0xffff_ffff << shift)
            // Source 0 does not exist: its enable bit is hard-wired to zero.
            state.enables[context] = (kept | UInt64(value) << shift) & ~1
            updateContexts()
        case .threshold(let context):
            state.thresholds[context] = UInt8(value & Self.priorityMask)
            updateContexts()
        case .claim(let context):
            complete(context, source: value)
        case .pending, nil:
            break
        }
    }
}

// MARK: - Claim and complete

extension PLIC {
    /// The pending, enabled source of the highest priority, the lowest number among equals; 0 when there is none. The
    /// threshold has no part in it ("Interrupt Claim Process").
    private func claim(_ context: Int) -> UInt32 {
        var candidates = state.pending & state.enables[context]
        var best = 0
        var bestPriority: UInt8 = 0
        while candidates != 0 {
            let source = candidates.trailingZeroBitCount
            candidates &= candidates - 1
            if state.priorities[source] > bestPriority {
                best = source
                bestPriority = state.priorities[source]
            }
        }
        guard best != 0 else { return 0 }
        state.pending &= ~(1 << UInt64(best))
        state.inService |= 1 << UInt64(best)
        updateContexts()
        return UInt32(best)
    }

    /// Reopens a source's gateway. A completion for a source that is not enabled for the context is ignored
    /// ("Interrupt Completion"), as is one for a source that nobody claimed.
    private func complete(_ context: Int, source: UInt32) {
        guard 1...UInt32(Self.sourceCount) ~= source else { return }
        let bit: UInt64 = 1 << UInt64(source)
        guard state.enables[context] & state.inService & bit != 0 else { return }
        state.inService &= ~bit
        openGateways()
    }

    /// Lines that are high and not in service become requests.
    private func openGateways() {
        state.pending |= state.lines & ~state.inService
        updateContexts()
    }

    /// Recomputes every context's line and reports those that changed.
    private func updateContexts() {
        let before = pendingContexts
        pendingContexts = computedPendingContexts()
        var changed = before ^ pendingContexts
        while changed != 0 {
            let context = changed.trailingZeroBitCount
            changed &= changed - 1
            onContextChange(context, pendingContexts >> UInt64(context) & 1 != 0)
        }
    }

    /// The contexts that have a pending, enabled source of a priority above their threshold.
    func computedPendingContexts() -> UInt64 {
        guard state.pending != 0 else { return 0 }
        var contexts: UInt64 = 0
        for context in state.enables.indices {
            var candidates = state.pending & state.enables[context]
            while candidates != 0 {
                let source = candidates.trailingZeroBitCount
                candidates &= candidates - 1
                if state.priorities[source] > state.thresholds[context] {
                    contexts |= 1 << UInt64(context)
                    break
                }
            }
        }
        return contexts
    }
}
