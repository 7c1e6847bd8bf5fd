import GuestMemory

/// What a reset brings back: the machine as it was at checkpoint 0.
public struct ResetImage {
    /// Gives the state before the first instruction.
    public var state: () throws -> MachineState
    /// Fills zeroed memory with its first content.
    public var fill: (GuestMemory) throws -> Void

    public init(state: @escaping () throws -> MachineState, fill: @escaping (GuestMemory) throws -> Void) {
        self.state = state
        self.fill = fill
    }
}

extension Machine {
    /// Carries out the reset that the guest asked for, between two steps. Memory and every register are as at checkpoint 0;
    /// icount and virtual time go on, so that the history does. All of RAM counts as written.
    /// - Throws: what `fill` throws, or `MachineStateError`; the machine is then fit only to be dropped.
    func reset(to image: ResetImage) throws {
        cluster.noteReset()
        memory.clear()
        try image.fill(memory)
        cluster.dropAllDecodedCode()
        var state = try image.state()
        state.icount = icount
        state.skipped_ns = cluster.skipped_ns
        try load(state)
        memory.markAllDirty()
    }
}
