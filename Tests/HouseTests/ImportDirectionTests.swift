import Foundation
import ProcessTestSupport
import Testing

/// Who may import whom: the table of Docs/architecture.md. A room may only look down.
private let allowed: [String: Set<String>] = [
    "Kernels": [],
    "LocalFiles": [],
    "Compute": ["Kernels", "COpenBLAS"],
    "Images": ["CImageCodecs"],
    "VLM": ["Compute", "Kernels", "Images", "COpenSSL"],
    "Runtime": ["VLM", "Compute", "CFaces", "COpenSSL"],
    "Evaluation": ["Runtime", "VLM", "Compute", "LocalFiles"],
    "Registry": ["COpenSSL"],
    "RPCCore": [],
    "RPCTransport": ["RPCCore", "CNghttp2", "CEvent", "COpenSSL", "COpenSSLLife"],
    "CMessages": ["CProtobufC"],
    "RPCMessages": ["RPCCore", "CMessages", "CProtobufC"],
    "RPC": ["RPCCore", "RPCTransport", "RPCMessages"],
    "Client": ["RPC", "LocalFiles"],
    "Service": ["Registry", "Runtime", "RPC", "COpenSSL"],
    "myvlmd": ["Service"],
    "Pictures": ["Images"],
    "myvlm": ["Client", "Evaluation", "LocalFiles", "Pictures", "Runtime"],
    "StoreBench": ["Registry"],
    "MyVLMLoad": ["Client"],
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

@Test(.timeLimit(.minutes(10))) func importsOnlyPointDown() async throws {
    let root = Repository.root
    let scratch = FileManager.default.temporaryDirectory.appending(path: "house-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: scratch) }
    // A scratch folder of its own: the build folder is locked by the test run itself.
    let output = try await Program(path: "/usr/bin/env", environment: ProcessInfo.processInfo.environment).run([
        "swift", "package", "--scratch-path", scratch.path(), "--package-path", root.path(), "describe", "--type",
        "json",
    ])
    #expect(output.code == 0, "\(output.error)")
    let description = try JSONDecoder().decode(Description.self, from: Data(output.out.utf8))
    var seen = Set<String>()
    for target in description.targets {
        guard let rooms = allowed[target.name] else { continue }
        seen.insert(target.name)
        let upward = Set(target.target_dependencies ?? []).subtracting(rooms)
        #expect(upward.isEmpty, "\(target.name) imports \(upward.sorted()), which is not below it")
    }
    #expect(seen == Set(allowed.keys), "rooms missing from the package: \(Set(allowed.keys).subtracting(seen))")
}
