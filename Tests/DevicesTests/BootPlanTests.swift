import GuestMemory
import Testing

@testable import Machine

extension BootPlan {
    fileprivate func load(_ what: String) -> Load? { loads.first { $0.what == what } }
}

@Suite struct BootPlanTests {
    private let base: UInt64 = 0x8000_0000
    private let initrd = [UInt8](repeating: 7, count: 10_000)

    private func kernel(imageSize: UInt64 = 0x10_0000, textOffset: UInt64 = 0x20_0000) throws -> KernelImage {
        try KernelImage(bytes: makeKernel(textOffset: textOffset, imageSize: imageSize))
    }

    /// No load overlaps another or leaves memory.
    private func checkShape(_ plan: BootPlan, memory: Range<UInt64>) {
        var end = memory.lowerBound
        for load in plan.loads.sorted(by: { $0.address < $1.address }) {
            #expect(load.address.rawValue >= end, "\(load.what) overlaps")
            end = load.address.rawValue + UInt64(load.bytes.count)
        }
        #expect(end <= memory.upperBound)
    }

    @Test func linuxWithBuiltInFirmware() throws {
        let configuration = testConfiguration(memory_MiB: 64)
        let plan = try BootPlan.linux(kernel: kernel(), initrd: initrd, configuration: configuration)
        checkShape(plan, memory: configuration.memory)
        #expect(plan.privilege == .supervisor)
        #expect(plan.entry.rawValue == base + 0x20_0000)
        #expect(plan.load("kernel")?.address == plan.entry)
        #expect(plan.firmwareInfo == 0)
        #expect(plan.tohost == nil)
        let initrdLoad = try #require(plan.load("initrd"))
        #expect(initrdLoad.address.rawValue == base + 64 << 20 - 12288)
        #expect(initrdLoad.bytes == initrd)
        #expect(plan.deviceTree < initrdLoad.address)
        #expect(plan.deviceTree.rawValue % 8 == 0)
        let start = initrdLoad.address.rawValue
        #expect(plan.load("device tree")?.bytes == Board.deviceTree(configuration, initrd: start..<start + 10_000))
    }

    @Test func kernelWithoutOffsetLeavesRoomBelow() throws {
        let plan = try BootPlan.linux(kernel: kernel(textOffset: 0), configuration: testConfiguration(memory_MiB: 64))
        #expect(plan.entry.rawValue == base + 0x20_0000)
        #expect(plan.load("initrd") == nil)
    }

    @Test func linuxWithFirmware() throws {
        let configuration = testConfiguration(memory_MiB: 64, harts: 2)
        let plan = try BootPlan.linux(
            kernel: kernel(), initrd: initrd, firmware: .flat([1, 2, 3]), configuration: configuration)
        checkShape(plan, memory: configuration.memory)
        #expect(plan.privilege == .machine)
        #expect(plan.entry.rawValue == base)
        #expect(plan.load("firmware")?.bytes == [1, 2, 3])
        let info = try #require(plan.load("firmware information"))
        #expect(info.address.rawValue == plan.firmwareInfo)
        let words = (0..<6).map { info.bytes.littleEndian(UInt64.self, at: 8 * $0) }
        #expect(words == [0x4942_534f, 2, base + 0x20_0000, 1, 0, 0])
        // The guest hears of the CLINT only now.
        let tree = String(decoding: try #require(plan.load("device tree")).bytes, as: UTF8.self)
        #expect(tree.contains("clint@2000000"))
    }

    @Test func firmwareAsELFIsMovedWhenItCanBe() throws {
        let configuration = testConfiguration(memory_MiB: 64)
        func entry(_ bytes: [UInt8]) throws -> UInt64 {
            let firmware = FirmwareImage.elf(try ELFFile(bytes: bytes))
            return try BootPlan.linux(kernel: kernel(), firmware: firmware, configuration: configuration).entry.rawValue
        }
        #expect(
            try entry(makeELF(physicalAddress: 0x8000_1000, virtualAddress: 0x8000_1000, entry: 0x8000_1000)) == base
                + 0x1000)
        #expect(try entry(makeELF(physicalAddress: 0, virtualAddress: 0, entry: 16)) == base + 16)
        #expect(
            try entry(makeELF(physicalAddress: 0x1000, virtualAddress: 0x1000, entry: 0x1010, type: 3)) == base + 16)
        #expect(throws: BootPlanError.self) {
            try entry(makeELF(physicalAddress: 0x1000, virtualAddress: 0x1000, entry: 0x1000))
        }
        #expect(throws: BootPlanError.overlap("firmware", "kernel")) {
            try BootPlan.linux(
                kernel: kernel(), firmware: .flat(Array(repeating: 0, count: 0x20_0001)), configuration: configuration)
        }
    }

    @Test func memoryThatIsTooSmall() throws {
        func error(_ memorySize: UInt64, imageSize: UInt64 = 0x10_0000, initrd: [UInt8]? = nil) throws -> BootPlanError?
        {
            var configuration = testConfiguration()
            configuration.memorySize = memorySize
            let kernel = try kernel(imageSize: imageSize)
            return #expect(throws: BootPlanError.self) {
                try BootPlan.linux(kernel: kernel, initrd: initrd, configuration: configuration)
            }
        }
        #expect(try error(0)?.description.contains("too small") == true)
        #expect(try error(4097) == .memoryNotWholePages(memorySize: 4097))
        #expect(try error(.max & ~4095) == .memoryTooLarge(memorySize: .max & ~4095))
        #expect(
            try error(2 << 20)?.description
                == "memory of 2 MiB is too small: what is to be loaded needs 4 MiB; give more with --memory")
        #expect(try error(64 << 20, imageSize: 64 << 20)?.description.contains("needs 67 MiB") == true)
        #expect(try error(64 << 20, imageSize: .max)?.description.contains("too small") == true)
        #expect(
            try error(16 << 20, initrd: Array(repeating: 0, count: 16 << 20))?.description.contains("too small") == true
        )

        // Exactly what the error asks for is enough.
        guard case .memoryTooSmall(_, let required)? = try error(2 << 20) else {
            Issue.record("no memoryTooSmall")
            return
        }
        var configuration = testConfiguration()
        configuration.memorySize = required
        checkShape(try BootPlan.linux(kernel: kernel(), configuration: configuration), memory: configuration.memory)
        #expect(try error(required - 4096) != nil)
    }

    @Test func largeMemoryKeepsLoadsBelow4GiB() throws {
        let configuration = testConfiguration(memory_MiB: 16 << 10)
        let plan = try BootPlan.linux(kernel: kernel(), initrd: initrd, configuration: configuration)
        checkShape(plan, memory: base..<1 << 32)
    }

    @Test func bareProgram() throws {
        let configuration = testConfiguration(memory_MiB: 1)
        let plan = try BootPlan.bare(try ELFFile(bytes: makeELF()), configuration: configuration)
        checkShape(plan, memory: configuration.memory)
        #expect(plan.privilege == .machine)
        #expect(plan.entry.rawValue == base)
        #expect(plan.tohost?.rawValue == base + 0x40)
        #expect(plan.load("program")?.bytes == [1, 2, 3, 4, 5, 6, 7, 8])
        #expect(plan.deviceTree.rawValue >= base + 4096)
        // Linked elsewhere in virtual memory: entered and watched at its physical addresses.
        let high = try BootPlan.bare(
            try ELFFile(bytes: makeELF(virtualAddress: 0xffff_ffff_c000_0000, entry: 0xffff_ffff_c000_0010)),
            configuration: configuration)
        #expect(high.entry.rawValue == base + 0x10)
        #expect(high.tohost?.rawValue == base + 0x40)
    }

    @Test func bareProgramThatDoesNotFit() throws {
        let configuration = testConfiguration(memory_MiB: 1)
        func error(_ bytes: [UInt8]) throws -> BootPlanError? {
            let program = try ELFFile(bytes: bytes)
            return #expect(throws: BootPlanError.self) { try BootPlan.bare(program, configuration: configuration) }
        }
        let memory = configuration.memory
        #expect(
            try error(makeELF(physicalAddress: 0x1000))
                == .segmentOutsideMemory(address: 0x1000, byteCount: 4096, memory: memory))
        #expect(
            try error(makeELF(memorySize: 2 << 20))
                == .segmentOutsideMemory(address: base, byteCount: 2 << 20, memory: memory))
        #expect(
            try error(makeELF(physicalAddress: 0xffff_ffff_ffff_f000, memorySize: .max))
                == .segmentOutsideMemory(address: 0xffff_ffff_ffff_f000, byteCount: .max, memory: memory))
        #expect(try error(makeELF(entry: 0x10)) == .entryOutsideMemory(address: 0x10, memory: memory))
        #expect(try error(makeELF(memorySize: 1 << 20))?.description.contains("too small") == true)
    }
}
