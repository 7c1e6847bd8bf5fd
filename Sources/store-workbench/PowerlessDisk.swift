import Foundation
import StoreTraffic

/// A disk that honours flush and loses power: what a directory may look like afterwards.
///
/// Certain is only what was synced: of a file, its content at its last sync; of a directory, its names at its last sync
/// (a file's sync does not carry its name). Of what came later, any part: writes in order or not, torn at sectors;
/// names in order.
final class PowerlessDisk {
    private final class Node {
        let isDirectory: Bool
        var content = Data()
        var changes: [Change] = []
        var entries: [String: Node] = [:]
        var entryChanges: [EntryChange] = []
        init(isDirectory: Bool) { self.isDirectory = isDirectory }
    }

    private enum Change {
        case write(offset: Int, Data)
        case truncate(Int)
        case extend(Int)
    }

    private enum EntryChange {
        case set(String, Node)
        case remove(String)
        case rename(String, String)
    }

    private let root = Node(isDirectory: true)
    /// The names as the program sees them, "" for the root.
    private var live: [String: Node] = [:]
    private var descriptors: [Int32: Node] = [:]
    /// What was written to the ledger so far.
    private(set) var acknowledgements = Data()

    /// A disk that has been at rest since long.
    init(holding folder: URL) throws {
        live[""] = root
        for path in try FileManager.default.subpathsOfDirectory(atPath: folder.path).sorted() {
            let url = folder.appendingPathComponent(path)
            let attributes = try FileManager.default.attributesOfItem(atPath: url.path)
            let node = Node(isDirectory: attributes[.type] as? FileAttributeType == .typeDirectory)
            if !node.isDirectory { node.content = try Data(contentsOf: url) }
            live[path] = node
            live[Self.split(path).folder]?.entries[Self.split(path).name] = node
        }
    }

    // MARK: What the program does

    func apply(_ record: FaultTrace.Record) {
        let node = descriptors[record.descriptor]
        switch record.kind {
        case .open: open(record)
        case .write: node?.changes.append(.write(offset: Int(record.offset), record.data))
        case .truncate: node?.changes.append(.truncate(Int(record.offset)))
        case .extend: node?.changes.append(.extend(Int(record.offset)))
        case .sync: node.map(Self.sync)
        case .close: descriptors[record.descriptor] = nil
        case .makeDirectory: put(record.path, Node(isDirectory: true))
        case .link: if let linked = live[record.path] { put(record.secondPath, linked) }
        case .rename: rename(record.path, record.secondPath)
        case .unlink, .removeDirectory:
            live[record.path] = nil
            parent(record.path)?.entryChanges.append(.remove(Self.split(record.path).name))
        case .acknowledge: acknowledgements += record.data
        }
    }

    private func open(_ record: FaultTrace.Record) {
        if record.offset & 1 != 0 { put(record.path, Node(isDirectory: false)) }
        let node = live[record.path]
        if record.offset & 2 != 0 { node?.changes.append(.truncate(0)) }
        descriptors[record.descriptor] = node
    }

    private func put(_ path: String, _ node: Node) {
        live[path] = node
        parent(path)?.entryChanges.append(.set(Self.split(path).name, node))
    }

    private func rename(_ from: String, _ to: String) {
        guard let node = live.removeValue(forKey: from) else { return }
        live[to] = node
        let (source, target) = (Self.split(from), Self.split(to))
        if source.folder == target.folder {
            parent(from)?.entryChanges.append(.rename(source.name, target.name))
        } else {
            parent(to)?.entryChanges.append(.set(target.name, node))
            parent(from)?.entryChanges.append(.remove(source.name))
        }
    }

    private func parent(_ path: String) -> Node? { live[Self.split(path).folder] }

    private static func split(_ path: String) -> (folder: String, name: String) {
        guard let slash = path.lastIndex(of: "/") else { return ("", path) }
        return (String(path[..<slash]), String(path[path.index(after: slash)...]))
    }

    private static func sync(_ node: Node) {
        for change in node.changes { apply(change, to: &node.content) }
        node.changes = []
        for change in node.entryChanges { apply(change, to: &node.entries) }
        node.entryChanges = []
    }

    private static func apply(_ change: Change, to content: inout Data) {
        switch change {
        case .write(let offset, let data):
            grow(&content, to: offset + data.count)
            content.replaceSubrange(offset..<offset + data.count, with: data)
        case .truncate(let size):
            grow(&content, to: size)
            content.removeLast(content.count - size)
        case .extend(let size): grow(&content, to: size)
        }
    }

    private static func grow(_ content: inout Data, to size: Int) {
        if content.count < size { content.append(Data(count: size - content.count)) }
    }

    private static func apply(_ change: EntryChange, to entries: inout [String: Node]) {
        switch change {
        case .set(let name, let node): entries[name] = node
        case .remove(let name): entries[name] = nil
        case .rename(let from, let to): if let node = entries.removeValue(forKey: from) { entries[to] = node }
        }
    }

    // MARK: The loss of power

    /// Writes what is left to a folder that is empty or absent.
    func losePower(into folder: URL, _ generator: inout SeededGenerator) throws {
        try write(root, to: folder, &generator)
    }

    private func write(_ node: Node, to url: URL, _ generator: inout SeededGenerator) throws {
        guard node.isDirectory else { return try Self.remains(of: node, &generator).write(to: url) }
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        var entries = node.entries
        let kept = Self.chooseCount(node.entryChanges.count, &generator)
        for change in node.entryChanges.prefix(kept) { Self.apply(change, to: &entries) }
        for (name, child) in entries.sorted(by: { $0.key < $1.key }) {
            try write(child, to: url.appendingPathComponent(name), &generator)
        }
    }

    private static func chooseCount(_ count: Int, _ generator: inout SeededGenerator) -> Int {
        switch Int.random(in: 0..<4, using: &generator) {
        case 0: 0
        case 1: count
        default: Int.random(in: 0...count, using: &generator)
        }
    }

    private static let sector = 512

    private static func remains(of node: Node, _ generator: inout SeededGenerator) -> Data {
        var content = node.content
        switch Int.random(in: 0..<6, using: &generator) {
        case 0: break
        case 1: for change in node.changes { apply(change, to: &content) }
        case 2: for change in node.changes { applySizeOnly(change, to: &content) }
        case 3: applySectors(of: node.changes[...], to: &content, &generator)
        default:
            let kept = chooseCount(node.changes.count, &generator)
            for change in node.changes.prefix(kept) { apply(change, to: &content) }
            applyTorn(node.changes.dropFirst(kept).first, to: &content, &generator)
        }
        return content
    }

    /// The file has grown, but none of the data has come.
    private static func applySizeOnly(_ change: Change, to content: inout Data) {
        if case .write(let offset, let data) = change { grow(&content, to: offset + data.count) }
    }

    /// The first sectors of a write.
    private static func applyTorn(_ change: Change?, to content: inout Data, _ generator: inout SeededGenerator) {
        guard case .write(let offset, let data)? = change else { return }
        let pieces = pieces(offset: offset, data)
        for piece in pieces.prefix(Int.random(in: 0...pieces.count, using: &generator)) { apply(piece, to: &content) }
    }

    /// Every sector of every write, or not.
    private static func applySectors(
        of changes: ArraySlice<Change>, to content: inout Data, _ generator: inout SeededGenerator
    ) {
        for change in changes {
            guard case .write(let offset, let data) = change else {
                if Bool.random(using: &generator) { apply(change, to: &content) }
                continue
            }
            for piece in pieces(offset: offset, data) where Bool.random(using: &generator) {
                apply(piece, to: &content)
            }
        }
    }

    private static func pieces(offset: Int, _ data: Data) -> [Change] {
        var pieces: [Change] = []
        var place = 0
        while place < data.count {
            let next = min(((offset + place) / sector + 1) * sector - offset, data.count)
            pieces.append(
                .write(offset: offset + place, data.subdata(in: data.startIndex + place..<data.startIndex + next)))
            place = next
        }
        return pieces
    }
}
