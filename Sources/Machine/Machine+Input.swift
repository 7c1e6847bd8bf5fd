import Devices
import RISCV

/// Inputs: live ones are applied when there is room and logged; scripted ones are applied where the log says.
extension Machine {
    /// Gives the guest console input. It enters when the UART has room, in `run`.
    /// - Parameter virtualTime_ns: the moment, when every hart waits: time passes up to there. nil for now.
    public func queueInput(_ bytes: [UInt8], at virtualTime_ns: UInt64? = nil) {
        waitingInput += bytes
        if let virtualTime_ns { inputTime_ns = virtualTime_ns }
    }

    public var hasWaitingInput: Bool { !waitingInput.isEmpty }

    /// From here on the machine takes its inputs from a log and none from outside.
    public func follow(_ events: [InputEvent]) {
        script = events.filter { $0.icount >= icount }
        scriptPosition = 0
    }

    /// More of the log, behind what `follow` gave.
    public func followFurther(_ events: [InputEvent]) { script = (script ?? []) + events }

    /// Back to live input, as a restored machine needs.
    public func stopFollowing() {
        script = nil
        scriptPosition = 0
    }

    /// Scripted inputs that were not applied yet.
    public var pendingScriptCount: Int { (script?.count ?? 0) - scriptPosition }

    var nextScriptedIcount: UInt64? {
        guard let script, scriptPosition < script.count else { return nil }
        return script[scriptPosition].icount
    }

    /// Applies what belongs before the next step.
    func applyInputs() throws {
        if script == nil {
            applyLiveInput()
        } else {
            applyScript()
        }
    }

    private func applyLiveInput() {
        guard !waitingInput.isEmpty, devices.uart.canReceive else { return }
        if let time = inputTime_ns, isIdle { skip(to: time) }
        inputTime_ns = nil
        var accepted: [UInt8] = []
        while let byte = waitingInput.first, devices.uart.canReceive, devices.uart.receive(byte) {
            accepted.append(byte)
            waitingInput.removeFirst()
        }
        log(.consoleBytes, accepted, at: icount)
    }

    private var isIdle: Bool { cluster.harts.allSatisfy { $0.pointee.isStopped || $0.pointee.isWaiting } }

    private func log(_ kind: InputEvent.Kind, _ bytes: [UInt8], at icount: UInt64) {
        inputLog.append(
            InputEvent(kind: kind, icount: icount, virtualTime_ns: icount &+ cluster.skipped_ns, bytes: bytes))
    }

    private func applyScript() {
        while let script, scriptPosition < script.count, script[scriptPosition].icount == icount {
            let event = script[scriptPosition]
            guard event.kind != .firmwareConsoleRead else { return }
            scriptPosition += 1
            skip(to: event.virtualTime_ns)
            for byte in event.bytes where !devices.uart.receive(byte) {
                mismatch("the console had no room for the input recorded at icount \(event.icount)")
            }
            inputLog.append(event)
        }
    }

    /// Applies the scripted inputs stamped with this very icount. An epoch that ended right after an input, with no step in
    /// between, ends so in a replay as well.
    public func applyScriptedInputsAtEnd() { applyScript() }

    private func mismatch(_ what: String) {
        if scriptMismatch == nil { scriptMismatch = what }
    }

    /// The answer to an SBI console read: what waits, or what the log says.
    func firmwareConsoleRead(byteCountMax: Int) -> [UInt8] {
        let now = clock.activeHart.map { cluster.icount($0) } ?? icount
        if let script {
            guard scriptPosition < script.count, script[scriptPosition].icount == now,
                script[scriptPosition].kind == .firmwareConsoleRead
            else { return [] }
            let event = script[scriptPosition]
            scriptPosition += 1
            inputLog.append(event)
            if event.bytes.count > byteCountMax {
                mismatch("the guest reads fewer console bytes than recorded at icount \(now)")
            }
            return Array(event.bytes.prefix(byteCountMax))
        }
        let bytes = Array(waitingInput.prefix(byteCountMax))
        guard !bytes.isEmpty else { return [] }
        waitingInput.removeFirst(bytes.count)
        log(.firmwareConsoleRead, bytes, at: now)
        return bytes
    }
}
