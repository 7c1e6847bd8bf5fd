import HistoryStore
import Machine

/// How executing a recorded epoch anew ended.
enum EpochExecution: Equatable {
    case reached
    case interrupted
    /// The machine went another way than recorded; why, without a full stop.
    case strayed(String)
}

extension Machine {
    /// Executes a recorded epoch, or the rest of it, with its recorded inputs up to `target`, at most the epoch's end.
    ///
    /// The machine stands inside the epoch. Inputs stamped with `target` itself are not applied, but at the epoch's end
    /// those that the epoch holds are.
    func execute(_ epoch: EpochManifest, until target: UInt64) throws -> EpochExecution {
        // The run below asks only after many instructions, which short epochs do not have.
        if shouldPause?() == true { return .interrupted }
        follow(epoch.inputCount == 0 ? [] : try InputLog.decode(epoch.inputs()))
        while icount < target {
            switch try run(until: target) {
            case .icountReached: break
            case .interrupted: return .interrupted
            case .ended where icount < target: return .strayed("the guest ended at i\(icount) (\(power))")
            case .ended: break
            case .waitingForInput, .idle: return .strayed("every hart waits at i\(icount) for input that never came")
            }
        }
        if target == epoch.icountTo { applyScriptedInputsAtEnd() }
        if let scriptMismatch { return .strayed(scriptMismatch) }
        if target == epoch.icountTo, pendingScriptCount > 0 {
            return .strayed("\(pendingScriptCount) recorded inputs were not taken by the end of epoch \(epoch.epoch)")
        }
        return .reached
    }
}
