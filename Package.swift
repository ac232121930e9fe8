// swift-tools-version: 6.2
import PackageDescription

// The rooms of the house: imports only point down (Docs/architecture.md).
// Every Swift target is strict: Swift 6 mode, explicit existentials, internal imports, warnings are errors.
let strict: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .treatAllWarnings(as: .error),
]

// C targets are optimised in every configuration: a debug build of the kernels is ten times slower.
let fastC: [CSetting] = [.unsafeFlags(["-O3", "-fno-math-errno", "-Wall", "-Werror"])]

// Swift's standard library and Foundation inside the program; the libraries named are what Foundation itself is made of.
let staticLibrary = [
    "-static-stdlib", "-lCoreFoundation", "-l_FoundationICU", "-l_FoundationCShims", "-l_FoundationCollections",
    "-lstdc++",
]

let system: [Target] = [
    .systemLibrary(name: "COpenBLAS", path: "Sources/System/COpenBLAS", pkgConfig: "openblas"),
    .systemLibrary(name: "COpenSSL", path: "Sources/System/COpenSSL", pkgConfig: "openssl"),
    .target(name: "COpenSSLLife", dependencies: ["COpenSSL"], path: "Sources/System/COpenSSLLife"),
    .systemLibrary(name: "CNghttp2", path: "Sources/System/CNghttp2", pkgConfig: "libnghttp2"),
    .systemLibrary(name: "CEvent", path: "Sources/System/CEvent"),
    .systemLibrary(name: "CCurl", path: "Sources/System/CCurl", pkgConfig: "libcurl"),
    .systemLibrary(name: "CProtobufC", path: "Sources/System/CProtobufC", pkgConfig: "libprotobuf-c"),
    .target(
        name: "CImageCodecs", path: "Sources/System/CImageCodecs", cSettings: fastC,
        linkerSettings: [
            .linkedLibrary("jpeg"), .linkedLibrary("png"), .linkedLibrary("webp"), .linkedLibrary("z"),
        ]),
    .target(
        name: "CFaces", path: "Sources/System/CFaces", cxxSettings: [.unsafeFlags(["-O3"])],
        linkerSettings: [.linkedLibrary("dlib")]),
]

let package = Package(
    name: "myvlm",
    products: [
        .executable(name: "myvlmd", targets: ["myvlmd"]),
        .executable(name: "myvlm", targets: ["myvlm"]),
        .executable(name: "myvlm-lab", targets: ["myvlm-lab"]),
        .executable(name: "myvlm-bench", targets: ["MyVLMBench"]),
        .executable(name: "store-bench", targets: ["StoreBench"]),
        .executable(name: "myvlm-load", targets: ["MyVLMLoad"]),
        .executable(name: "myvlm-parity", targets: ["MyVLMParity"]),
        .library(name: "MyVLMClient", targets: ["Client"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.0"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        // For the tests alone.
        .package(url: "https://github.com/apple/swift-system", from: "1.8.0"),
        .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.0"),
    ],
    targets: system + [
        .target(name: "Kernels", path: "Sources/Kernels", cSettings: fastC),
        .target(name: "LocalFiles", swiftSettings: strict),
        // What names, texts, photos and numbers may be: asked by whoever sends, takes, trains and keeps them.
        .target(name: "Rules", swiftSettings: strict),
        .target(name: "Foundations", dependencies: ["COpenSSL"], swiftSettings: strict),
        .target(name: "Compute", dependencies: ["Kernels", "COpenBLAS"], swiftSettings: strict),
        .target(name: "Images", dependencies: ["CImageCodecs", "Rules"], swiftSettings: strict),
        .target(
            name: "VLM", dependencies: ["Compute", "Foundations", "Kernels", "Images", "Rules"], swiftSettings: strict),
        .target(
            name: "Runtime", dependencies: ["VLM", "Compute", "Foundations", "Rules", "CFaces"], swiftSettings: strict),
        .target(
            name: "Evaluation", dependencies: ["Runtime", "VLM", "Compute", "Foundations", "LocalFiles"],
            resources: [.embedInCode("Synonyms.json")], swiftSettings: strict),
        .target(
            name: "Registry",
            dependencies: [.product(name: "GRDB", package: "GRDB.swift"), "COpenSSL", "Foundations", "Rules"],
            swiftSettings: strict),
        .target(name: "RPCCore", path: "Sources/RPC/Core", swiftSettings: strict),
        // Models of a hub: its protocol, the cache every other tool shares, downloads that go on where they broke off.
        .target(name: "Hub", dependencies: ["CCurl", "Foundations", "LocalFiles"], swiftSettings: strict),
        .target(
            name: "RPCTransport", dependencies: ["RPCCore", "CNghttp2", "CEvent", "COpenSSL", "COpenSSLLife"],
            path: "Sources/RPC/Transport", swiftSettings: strict),
        .target(
            name: "CMessages", dependencies: ["CProtobufC"], path: "Sources/RPC/CMessages",
            cSettings: [.unsafeFlags(["-O2"])]),
        .target(
            name: "RPCMessages", dependencies: ["RPCCore", "CMessages", "CProtobufC", "Rules"],
            path: "Sources/RPC/Messages",
            swiftSettings: strict),
        .target(
            name: "RPC", dependencies: ["RPCCore", "RPCTransport", "RPCMessages"], path: "Sources/RPC/RPC",
            swiftSettings: strict),
        .target(name: "Client", dependencies: ["RPC", "RPCMessages", "Rules", "LocalFiles"], swiftSettings: strict),
        .target(name: "Pictures", dependencies: ["Images"], swiftSettings: strict),
        // The service is a library so that tests can compose a whole server in process; `myvlmd` is its main.
        .target(
            name: "Service",
            dependencies: [
                "Registry", "Runtime", "VLM", "RPC", "Rules", "COpenSSL", "Foundations", "LocalFiles",
                .product(name: "Logging", package: "swift-log"),
            ],
            path: "Sources/myvlmd/Service", swiftSettings: strict),
        .executableTarget(
            name: "myvlmd",
            dependencies: [
                "Service", "Registry", "Foundations", "Hub", "LocalFiles",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
            ],
            path: "Sources/myvlmd/Command", swiftSettings: strict),
        // What both programs of the command line share: streams, signals, arguments, exit codes.
        .target(
            name: "Terminal",
            dependencies: [
                "Client", "LocalFiles", .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ], swiftSettings: strict),
        // Links no engine, and the standard library into itself: it starts in the time of a small tool.
        .executableTarget(
            name: "myvlm",
            dependencies: [
                "Client", "Foundations", "LocalFiles", "Pictures", "Terminal",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ], swiftSettings: strict, linkerSettings: [.unsafeFlags(staticLibrary)]),
        .executableTarget(
            name: "myvlm-lab",
            dependencies: [
                "Client", "Evaluation", "Foundations", "Hub", "LocalFiles", "Runtime", "Terminal", "VLM",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ], swiftSettings: strict),
        .executableTarget(
            name: "StoreBench",
            dependencies: [
                "Registry", "Foundations", .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            path: "Benchmarks/StoreBench", swiftSettings: strict),
        .executableTarget(
            name: "MyVLMBench",
            dependencies: [
                "Evaluation", "Runtime", "VLM", "Compute", "Foundations",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            path: "Benchmarks/MyVLMBench", swiftSettings: strict),

        // Clients that put load on a server: Scripts/bench serving and rpc, Scripts/attack.
        .executableTarget(
            name: "MyVLMLoad",
            dependencies: [
                "Client", "Foundations", .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            path: "Benchmarks/MyVLMLoad", swiftSettings: strict),

        // The Swift side of Tools/parity.py.
        .executableTarget(
            name: "MyVLMParity",
            dependencies: [
                "Runtime", "VLM", "Compute", .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            path: "Benchmarks/MyVLMParity", swiftSettings: strict),

        .testTarget(
            name: "FoundationsTests", dependencies: ["Foundations", "ProcessTestSupport"], swiftSettings: strict),
        .testTarget(
            name: "ComputeTests", dependencies: ["Compute", "Kernels", "PropertyTestSupport"], swiftSettings: strict),
        // Small random models and pictures, so that the rooms above are tested without weights.
        .target(
            name: "VLMTestSupport", dependencies: ["VLM", "Compute", "Foundations"],
            path: "Tests/Support/VLMTestSupport",
            swiftSettings: strict),
        // Programs that tests start, awaited.
        .target(
            name: "ProcessTestSupport",
            dependencies: [
                .product(name: "Subprocess", package: "swift-subprocess"),
                .product(name: "SystemPackage", package: "swift-system"),
            ],
            path: "Tests/Support/ProcessTestSupport", swiftSettings: strict),
        // Waiting in tests, with an end.
        .target(name: "WaitingTestSupport", path: "Tests/Support/WaitingTestSupport", swiftSettings: strict),
        // Random input, the same on every run.
        .target(
            name: "PropertyTestSupport", dependencies: ["Foundations"], path: "Tests/Support/PropertyTestSupport",
            swiftSettings: strict),
        // HTTP/2 without sockets, frame by frame.
        .target(
            name: "RPCTestSupport", dependencies: ["RPC", "RPCCore", "RPCTransport", "CNghttp2"],
            path: "Tests/Support/RPCTestSupport", swiftSettings: strict),
        .testTarget(
            name: "VLMTests",
            dependencies: [
                "VLM", "VLMTestSupport", "Compute", "Foundations", "MyVLMParity", "PropertyTestSupport",
            ],
            exclude: ["Fixtures"], swiftSettings: strict),
        .testTarget(
            name: "RuntimeTests",
            dependencies: [
                "Runtime", "VLM", "VLMTestSupport", "WaitingTestSupport", "PropertyTestSupport", "Compute",
                "Foundations", "Rules",
            ],
            exclude: ["Fixtures"], swiftSettings: strict),
        .testTarget(
            name: "RegistryTests",
            dependencies: [
                "Registry", "Foundations", "Rules", "ProcessTestSupport", .product(name: "GRDB", package: "GRDB.swift"),
            ],
            exclude: ["Fixtures"],
            swiftSettings: strict),
        .testTarget(
            name: "RPCTests",
            dependencies: [
                "RPC", "RPCCore", "RPCTransport", "RPCMessages", "CMessages", "CProtobufC", "Foundations",
                "ProcessTestSupport", "RPCTestSupport", "WaitingTestSupport", "PropertyTestSupport",
            ],
            exclude: ["Goldens", "python"], swiftSettings: strict),
        .testTarget(
            name: "ServiceTests",
            dependencies: [
                "Service", "Client", "Foundations", "Registry", "Rules", "Runtime", "RPC", "VLM", "VLMTestSupport",
                "ProcessTestSupport", "WaitingTestSupport",
                .product(name: "Logging", package: "swift-log"),
            ], exclude: ["Goldens", "python"], swiftSettings: strict),
        .testTarget(
            name: "HubTests",
            dependencies: ["Hub", "Foundations", "LocalFiles", "ProcessTestSupport", "WaitingTestSupport"],
            exclude: ["python"], swiftSettings: strict),
        .testTarget(
            name: "LocalFilesTests", dependencies: ["LocalFiles", "PropertyTestSupport"],
            swiftSettings: strict),
        .testTarget(
            name: "ClientTests",
            dependencies: [
                "Client", "LocalFiles", "RPC", "RPCMessages", "RPCTestSupport", "WaitingTestSupport",
            ],
            swiftSettings: strict),
        .testTarget(name: "RulesTests", dependencies: ["Rules"], swiftSettings: strict),
        .testTarget(
            name: "ImagesTests", dependencies: ["Images", "Rules", "PropertyTestSupport"], swiftSettings: strict),
        .testTarget(
            name: "PicturesTests", dependencies: ["Pictures", "Images", "PropertyTestSupport"], swiftSettings: strict),
        .testTarget(
            name: "EvaluationTests", dependencies: ["Evaluation", "LocalFiles", "Runtime", "VLM", "VLMTestSupport"],
            exclude: ["Fixtures"], swiftSettings: strict),
        .testTarget(name: "HouseTests", dependencies: ["Foundations", "ProcessTestSupport"], swiftSettings: strict),
    ],
    swiftLanguageModes: [.v6],
    cxxLanguageStandard: .cxx17
)
