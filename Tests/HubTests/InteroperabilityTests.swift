import Foundation
import Hub
import LocalFiles
import ProcessTestSupport
import Testing

/// The same cache and the same protocol as PyPI's huggingface_hub.
@Suite(
    .enabled(
        "no huggingface_hub in \(Python.path): install Tools/requirements-parity.txt or set MYVLM_PYTHON",
        { await Python.has("huggingface_hub") }), .timeLimit(.minutes(10)))
struct InteroperabilityTests {
    /// Runs lines of Python with the server's variables; what they print.
    private func python(_ lines: String, _ server: HubServer, offline: Bool = false) async throws -> String {
        var environment = server.environment()
        // requests reads this one, OpenSSL the other.
        environment["REQUESTS_CA_BUNDLE"] = environment["SSL_CERT_FILE"]
        environment["HF_HUB_OFFLINE"] = offline ? "1" : "0"
        environment["HF_HUB_DISABLE_TELEMETRY"] = "1"
        environment["HF_HUB_DISABLE_XET"] = "1"
        let told = try await Python.run(["-c", lines], environment: environment)
        #expect(told.code == 0, "\(told)")
        return told.out.trimmingCharacters(in: .whitespacesAndNewlines)
    }

    @Test func theirToolsReadWhatWeFetched() async throws {
        let server = try await HubServer()
        let folder = try server.client().client.get("test/good")
        let count = try server.requests().count
        let found = try await python(
            """
            from huggingface_hub import hf_hub_download, scan_cache_dir, snapshot_download
            print(snapshot_download("test/good", local_files_only=True))
            print(hf_hub_download("test/good", "model.safetensors", local_files_only=True))
            print([(r.repo_id, r.size_on_disk, len(r.revisions)) for r in scan_cache_dir().repos], scan_cache_dir().warnings)
            """, server, offline: true
        ).split(separator: "\n").map(String.init)
        let bytes = SampleModel.needed.reduce(0) { $0 + (server.files[$1]?.count ?? 0) }
        #expect(
            found == [
                folder.text, folder.text + "/model.safetensors", "[('test/good', \(bytes), 1)] []",
            ])
        // With the hub at hand they find nothing to fetch of it either.
        _ = try await python(
            """
            from huggingface_hub import snapshot_download
            snapshot_download("test/good", allow_patterns=["*.json", "*.safetensors"])
            """, server)
        #expect(try server.requests().dropFirst(count).allSatisfy { $0.server == "hub" && $0.path.hasPrefix("/api/") })
    }

    @Test func weReadWhatTheirToolsFetched() async throws {
        let server = try await HubServer()
        let told = try await python(
            """
            from huggingface_hub import snapshot_download
            print(snapshot_download("test/good"))
            """, server)
        let (client, _) = try server.client()
        let id = try ModelID("test/good")
        #expect(try client.cache.folder(of: id)?.text == told)
        let verified = try client.cache.verify(id)
        #expect(verified.damaged.isEmpty && verified.good == server.files.count)
        let plan = try client.plan(id)
        #expect(plan.missingBytes == 0 && plan.folder.text == told)
        #expect(try client.cache.models().map(\.repository) == ["test/good"])
        #expect(try client.cache.model(id)?.snapshots.map(\.revisions) == [["main"]])
    }

    @Test func theyGoOnWithWhatWeBegan() async throws {
        let server = try await HubServer()
        let (client, _) = try server.client()
        let whole = try #require(server.files["model.safetensors"])
        let unfinished = client.cache.layout(try ModelID("test/good")).unfinished(SampleModel.sha256(whole))
        try LocalFolder.make(unfinished.folder)
        try LocalOutput(unfinished).write(Array(whole[..<70_000]))
        _ = try await python(
            """
            from huggingface_hub import snapshot_download
            snapshot_download("test/good")
            """, server)
        #expect(try server.requests().contains { $0.range == "bytes=70000-" })
        #expect(try client.cache.verify(ModelID("test/good")).damaged.isEmpty)
    }
}
