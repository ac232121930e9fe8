import Foundation
import Testing

/// Who may import whom: the table of Docs/architecture.md. A room may only look down.
private let allowed: [String: Set<String>] = [
    "Kernels": [],
    "Compute": ["Kernels", "COpenBLAS"],
    "VLM": ["Compute", "Kernels", "CImageCodecs", "COpenSSL"],
    "Runtime": ["VLM", "Compute", "CFaces", "COpenSSL"],
    "Evaluation": ["Runtime", "VLM", "Compute"],
    "Registry": ["COpenSSL"],
    "RPCCore": [],
    "RPCTransport": ["RPCCore", "CNghttp2", "CEvent", "COpenSSL"],
    "CMessages": ["CProtobufC"],
    "RPCMessages": ["RPCCore", "CMessages", "CProtobufC"],
    "RPC": ["RPCCore", "RPCTransport", "RPCMessages"],
    "Client": ["RPC"],
    "Service": ["Registry", "Runtime", "RPC", "COpenSSL"],
    "myvlmd": ["Service"],
    "Pictures": ["CImageCodecs"],
    "myvlm": ["Client", "Evaluation", "Pictures", "Runtime"],
    "StoreBench": ["Registry"],
    "MyVLMBench": ["Evaluation", "Runtime", "VLM", "Compute"],
    "MyVLMParity": ["Runtime", "VLM", "Compute"],
]

private struct Description: Decodable {
    struct Target: Decodable {
        let name: String
        let target_dependencies: [String]?
    }
    let targets: [Target]
}

@Test func importsOnlyPointDown() throws {
    let root = Repository.root
    let scratch = FileManager.default.temporaryDirectory.appending(path: "house-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: scratch) }
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    // A scratch folder of its own: the build folder is locked by the test run itself.
    process.arguments = [
        "swift", "package", "--scratch-path", scratch.path(), "--package-path", root.path(), "describe", "--type",
        "json",
    ]
    let output = Pipe()
    process.standardOutput = output
    try process.run()
    let data = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    #expect(process.terminationStatus == 0)
    let description = try JSONDecoder().decode(Description.self, from: data)
    var seen = Set<String>()
    for target in description.targets {
        guard let rooms = allowed[target.name] else { continue }
        seen.insert(target.name)
        let upward = Set(target.target_dependencies ?? []).subtracting(rooms)
        #expect(upward.isEmpty, "\(target.name) imports \(upward.sorted()), which is not below it")
    }
    #expect(seen == Set(allowed.keys), "rooms missing from the package: \(Set(allowed.keys).subtracting(seen))")
}
