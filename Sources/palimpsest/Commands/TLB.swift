import ArgumentParser
import GuestMemory
import HistoryStore
import Machine
import TimeTravel

struct TLB: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "List every change of the translation of a guest-virtual address.",
        discussion: """
            Each line is a store to a page table, or a write of satp, that changed where ADDR leads: the position before the \
            instruction, the hart, the instruction's address, the level whose entry changed (0 holds pages of 4K; 'satp': \
            the root changed; 'use': the page table came into use or is none any longer), and the translation before and \
            after: frame, size (4K, 2M, 1G) and R W X U A D; G where it is global.

            Without --space, an address of the upper half is the kernel's, and one of the lower half belongs to the page \
            table that is in use at the range's end.
            """)

    @Argument(help: "A guest-virtual address.") var addr: Address
    @Argument(help: "RANGE (default: all of the history).") var range: String?
    @Option(
        help: ArgumentHelp(
            "Whose translation: a value of satp (0x...), an ASID (a number), 'kernel', or hartN.",
            valueName: "satp|asid|kernel|hartN"))
    var space: AddressSpaceArgument?
    @OptionGroup(title: "History") var history: HistoryArguments

    func run() throws {
        let store = try history.open()
        let range = try history.resolve(range: range, in: store)
        let address = GuestVirtualAddress(addr.rawValue)
        let translations = TranslationHistory(store)
        let space = try self.space?.value ?? translations.defaultSpace(of: address, in: range)
        guard !history.json else {
            try translations.changes(of: address, in: space, range) { try JSONLine.print(TLBRow($0)) }
            return
        }
        print("\(Quantity.hex(address.rawValue)) as \(space) translates it, \(range)")
        let table = TLBRow.table
        var count = 0
        try translations.changes(of: address, in: space, range) {
            table.printRow(TLBRow($0).cells)
            count += 1
        }
        if count == 0 { print("no change") }
    }
}

/// `0x8000...` a value of satp, `7` an ASID, `kernel`, `hart1`.
struct AddressSpaceArgument: ExpressibleByArgument {
    var value: AddressSpace

    init?(argument: String) {
        if argument == "kernel" {
            value = .hart(0)
        } else if argument.hasPrefix("hart"), let hart = Int(argument.dropFirst(4)), hart >= 0 {
            value = .hart(hart)
        } else if argument.lowercased().hasPrefix("0x"), let satp = Address(argument: argument)?.rawValue {
            guard satp >> 60 == 8 || satp >> 60 == 9 else { return nil }
            value = .root(satp: satp)
        } else if let asid = UInt64(argument), asid < 1 << 16 {
            value = .asid(asid)
        } else {
            return nil
        }
    }
}

private struct TLBRow: Encodable {
    struct Translation: Encodable {
        let frame: String
        let size: String
        let permissions: String
    }

    let position: String
    let timeline: String
    let epoch: UInt64
    let instructions: UInt64
    let icount: UInt64
    let hart: Int
    let pc: String
    /// `store`, `satp` or `use`.
    let cause: String
    /// Of the page table whose entry changed.
    let level: Int?
    /// Guest-physical address of the entry that changed, or of the page that came into use.
    let entry: String?
    /// The root in force after the change.
    let satp: String
    /// null: not mapped.
    let old: Translation?
    let new: Translation?

    init(_ change: TranslationChange) {
        position = "\(change.position)"
        timeline = change.position.timeline
        epoch = change.position.epoch
        instructions = change.position.instructions
        icount = change.position.icount
        hart = change.hart
        pc = Quantity.hex(change.pc.rawValue)
        satp = Quantity.hex(change.satp)
        switch change.cause {
        case .store(let entry, let level): (cause, self.level, self.entry) = ("store", level, "\(entry)")
        case .root: (cause, level, entry) = ("satp", nil, nil)
        case .use(let page): (cause, level, entry) = ("use", nil, "\(page.baseAddress)")
        }
        func translation(_ value: GuestTranslation?) -> Translation? {
            value.map { Translation(frame: "\($0.frame)", size: $0.size, permissions: $0.permissions) }
        }
        old = translation(change.old)
        new = translation(change.new)
    }

    static var table: Table {
        Table([
            .init(title: "position", width: 20, isText: true), .init(title: "hart", width: 4),
            .init(title: "pc", width: 18), .init(title: "level", width: 5),
            .init(title: "old", width: 25, isText: true),
            .init(title: "new", width: 25, isText: true),
        ])
    }

    var cells: [String] {
        func text(_ value: Translation?) -> String {
            value.map { "\($0.frame) \($0.size) \($0.permissions)" } ?? "not mapped"
        }
        return [position, "\(hart)", pc, level.map { "\($0)" } ?? cause, text(old), text(new)]
    }
}
