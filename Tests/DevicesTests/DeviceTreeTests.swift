import Foundation
import GuestMemory
import Testing

@testable import Machine

/// Where a program is on this machine's PATH.
func locate(_ program: String) -> String? {
    for folder in (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":") {
        let path = "\(folder)/\(program)"
        if FileManager.default.isExecutableFile(atPath: path) { return path }
    }
    return nil
}

/// Runs `program` on `input` as a file and gives what it wrote.
func run(_ program: String, _ arguments: [String], input: [UInt8]) throws -> (status: Int32, out: String, err: String) {
    let file = FileManager.default.temporaryDirectory.appending(path: "palimpsest-\(UUID().uuidString)")
    try Data(input).write(to: file)
    defer { try? FileManager.default.removeItem(at: file) }
    let process = Process()
    process.executableURL = URL(fileURLWithPath: program)
    process.arguments = arguments + [file.path]
    let out = Pipe()
    let err = Pipe()
    (process.standardOutput, process.standardError) = (out, err)
    try process.run()
    let outText = String(decoding: out.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    let errText = String(decoding: err.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    return (process.terminationStatus, outText, errText)
}

let testSeed = Board.rngSeed(machineSeed: 1)

func testConfiguration(memory_MiB: UInt64 = 256, harts: Int = 1) -> BoardConfiguration {
    BoardConfiguration(
        memorySize: memory_MiB << 20, hartCount: harts, bootArguments: "console=ttyS0 panic=-1", rngSeed: testSeed)
}

@Suite struct DeviceTreeTests {
    /// A tree small enough to write out by hand.
    @Test func encodingIsVersion17() {
        var builder = DeviceTreeBuilder()
        builder.reserve(address: 0x8000_0000, byteCount: 0x1000)
        builder.root.set("a", cells: 0x0102_0304)
        var child = DeviceTreeNode("bus@10")
        child.set("name-list", strings: "x", "yz")
        child.set("a")
        builder.root.add(child)

        func words(_ values: UInt32...) -> [UInt8] {
            values.flatMap { value in withUnsafeBytes(of: value.bigEndian) { Array($0) } }
        }
        let structure =
            words(1, 0)  // the root's empty name
            + words(3, 4, 0, 0x0102_0304)
            + words(1) + Array("bus@10\0\0".utf8)
            + words(3, 5, 2) + Array("x\0yz\0\0\0\0".utf8)
            + words(3, 0, 0)
            + words(2, 2, 9)
        let strings = Array("a\0name-list\0".utf8)
        let reservations = words(0, 0x8000_0000, 0, 0x1000, 0, 0, 0, 0)
        let structureOffset = 40 + reservations.count
        let total = (structureOffset + structure.count + strings.count + 7) & ~7
        var expected = words(
            0xd00d_feed, UInt32(total), UInt32(structureOffset), UInt32(structureOffset + structure.count), 40, 17, 16,
            0, UInt32(strings.count), UInt32(structure.count))
        expected += reservations + structure + strings
        expected += Array(repeating: 0, count: total - expected.count)
        #expect(builder.encoded() == expected)
    }

    @Test func instructionSetString() {
        #expect(testConfiguration().isaString == "rv64imafdc_zicntr_zicsr_zifencei_sstc")
    }

    @Test func lengthDoesNotDependOnTheInitrdsPlace() {
        let configuration = testConfiguration(harts: 8)
        let low = Board.deviceTree(configuration, initrd: 0..<1)
        let high = Board.deviceTree(configuration, initrd: 0xffff_0000_0000..<0xffff_ffff_ffff)
        #expect(low.count == high.count)
        #expect(low != high)
        #expect(Board.deviceTree(configuration).count < low.count)
        // Room for it was left on this promise: below 64 KiB even with eight harts.
        #expect(high.count < 16 << 10)
    }

    @Test func seedIsAFunctionOfTheMachinesSeed() {
        #expect(Board.rngSeed(machineSeed: 1) == testSeed)
        #expect(Board.rngSeed(machineSeed: 2) != testSeed)
        #expect(testSeed.count == 64)
    }

    @Test(.enabled(if: locate("dtc") != nil, "dtc is not installed (Debian's device-tree-compiler)"))
    func dtcFindsNothingToComplainOf() throws {
        let dtc = try #require(locate("dtc"))
        for harts in [1, 2, 8] {
            for hasFirmware in [false, true] {
                var configuration = testConfiguration(harts: harts)
                configuration.hasMachineModeFirmware = hasFirmware
                if hasFirmware { configuration.reservedMemory = [0x8000_0000..<0x8020_0000] }
                let blob = Board.deviceTree(configuration, initrd: 0x8800_0000..<0x8800_1234)
                let result = try run(dtc, ["-I", "dtb", "-O", "dts"], input: blob)
                #expect(result.status == 0)
                #expect(result.err == "")
                #expect(result.out.contains("clint@2000000") == hasFirmware)
                #expect(result.out.contains("no-map") == hasFirmware)
                #expect(result.out.components(separatedBy: "device_type = \"cpu\"").count == harts + 1)
            }
        }
    }

    @Test(.enabled(if: locate("dtc") != nil, "dtc is not installed (Debian's device-tree-compiler)"))
    func dtcReadsWhatWasMeant() throws {
        let dtc = try #require(locate("dtc"))
        let blob = Board.deviceTree(testConfiguration(harts: 2), initrd: 0x8800_0000..<0x1_0800_1234)
        let source = try run(dtc, ["-I", "dtb", "-O", "dts"], input: blob).out
        for line in [
            "bootargs = \"console=ttyS0 panic=-1\";", "stdout-path = \"serial0:115200n8\";",
            "linux,initrd-start = <0x00 0x88000000>;", "linux,initrd-end = <0x01 0x8001234>;",
            "reg = <0x00 0x80000000 0x00 0x10000000>;", "timebase-frequency = <0x989680>;",
            "riscv,isa-extensions = \"i\\0m\\0a\\0f\\0d\\0c\\0zicntr\\0zicsr\\0zifencei\\0sstc\";",
            "mmu-type = \"riscv,sv48\";", "riscv,ndev = <0x3f>;",
            "interrupts-extended = <0x10 0x0b 0x10 0x09 0x11 0x0b 0x11 0x09>;",
            "compatible = \"sifive,test1\\0sifive,test0\\0syscon\";", "serial0 = \"/soc/serial@10000000\";",
        ] { #expect(source.contains(line), "missing: \(line)") }
    }
}
