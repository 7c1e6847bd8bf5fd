import GuestMemory

extension BootPlan {
    /// Sv39 maps 128 GiB of memory linearly in Linux; no host page table for more is worth it.
    public static let memorySizeMax: UInt64 = 128 << 30

    /// Alignment of a kernel: the largest page that a 64-bit kernel maps itself with (boot.rst, "Kernel location").
    private static let kernelAlignment: UInt64 = 2 << 20

    /// Room after the device tree, because OpenSBI adds nodes to it in place.
    private static let deviceTreeSlack: UInt64 = 64 << 10

    /// `fw_jump` moves the device tree to 34 MiB above the base (OpenSBI platform/generic, FW_JUMP_FDT_OFFSET), so with
    /// firmware nothing else may lie there.
    private static let firmwareDeviceTreeOffset: UInt64 = 34 << 20

    /// The initrd and the device tree lie below this offset from the base, that is below 4 GiB, however large memory is:
    /// every kernel's early mappings and 32-bit DMA zones reach there.
    private static let topOffsetMax: UInt64 = 2 << 30

    /// A Linux machine.
    ///
    ///     base             firmware, if any
    ///     base + 2 MiB     kernel (its text_offset), zeroed data after it
    ///     ...              free
    ///     below the top    fw_dynamic_info, if firmware; device tree; initrd, up to the top
    ///
    /// - Parameter configuration: memory, harts and command line; whether there is firmware is taken from `firmware`.
    public static func linux(
        kernel: KernelImage, initrd: [UInt8]? = nil, firmware: FirmwareImage? = nil,
        configuration: BoardConfiguration
    ) throws(BootPlanError) -> BootPlan {
        var configuration = configuration
        configuration.hasMachineModeFirmware = firmware != nil
        let memory = try checkedMemory(configuration)
        let base = memory.lowerBound

        // With a text_offset of 0 the kernel would lie where firmware does; 2 MiB up is as good for it.
        let kernelAddress = base + max(kernel.textOffset, kernelAlignment)
        let (kernelEnd, overflow) = kernelAddress.addingReportingOverflow(kernel.memorySize)
        guard !overflow, kernelEnd <= base + memorySizeMax else {
            throw .memoryTooSmall(memorySize: configuration.memorySize, required: .max)
        }
        let lowEnd = firmware == nil ? kernelEnd : max(kernelEnd, base + firmwareDeviceTreeOffset + deviceTreeSlack)
        let high = try HighLoads(
            initrd: initrd, hasFirmwareInfo: firmware != nil, memory: memory, lowEnd: lowEnd,
            configuration: configuration)

        var loads = [Load(what: "kernel", address: GuestPhysicalAddress(kernelAddress), bytes: kernel.bytes)]
        var entry = kernelAddress
        if let firmware {
            let (firmwareLoads, firmwareEntry) = try place(firmware, in: memory)
            loads = firmwareLoads + loads
            entry = firmwareEntry
            loads.append(
                Load(
                    what: "firmware information", address: GuestPhysicalAddress(high.firmwareInfo),
                    bytes: dynamicInfo(nextAddress: kernelAddress)))
        }
        loads += high.loads
        try requireDisjoint(loads, kernelEnd: kernelEnd)
        return BootPlan(
            loads: loads, entry: GuestPhysicalAddress(entry),
            privilege: firmware == nil ? .supervisor : .machine, deviceTree: GuestPhysicalAddress(high.deviceTree),
            firmwareInfo: high.firmwareInfo, tohost: nil)
    }

    /// A bare program in M-mode: its segments where it wants them, a device tree at the top for those that read it.
    public static func bare(
        _ program: ELFFile, configuration: BoardConfiguration
    ) throws(BootPlanError) -> BootPlan {
        var configuration = configuration
        configuration.hasMachineModeFirmware = true
        let memory = try checkedMemory(configuration)
        var loads = try place(program, what: "program", bias: 0, in: memory)
        guard let entry = program.physicalAddress(ofVirtual: program.entry), memory.contains(entry) else {
            throw .entryOutsideMemory(address: program.entry, memory: memory)
        }
        let lowEnd = program.segments.map { $0.physicalAddress + $0.memorySize }.max() ?? memory.lowerBound
        let high = try HighLoads(
            initrd: nil, hasFirmwareInfo: false, memory: memory, lowEnd: lowEnd, configuration: configuration)
        loads += high.loads
        try requireDisjoint(loads, kernelEnd: nil)
        // A word of 8 bytes: one that is not aligned could lie in two pages, and is no such word.
        let tohost = program.symbol(named: "tohost").flatMap { program.physicalAddress(ofVirtual: $0.value) }
            .flatMap { $0 % 8 == 0 ? $0 : nil }
        return BootPlan(
            loads: loads, entry: GuestPhysicalAddress(entry), privilege: .machine,
            deviceTree: GuestPhysicalAddress(high.deviceTree), firmwareInfo: 0,
            tohost: tohost.map { GuestPhysicalAddress($0) })
    }

    /// What lies at the top of memory, from the top down: the initrd, the device tree, firmware's information.
    private struct HighLoads {
        var loads: [Load] = []
        var deviceTree: UInt64 = 0
        var firmwareInfo: UInt64 = 0

        init(
            initrd: [UInt8]?, hasFirmwareInfo: Bool, memory: Range<UInt64>, lowEnd: UInt64,
            configuration: BoardConfiguration
        ) throws(BootPlanError) {
            let page = UInt64(pageSize)
            let top = min(memory.upperBound, memory.lowerBound + topOffsetMax)
            let initrdByteCount = UInt64(initrd?.count ?? 0)
            let initrdPages = (initrdByteCount + page - 1) & ~(page - 1)
            // The blob is as long for any place of the initrd.
            let treeByteCount = UInt64(
                Board.deviceTree(configuration, initrd: initrd.map { 0..<UInt64($0.count) }).count)
            let treePages = (treeByteCount + deviceTreeSlack + page - 1) & ~(page - 1)
            let highByteCount = initrdPages + treePages + (hasFirmwareInfo ? page : 0)
            guard lowEnd <= top, highByteCount <= top - lowEnd else {
                let required = (lowEnd - memory.lowerBound).addingReportingOverflow(highByteCount)
                throw .memoryTooSmall(
                    memorySize: configuration.memorySize, required: required.overflow ? .max : required.partialValue)
            }

            let initrdAddress = top - initrdPages
            if let initrd {
                loads.append(Load(what: "initrd", address: GuestPhysicalAddress(initrdAddress), bytes: initrd))
            }
            deviceTree = initrdAddress - treePages
            let tree = Board.deviceTree(
                configuration, initrd: initrd.map { _ in initrdAddress..<initrdAddress + initrdByteCount })
            precondition(UInt64(tree.count) == treeByteCount, "the device tree's length depends on the initrd's place")
            loads.append(Load(what: "device tree", address: GuestPhysicalAddress(deviceTree), bytes: tree))
            if hasFirmwareInfo { firmwareInfo = deviceTree - page }
        }
    }
}

// MARK: - Parts

extension BootPlan {
    private static func checkedMemory(_ configuration: BoardConfiguration) throws(BootPlanError) -> Range<UInt64> {
        let memorySize = configuration.memorySize
        guard memorySize % UInt64(pageSize) == 0 else { throw .memoryNotWholePages(memorySize: memorySize) }
        guard memorySize <= memorySizeMax else { throw .memoryTooLarge(memorySize: memorySize) }
        guard memorySize > 0 else {
            throw .memoryTooSmall(memorySize: 0, required: UInt64(pageSize))
        }
        return configuration.memory
    }

    /// Firmware at the base of memory; one that can run anywhere, or was linked to zero, is moved there.
    private static func place(
        _ firmware: FirmwareImage, in memory: Range<UInt64>
    ) throws(BootPlanError) -> (loads: [Load], entry: UInt64) {
        switch firmware {
        case .flat(let bytes):
            let load = Load(what: "firmware", address: GuestPhysicalAddress(memory.lowerBound), bytes: bytes)
            return ([load], memory.lowerBound)
        case .elf(let elf):
            let lowest = elf.segments.map(\.physicalAddress).min() ?? 0
            let bias = elf.isRelocatable || lowest == 0 ? memory.lowerBound &- lowest : 0
            let loads = try place(elf, what: "firmware", bias: bias, in: memory)
            let entry = elf.physicalAddress(ofVirtual: elf.entry).map { $0 &+ bias }
            guard let entry, memory.contains(entry) else {
                throw .entryOutsideMemory(address: elf.entry, memory: memory)
            }
            return (loads, entry)
        }
    }

    /// The segments of a program, moved by `bias`. Zeroed data needs no load: fresh memory is zero.
    private static func place(
        _ program: ELFFile, what: String, bias: UInt64, in memory: Range<UInt64>
    ) throws(BootPlanError) -> [Load] {
        var loads: [Load] = []
        for segment in program.segments {
            let address = segment.physicalAddress &+ bias
            guard memory.contains(address), segment.memorySize <= memory.upperBound - address else {
                throw .segmentOutsideMemory(address: address, byteCount: segment.memorySize, memory: memory)
            }
            if !segment.file.isEmpty {
                loads.append(
                    Load(what: what, address: GuestPhysicalAddress(address), bytes: Array(program.bytes[segment.file])))
            }
        }
        return loads
    }

    /// OpenSBI's `struct fw_dynamic_info`, version 2 (docs/firmware/fw_dynamic.md): six 64-bit words.
    private static func dynamicInfo(nextAddress: UInt64) -> [UInt8] {
        let magic: UInt64 = 0x4942_534f  // "OSBI"
        let supervisorMode: UInt64 = 1
        let bootHart: UInt64 = 0
        let words = [magic, 2, nextAddress, supervisorMode, 0, bootHart]
        return words.flatMap { word in withUnsafeBytes(of: word.littleEndian) { Array($0) } }
    }

    /// Checks that no load lies in another, and nothing in the kernel's zeroed data.
    private static func requireDisjoint(_ loads: [Load], kernelEnd: UInt64?) throws(BootPlanError) {
        let sorted = loads.sorted { $0.address < $1.address }
        for (low, high) in zip(sorted, sorted.dropFirst()) {
            var end = low.address.rawValue + UInt64(low.bytes.count)
            if low.what == "kernel", let kernelEnd { end = kernelEnd }
            guard end <= high.address.rawValue else { throw .overlap(low.what, high.what) }
        }
    }
}
