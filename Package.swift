// swift-tools-version: 6.1
import PackageDescription

// One target a room of docs/architecture.md; imports point down only.
let package = Package(
    name: "palimpsest",
    platforms: [.macOS(.v15)],
    products: [
        .executable(name: "palimpsest", targets: ["palimpsest"])
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-protobuf", from: "1.39.0"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.0"),
    ],
    targets: [
        .systemLibrary(name: "CRocksDB", providers: [.apt(["librocksdb-dev"])]),
        .systemLibrary(name: "CZstd", pkgConfig: "libzstd", providers: [.apt(["libzstd-dev"])]),
        .target(name: "GuestMemory"),
        .target(name: "RISCV", dependencies: ["GuestMemory"]),
        .target(name: "Devices", dependencies: ["GuestMemory", "RISCV"], exclude: ["README.md"]),
        .target(
            name: "Machine",
            dependencies: [
                "GuestMemory", "RISCV", "Devices",
                .product(name: "SwiftProtobuf", package: "swift-protobuf"),
                .product(name: "Crypto", package: "swift-crypto"),
            ]),
        .target(
            name: "HistoryStore",
            dependencies: [
                "GuestMemory", "CRocksDB", "CZstd",
                .product(name: "SwiftProtobuf", package: "swift-protobuf"),
                .product(name: "Crypto", package: "swift-crypto"),
            ]),
        .target(name: "Checkpointing", dependencies: ["GuestMemory", "Machine", "HistoryStore"]),
        .target(
            name: "TimeTravel", dependencies: ["GuestMemory", "RISCV", "Machine", "HistoryStore", "Checkpointing"],
            exclude: ["README.md"]),
        .target(name: "StoreTraffic", dependencies: ["GuestMemory", "HistoryStore"]),
        .executableTarget(
            name: "store-workbench",
            dependencies: [
                "StoreTraffic", "HistoryStore", "GuestMemory", "Machine",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ]),
        .executableTarget(
            name: "palimpsest",
            dependencies: [
                "RISCV", "Machine", "HistoryStore", "Checkpointing", "TimeTravel",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ]),
        .testTarget(
            name: "CheckpointingTests",
            dependencies: ["Checkpointing", "HistoryStore", "Machine", "RISCV", "GuestMemory"]),
        .testTarget(name: "GuestMemoryTests", dependencies: ["GuestMemory"]),
        .testTarget(
            name: "RISCVTests",
            dependencies: [
                "RISCV", "GuestMemory", "Machine", "Devices", "HistoryStore", "Checkpointing", "TimeTravel",
            ]),
        .testTarget(
            name: "DevicesTests",
            dependencies: [
                "Devices", "Machine", "RISCV", "GuestMemory",
                .product(name: "SwiftProtobuf", package: "swift-protobuf"),
            ]),
        .testTarget(
            name: "MachineTests", dependencies: ["Machine", "Devices", "RISCV", "GuestMemory"], exclude: ["README.md"]),
        .testTarget(
            name: "TimeTravelTests",
            dependencies: ["TimeTravel", "Checkpointing", "HistoryStore", "Machine", "RISCV", "GuestMemory"]),
        .testTarget(
            name: "HistoryStoreTests",
            dependencies: ["HistoryStore", "StoreTraffic", "GuestMemory", "store-workbench", "palimpsest"]),
        .testTarget(name: "CommandLineTests", dependencies: ["palimpsest", "store-workbench"]),
    ],
    swiftLanguageModes: [.v6]
)
