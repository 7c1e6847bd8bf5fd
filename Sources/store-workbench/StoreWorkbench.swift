import ArgumentParser
import Foundation

/// What `tools/bench store` and `tools/torture` do to a store: not part of the product.
@main
struct StoreWorkbench: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "store-workbench",
        abstract: "Makes long histories of synthetic traffic, and measures and torments stores.",
        subcommands: [Generate.self, Measure.self, Torture.self, TortureChild.self, TortureCheck.self])
}

/// One object a line, for the scripts.
func printJSON(_ values: [String: any Sendable]) throws {
    let data = try JSONSerialization.data(withJSONObject: values, options: [.sortedKeys, .withoutEscapingSlashes])
    print(String(decoding: data, as: UTF8.self))
}

extension Duration {
    var seconds: Double { Double(components.seconds) + Double(components.attoseconds) / 1e18 }
}
