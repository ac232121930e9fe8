import Foundation
import ProcessTestSupport
import Testing

/// Who may import whom: the table of Docs/architecture.md. A room may only look down.
private let allowed: [String: Set<String>] = [
    "Kernels": [],
    "LocalFiles": [],
    "Rules": [],
    "Foundations": ["COpenSSL"],
    "Compute": ["Kernels", "COpenBLAS"],
    "Images": ["CImageCodecs", "Rules"],
    "VLM": ["Compute", "Foundations", "Kernels", "Images", "Rules"],
    "Runtime": ["VLM", "Compute", "Foundations", "Rules", "CFaces"],
    "Evaluation": ["Runtime", "VLM", "Compute", "Foundations", "LocalFiles"],
    "Registry": ["COpenSSL", "Foundations", "Rules"],
    "RPCCore": [],
    "RPCTransport": ["RPCCore", "CNghttp2", "CEvent", "COpenSSL", "COpenSSLLife"],
    "CMessages": ["CProtobufC"],
    "RPCMessages": ["RPCCore", "CMessages", "CProtobufC", "Rules"],
    "RPC": ["RPCCore", "RPCTransport", "RPCMessages"],
    "Client": ["RPC", "RPCMessages", "Rules", "LocalFiles"],
    "Service": ["Registry", "Runtime", "RPC", "Rules", "COpenSSL", "Foundations", "LocalFiles"],
    "myvlmd": ["Service", "Foundations"],
    "Pictures": ["Images"],
    "Terminal": ["Client", "LocalFiles"],
    "myvlm": ["Client", "Foundations", "LocalFiles", "Pictures", "Terminal"],
    "myvlm-lab": ["Client", "Evaluation", "Foundations", "LocalFiles", "Runtime", "Terminal"],
    "StoreBench": ["Registry", "Foundations"],
    "MyVLMLoad": ["Client", "Foundations"],
    "MyVLMBench": ["Evaluation", "Runtime", "VLM", "Compute", "Foundations"],
    "MyVLMParity": ["Runtime", "VLM", "Compute"],
]

private struct Description: Decodable {
    struct Target: Decodable {
        let name: String
        let target_dependencies: [String]?
    }
    let targets: [Target]
}

/// What each target of the package depends on, by the package's own description.
private func dependencies() async throws -> [String: Set<String>] {
    let scratch = FileManager.default.temporaryDirectory.appending(path: "house-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: scratch) }
    // A scratch folder of its own: the build folder is locked by the test run itself.
    let output = try await Program(path: "/usr/bin/env", environment: ProcessInfo.processInfo.environment).run([
        "swift", "package", "--scratch-path", scratch.path(), "--package-path", Repository.root.path(), "describe",
        "--type", "json",
    ])
    #expect(output.code == 0, "\(output.error)")
    let description = try JSONDecoder().decode(Description.self, from: Data(output.out.utf8))
    return Dictionary(
        uniqueKeysWithValues: description.targets.map { ($0.name, Set($0.target_dependencies ?? [])) })
}

@Suite(.timeLimit(.minutes(10))) struct ArchitectureTests {
    @Test func importsOnlyPointDownAndAreDrawn() async throws {
        let all = try await dependencies()
        for (room, imports) in all {
            guard let rooms = allowed[room] else { continue }
            let upward = imports.subtracting(rooms)
            #expect(upward.isEmpty, "\(room) imports \(upward.sorted()), which is not below it")
        }
        #expect(Set(allowed.keys).isSubset(of: all.keys), "rooms missing from the package")
        let rooms = all.filter { allowed[$0.key] != nil }
            .mapValues { $0.intersection(allowed.keys) }
        let package = Graph(edges: rooms)
        let drawing = Graph(edges: try Drawing.edges(of: "Docs/architecture.md"))
        #expect(
            drawing.reduced == package.reduced,
            "the drawing of Docs/architecture.md is not the package's; this is:\n\(package.drawn)")
    }
}

/// Who depends on whom, as far as it is not implied.
private struct Graph {
    let edges: [String: Set<String>]

    private func below(_ room: String) -> Set<String> {
        (edges[room] ?? []).reduce(into: edges[room] ?? []) { $0.formUnion(below($1)) }
    }

    /// Without the edges that others imply: what is worth drawing.
    var reduced: [String: Set<String>] {
        edges.mapValues { imports in
            imports.filter { one in !imports.contains { $0 != one && below($0).contains(one) } }
        }.filter { !$0.value.isEmpty }
    }

    /// As lines of a Mermaid graph.
    var drawn: String {
        reduced.keys.sorted().flatMap { room in
            (reduced[room] ?? []).sorted().map { "    \(room) --> \($0)" }
        }.joined(separator: "\n")
    }
}

/// A Mermaid graph in a page.
private enum Drawing {
    static func edges(of page: String) throws -> [String: Set<String>] {
        let text = try Repository.text(of: Repository.root.appending(path: page))
        var edges: [String: Set<String>] = [:]
        for line in text.split(separator: "\n") {
            guard let match = line.wholeMatch(of: /\s*([A-Za-z0-9-]+) --> ([A-Za-z0-9-]+)\s*/) else { continue }
            edges[String(match.1), default: []].insert(String(match.2))
        }
        return edges
    }
}
