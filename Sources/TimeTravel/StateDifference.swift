import GuestMemory
import Machine
import RISCV

/// A register, device field or page table that differs between two machine states.
public struct StateDifference: Equatable, Sendable, CustomStringConvertible {
    /// `hart 0 x10`, `hart 1 mstatus`, `plic enables[1]`, `icount`, …
    public var name: String
    /// Both values as people read them.
    public var first: String
    public var second: String

    public var description: String { "\(name): \(first) against \(second)" }
}

extension MachineState {
    /// What differs from `other`, in a fixed order: harts, devices, scheduler and clock. Empty when the two are equal.
    public func differences(from other: MachineState) -> [StateDifference] {
        var found = DifferenceList()
        if harts.count != other.harts.count { found.add("hart count", harts.count, other.harts.count) }
        for (index, (one, two)) in zip(harts, other.harts).enumerated() {
            found.compare("hart \(index) ", one, two)
        }
        found.compareFields("", devices, other.devices)
        if currentHart != other.currentHart { found.add("current hart", currentHart, other.currentHart) }
        if quantumLeft != other.quantumLeft { found.add("quantum left", quantumLeft, other.quantumLeft) }
        if power != other.power { found.add("power", power, other.power) }
        if icount != other.icount { found.add("icount", icount, other.icount) }
        found.compare(tablePages, other.tablePages)
        if skipped_ns != other.skipped_ns { found.add("skipped_ns", skipped_ns, other.skipped_ns) }
        return found.differences
    }
}

/// Collects differences under their names.
private struct DifferenceList {
    var differences: [StateDifference] = []

    mutating func add(_ name: String, _ first: Any, _ second: Any) {
        differences.append(StateDifference(name: name, first: Self.text(first), second: Self.text(second)))
    }

    /// Registers have names; the rest of a hart are fields.
    mutating func compare(_ prefix: String, _ one: HartSnapshot, _ two: HartSnapshot) {
        if one.pc != two.pc { add(prefix + "pc", one.pc, two.pc) }
        compareRegisters(prefix + "x", one.x, two.x)
        compareRegisters(prefix + "f", one.f, two.f)
        for (name, (value, other)) in zip(HartSnapshot.registerNames, zip(one.registers, two.registers))
        where value != other { add(prefix + name, value, other) }
        compareFields(prefix, one, two, leavingOut: ["pc", "x", "f", "registers"])
    }

    /// Names the first page whose T differs.
    mutating func compare(_ one: TablePageList?, _ two: TablePageList?) {
        let (first, second) = (one?.pages ?? [:], two?.pages ?? [:])
        let pages = Set(first.keys).union(second.keys)
        guard let page = pages.filter({ first[$0] != second[$0] }).min() else { return }
        func text(_ record: TablePage?) -> String {
            record.map { "levels \($0.levels), roots \($0.rootLevels), links \($0.linkCounts)" } ?? "none"
        }
        add("T of \(GuestPhysicalPage(page))", text(first[page]), text(second[page]))
    }

    private mutating func compareRegisters(_ prefix: String, _ one: [UInt64], _ two: [UInt64]) {
        for (index, (value, other)) in zip(one, two).enumerated() where value != other {
            add("\(prefix)\(index)", value, other)
        }
    }

    /// Compares stored properties by reflection, so that no field of a device can be forgotten.
    mutating func compareFields(_ prefix: String, _ one: Any, _ two: Any, leavingOut: Set<String> = []) {
        let fields = Mirror(reflecting: one).children
        let others = Mirror(reflecting: two).children
        for (field, other) in zip(fields, others) {
            let label = field.label ?? ""
            guard !leavingOut.contains(label) else { continue }
            compareValues(prefix + label, field.value, other.value)
        }
    }

    private mutating func compareValues(_ name: String, _ one: Any, _ two: Any) {
        let mirror = Mirror(reflecting: one)
        switch mirror.displayStyle {
        case .struct: compareFields(name + " ", one, two)
        case .collection:
            let elements = Array(mirror.children)
            let others = Array(Mirror(reflecting: two).children)
            if elements.count != others.count { add(name + " count", elements.count, others.count) }
            for (index, (element, other)) in zip(elements, others).enumerated() {
                compareValues("\(name)[\(index)]", element.value, other.value)
            }
        default:
            if Self.text(one) != Self.text(two) { add(name, one, two) }
        }
    }

    /// Registers in hexadecimal, everything else as Swift prints it.
    private static func text(_ value: Any) -> String {
        if let register = value as? UInt64 { return "0x" + String(register, radix: 16) }
        return "\(value)"
    }
}
