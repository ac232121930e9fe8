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
    "Hub": ["CCurl", "Foundations", "LocalFiles"],
    "RPCCore": [],
    "RPCTransport": ["RPCCore", "CNghttp2", "CEvent", "COpenSSL", "COpenSSLLife"],
    "CMessages": ["CProtobufC"],
    "RPCMessages": ["RPCCore", "CMessages", "CProtobufC", "Rules"],
    "RPC": ["RPCCore", "RPCTransport", "RPCMessages"],
    "Client": ["RPC", "RPCMessages", "Rules", "LocalFiles"],
    "Service": ["Registry", "Runtime", "VLM", "RPC", "Rules", "COpenSSL", "Foundations", "LocalFiles"],
    "myvlmd": ["Service", "Registry", "Foundations", "Hub", "LocalFiles"],
    "Pictures": ["Images"],
    "Terminal": ["Client", "LocalFiles"],
    "myvlm": ["Client", "Foundations", "LocalFiles", "Pictures", "Terminal"],
    "myvlm-lab": ["Client", "Evaluation", "Foundations", "Hub", "LocalFiles", "Runtime", "Terminal", "VLM"],
    "StoreBench": ["Registry", "Foundations"],
    "MyVLMLoad": ["Client", "Foundations"],
    "MyVLMBench": ["Evaluation", "Runtime", "VLM", "Compute", "Foundations"],
    "MyVLMParity": ["Runtime", "VLM", "Compute"],
]

/// The package as it describes itself.
private struct Description: Decodable {
    struct Target: Decodable {
        let name: String
        let c99name: String
        let path: String
        let sources: [String]
        let target_dependencies: [String]?
        let product_dependencies: [String]?
    }
    let targets: [Target]

    /// Asked once for all tests.
    static let current = Task {
        let scratch = FileManager.default.temporaryDirectory.appending(path: "house-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: scratch) }
        // A scratch folder of its own: the build folder is locked by the test run itself.
        let output = try await Program(path: "/usr/bin/env", environment: ProcessInfo.processInfo.environment).run([
            "swift", "package", "--scratch-path", scratch.path(), "--package-path", Repository.root.path(), "describe",
            "--type", "json",
        ])
        #expect(output.code == 0, "\(output.error)")
        return try JSONDecoder().decode(Description.self, from: Data(output.out.utf8))
    }
}

@Suite(.timeLimit(.minutes(10))) struct ArchitectureTests {
    @Test func importsOnlyPointDownAndAreDrawn() async throws {
        let all = Dictionary(
            uniqueKeysWithValues: try await Description.current.value.targets.map {
                ($0.name, Set($0.target_dependencies ?? []))
            })
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

    /// The build lets a target import what the targets below it depend on; a reader of the manifest is to see it there.
    @Test func targetsNameWhatTheyImport() async throws {
        let statement = /\s*(?:@\w+ )?(?:(?:public|package|internal|private) )?import (?:(?:struct|class|func) )?(\w+)/
        let targets = try await Description.current.value.targets
        let modules = Dictionary(uniqueKeysWithValues: targets.map { ($0.c99name, $0.name) })
        let products = Set(targets.flatMap { $0.product_dependencies ?? [] })
        var seen = 0
        for target in targets {
            let named = Set(target.target_dependencies ?? []).union(target.product_dependencies ?? [])
            for source in target.sources where source.hasSuffix(".swift") {
                let file = Repository.root.appending(path: target.path).appending(path: source)
                for line in try Repository.text(of: file).split(separator: "\n") {
                    guard let match = line.prefixMatch(of: statement) else { continue }
                    let module = String(match.1)
                    guard let wanted = modules[module] ?? (products.contains(module) ? module : nil) else { continue }
                    seen += 1
                    #expect(
                        named.contains(wanted),
                        "\(Repository.name(of: file)) imports \(wanted), which the target \(target.name) does not name")
                }
            }
        }
        #expect(seen > 500, "only \(seen) imports were found")
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
