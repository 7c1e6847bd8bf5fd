import Devices
import GuestMemory

extension Board {
    /// The flattened device tree of a board, as Linux 6.12 and OpenSBI 1.6 read it (`docs/linux-boot.md`; bindings in
    /// Linux's Documentation/devicetree/bindings).
    ///
    /// - Parameter initrd: where the initial file system lies in guest-physical memory. The blob's length depends on
    ///   whether there is one, not on its place.
    public static func deviceTree(_ configuration: BoardConfiguration, initrd: Range<UInt64>? = nil) -> [UInt8] {
        precondition(1...hartCountMax ~= configuration.hartCount, "a board has 1 to \(hartCountMax) harts")
        precondition(configuration.rngSeed.count >= 32, "Linux's random numbers need a seed of 32 bytes")
        var tree = DeviceTreeBuilder()
        tree.root.set("#address-cells", cells: 2)
        tree.root.set("#size-cells", cells: 2)
        tree.root.set("compatible", strings: "riscv-virtio")
        tree.root.set("model", strings: "palimpsest")
        tree.root.add(aliases)
        tree.root.add(chosen(configuration, initrd: initrd))
        tree.root.add(memory(configuration))
        if !configuration.reservedMemory.isEmpty { tree.root.add(reservedMemory(configuration)) }
        tree.root.add(cpus(configuration))
        tree.root.add(soc(configuration))
        tree.root.add(powerNode("poweroff", compatible: "syscon-poweroff", PowerController.Command.powerOff))
        tree.root.add(powerNode("reboot", compatible: "syscon-reboot", PowerController.Command.reset))
        return tree.encoded()
    }

    /// Handles by which nodes refer to each other.
    private enum Handle {
        static let plic: UInt32 = 1
        static let power: UInt32 = 2
        static func hartInterrupts(_ hart: Int) -> UInt32 { 16 + UInt32(hart) }
    }

    /// Interrupt numbers at a hart's own controller: the bits of mip.
    private enum HartInterrupt {
        static let machineSoftware: UInt32 = 3
        static let machineTimer: UInt32 = 7
        static let supervisorExternal: UInt32 = 9
        static let machineExternal: UInt32 = 11
    }

    private static func unitName(_ name: String, _ address: UInt64) -> String {
        name + "@" + String(address, radix: 16)
    }

    private static let serialName = unitName("serial", uartBase.rawValue)

    private static var aliases: DeviceTreeNode {
        var node = DeviceTreeNode("aliases")
        node.set("serial0", strings: "/soc/" + serialName)
        return node
    }

    private static func chosen(_ configuration: BoardConfiguration, initrd: Range<UInt64>?) -> DeviceTreeNode {
        var node = DeviceTreeNode("chosen")
        node.set("bootargs", strings: configuration.bootArguments)
        node.set("stdout-path", strings: "serial0:115200n8")
        node.set("rng-seed", bytes: configuration.rngSeed)
        if let initrd {
            node.set("linux,initrd-start", u64s: initrd.lowerBound)
            node.set("linux,initrd-end", u64s: initrd.upperBound)
        }
        return node
    }

    private static func memory(_ configuration: BoardConfiguration) -> DeviceTreeNode {
        var node = DeviceTreeNode(unitName("memory", memoryBase.rawValue))
        node.set("device_type", strings: "memory")
        node.set("reg", u64s: memoryBase.rawValue, configuration.memorySize)
        return node
    }

    private static func reservedMemory(_ configuration: BoardConfiguration) -> DeviceTreeNode {
        var node = DeviceTreeNode("reserved-memory")
        node.set("#address-cells", cells: 2)
        node.set("#size-cells", cells: 2)
        node.set("ranges")
        for range in configuration.reservedMemory {
            var firmware = DeviceTreeNode(unitName("firmware", range.lowerBound))
            firmware.set("reg", u64s: range.lowerBound, range.upperBound - range.lowerBound)
            firmware.set("no-map")
            node.add(firmware)
        }
        return node
    }

    private static func cpus(_ configuration: BoardConfiguration) -> DeviceTreeNode {
        var node = DeviceTreeNode("cpus")
        node.set("#address-cells", cells: 1)
        node.set("#size-cells", cells: 0)
        node.set("timebase-frequency", cells: UInt32(Timebase.timebaseFrequency_hz))
        for hart in 0..<configuration.hartCount {
            var cpu = DeviceTreeNode(unitName("cpu", UInt64(hart)))
            cpu.set("device_type", strings: "cpu")
            cpu.set("reg", cells: UInt32(hart))
            cpu.set("status", strings: "okay")
            cpu.set("compatible", strings: "riscv")
            // Kernels since 6.6 and OpenSBI since 1.4 read the pair, older ones the string.
            cpu.set("riscv,isa-base", strings: "rv64i")
            cpu.set("riscv,isa-extensions", strings: configuration.extensions)
            cpu.set("riscv,isa", strings: configuration.isaString)
            cpu.set("mmu-type", strings: configuration.pageTableMode.rawValue)
            var interrupts = DeviceTreeNode("interrupt-controller")
            interrupts.set("#address-cells", cells: 0)
            interrupts.set("#interrupt-cells", cells: 1)
            interrupts.set("interrupt-controller")
            interrupts.set("compatible", strings: "riscv,cpu-intc")
            interrupts.set("phandle", cells: Handle.hartInterrupts(hart))
            cpu.add(interrupts)
            node.add(cpu)
        }
        return node
    }

    /// Two interrupts of every hart, as `interrupts-extended` wants them.
    private static func interrupts(_ configuration: BoardConfiguration, _ first: UInt32, _ second: UInt32) -> [UInt32] {
        (0..<configuration.hartCount).flatMap {
            [Handle.hartInterrupts($0), first, Handle.hartInterrupts($0), second]
        }
    }
}

// MARK: - Devices

extension Board {
    private static func soc(_ configuration: BoardConfiguration) -> DeviceTreeNode {
        var node = DeviceTreeNode("soc")
        node.set("#address-cells", cells: 2)
        node.set("#size-cells", cells: 2)
        node.set("compatible", strings: "simple-bus")
        node.set("ranges")
        node.add(power)
        node.add(rtc)
        // An S-mode kernel has no use for the CLINT; firmware in M-mode has no other timer.
        if configuration.hasMachineModeFirmware { node.add(clint(configuration)) }
        node.add(plic(configuration))
        node.add(serial)
        return node
    }

    private static var power: DeviceTreeNode {
        var node = DeviceTreeNode(unitName("test", powerBase.rawValue))
        node.set("compatible", strings: "sifive,test1", "sifive,test0", "syscon")
        node.set("reg", u64s: powerBase.rawValue, 0x1000)
        node.set("phandle", cells: Handle.power)
        return node
    }

    private static func powerNode(_ name: String, compatible: String, _ command: UInt32) -> DeviceTreeNode {
        var node = DeviceTreeNode(name)
        node.set("compatible", strings: compatible)
        node.set("regmap", cells: Handle.power)
        node.set("offset", cells: 0)
        node.set("value", cells: command)
        return node
    }

    private static var rtc: DeviceTreeNode {
        var node = DeviceTreeNode(unitName("rtc", rtcBase.rawValue))
        node.set("compatible", strings: "google,goldfish-rtc")
        node.set("reg", u64s: rtcBase.rawValue, 0x1000)
        node.set("interrupt-parent", cells: Handle.plic)
        node.set("interrupts", cells: UInt32(rtcInterrupt))
        return node
    }

    private static func clint(_ configuration: BoardConfiguration) -> DeviceTreeNode {
        var node = DeviceTreeNode(unitName("clint", clintBase.rawValue))
        node.set("compatible", strings: "sifive,clint0", "riscv,clint0")
        node.set("reg", u64s: clintBase.rawValue, 0x1_0000)
        node.set(
            "interrupts-extended",
            cells: interrupts(configuration, HartInterrupt.machineSoftware, HartInterrupt.machineTimer))
        return node
    }

    private static func plic(_ configuration: BoardConfiguration) -> DeviceTreeNode {
        var node = DeviceTreeNode(unitName("interrupt-controller", plicBase.rawValue))
        node.set("compatible", strings: "sifive,plic-1.0.0", "riscv,plic0")
        node.set("reg", u64s: plicBase.rawValue, 0x60_0000)
        node.set("#address-cells", cells: 0)
        node.set("#interrupt-cells", cells: 1)
        node.set("interrupt-controller")
        node.set("riscv,ndev", cells: UInt32(PLIC.sourceCount))
        node.set(
            "interrupts-extended",
            cells: interrupts(configuration, HartInterrupt.machineExternal, HartInterrupt.supervisorExternal))
        node.set("phandle", cells: Handle.plic)
        return node
    }

    private static var serial: DeviceTreeNode {
        var node = DeviceTreeNode(serialName)
        node.set("compatible", strings: "ns16550a")
        node.set("reg", u64s: uartBase.rawValue, 0x100)
        // 16 x 230400 baud, as QEMU's: a divisor of 2 for the 115200 of stdout-path.
        node.set("clock-frequency", cells: 3_686_400)
        node.set("interrupt-parent", cells: Handle.plic)
        node.set("interrupts", cells: UInt32(uartInterrupt))
        return node
    }
}
