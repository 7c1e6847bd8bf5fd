import GuestMemory
import RISCV

/// What to start: the words of the command line, read from files.
public enum GuestImage {
    case linux(kernel: KernelImage, initrd: [UInt8]?, firmware: FirmwareImage?, append: String)
    case bare(ELFFile)
}

extension Machine {
    /// A machine before its first instruction, its memory loaded (checkpoint 0).
    /// - Throws: `BootPlanError`, `GuestMemoryError`.
    public static func boot(
        _ image: GuestImage, configuration: MachineConfiguration, options: EngineOptions = EngineOptions()
    ) throws -> Machine {
        var configuration = configuration
        var board = BoardConfiguration(
            memorySize: configuration.memoryByteCount, hartCount: configuration.hartCount,
            rngSeed: Board.rngSeed(machineSeed: configuration.randomSeed))
        let plan: BootPlan
        switch image {
        case .linux(let kernel, let initrd, let firmware, let append):
            board.bootArguments = append
            plan = try BootPlan.linux(kernel: kernel, initrd: initrd, firmware: firmware, configuration: board)
        case .bare(let program): plan = try BootPlan.bare(program, configuration: board)
        }
        configuration.hasBuiltInFirmware = plan.privilege == .supervisor
        configuration.hostInterfaceAddress = plan.tohost?.rawValue
        let machine = try Machine(configuration: configuration, options: options)
        let fill = { (memory: GuestMemory) in
            for load in plan.loads { try load.bytes.withUnsafeBytes { try memory.load(load.address, $0) } }
        }
        try fill(machine.memory)
        machine.start(plan)
        let state = machine.save()
        machine.resetImage = ResetImage(state: { state }, fill: fill)
        return machine
    }

    private func start(_ plan: BootPlan) {
        for (index, h) in cluster.harts.enumerated() {
            switch plan.privilege {
            case .supervisor:
                cluster.resetToSupervisor(h, pc: plan.entry.rawValue)
                h.pointee.isStopped = index != 0
            case .machine: cluster.resetToMachine(h, pc: plan.entry.rawValue)
            }
            h.pointee.x[10] = UInt64(index)
            h.pointee.x[11] = plan.deviceTree.rawValue
            h.pointee.x[12] = plan.firmwareInfo
        }
    }
}
